// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <gtest/gtest.h>
#include <mpfr.h>
#include <string>
#include <vector>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "random_network.hpp"

namespace lsgd {
namespace {

/// binary32 arithmetic one MPFR operation at a time, gradual underflow included: nothing of it
/// depends on a compiler.
class SlowBinary32 {
 public:
  SlowBinary32() {
    mpfr_set_emin(-148);
    mpfr_set_emax(128);
  }
  ~SlowBinary32() {
    mpfr_set_emin(mpfr_get_emin_min());
    mpfr_set_emax(mpfr_get_emax_max());
  }
  SlowBinary32(const SlowBinary32&) = delete;
  SlowBinary32& operator=(const SlowBinary32&) = delete;

  float add(float x, float y) { return operate(mpfr_add, x, y); }
  float subtract(float x, float y) { return operate(mpfr_sub, x, y); }
  float multiply(float x, float y) { return operate(mpfr_mul, x, y); }

  /// x * y + z, fused or in two roundings.
  float multiply_add(bool fused, float x, float y, float z) {
    if (!fused) return add(multiply(x, y), z);
    Number a(x), b(y), c(z), result(0);
    const int inexact = mpfr_fma(result.value, a.value, b.value, c.value, MPFR_RNDN);
    return rounded(result, inexact);
  }

 private:
  struct Number {
    explicit Number(float x) {
      mpfr_init2(value, 24);
      mpfr_set_flt(value, x, MPFR_RNDN);
    }
    ~Number() { mpfr_clear(value); }
    Number(const Number&) = delete;
    Number& operator=(const Number&) = delete;
    mpfr_t value;
  };

  static float rounded(Number& number, int inexact) {
    mpfr_subnormalize(number.value, inexact, MPFR_RNDN);
    return mpfr_get_flt(number.value, MPFR_RNDN);
  }

  template <class Operation>
  static float operate(Operation operation, float x, float y) {
    Number a(x), b(y), result(0);
    const int inexact = operation(result.value, a.value, b.value, MPFR_RNDN);
    return rounded(result, inexact);
  }
};

/// SPEC 6.2 transcribed a second time, for one order.
class SlowStep {
 public:
  explicit SlowStep(const ArithmeticModel& model)
      : fused_(model.fused_multiply_add == FusedMultiplyAdd::yes),
        descending_(model.summation_order == SummationOrder::descending),
        bias_first_(model.bias_position == BiasPosition::first),
        hoisted_(model.update_product == UpdateProduct::learning_rate_times_delta) {}

  Parameters<float> step(const TrainingCase& given, std::vector<std::vector<float>>& activations) {
    const std::size_t layers = given.network.layers.size();
    std::vector<float> input = given.sample.inputs;
    for (std::size_t l = 0; l < layers; ++l) {
      activations.push_back(forward(given.network.layers[l], given.parameters[l], input));
      input = activations.back();
    }
    std::vector<float> delta;
    for (std::size_t j = 0; j < given.network.outputs(); ++j) {
      const float difference = binary32_.subtract(input[j], given.sample.target[j]);
      delta.push_back(given.network.loss != Loss::mse
                          ? difference
                          : scaled(difference, given.network.layers.back().activation, input[j]));
    }
    Parameters<float> after = given.parameters;
    for (std::size_t l = layers; l-- > 0;) {
      const std::vector<float> below =
          l == 0 ? std::vector<float>()
                 : delta_below(given.network.layers[l], given.parameters[l].weights, delta,
                               given.network.layers[l - 1].activation, activations[l - 1]);
      update(given.learning_rate, delta, l == 0 ? given.sample.inputs : activations[l - 1],
             after[l]);
      delta = below;
    }
    return after;
  }

 private:
  std::vector<float> forward(const Layer& layer, const LayerParameters<float>& parameters,
                             const std::vector<float>& input) {
    std::vector<float> a;
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      std::vector<float> row(
          parameters.weights.begin() + static_cast<long>(j * layer.inputs),
          parameters.weights.begin() + static_cast<long>((j + 1) * layer.inputs));
      float z = sum(row, input, bias_first_ ? parameters.biases[j] : 0);
      if (!bias_first_) z = binary32_.add(z, parameters.biases[j]);
      a.push_back(
          is_of_layer(layer.activation) ? z : correctly_rounded_activation(layer.activation, z));
    }
    if (is_of_layer(layer.activation)) return correctly_rounded_softmax(a);
    return a;
  }

  float sum(std::vector<float> x, std::vector<float> y, float start) {
    if (descending_) {
      std::reverse(x.begin(), x.end());
      std::reverse(y.begin(), y.end());
    }
    for (std::size_t i = 0; i < x.size(); ++i)
      start = binary32_.multiply_add(fused_, x[i], y[i], start);
    return start;
  }

  float scaled(float value, Activation activation, float a) {
    if (activation == Activation::identity) return value;
    if (activation == Activation::relu) return a > 0 ? value : 0;
    if (activation == Activation::leaky_relu)
      return a > 0 ? value : binary32_.multiply(value, 0.125f);
    if (activation == Activation::sigmoid)
      return binary32_.multiply(value, binary32_.multiply(a, binary32_.subtract(1, a)));
    return binary32_.multiply(value, binary32_.multiply_add(fused_, -a, a, 1));
  }

  std::vector<float> delta_below(const Layer& layer, const std::vector<float>& weights,
                                 const std::vector<float>& delta, Activation activation,
                                 const std::vector<float>& a) {
    std::vector<float> below;
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      std::vector<float> column;
      for (std::size_t j = 0; j < layer.outputs; ++j)
        column.push_back(weights[j * layer.inputs + i]);
      below.push_back(scaled(sum(column, delta, 0), activation, a[i]));
    }
    return below;
  }

  void update(float learning_rate, const std::vector<float>& delta, const std::vector<float>& input,
              LayerParameters<float>& parameters) {
    for (std::size_t j = 0; j < delta.size(); ++j) {
      const float hoisted = binary32_.multiply(learning_rate, delta[j]);
      for (std::size_t i = 0; i < input.size(); ++i) {
        float& weight = parameters.weights[j * input.size() + i];
        weight = hoisted_ ? binary32_.multiply_add(fused_, -hoisted, input[i], weight)
                          : binary32_.multiply_add(fused_, -learning_rate,
                                                   binary32_.multiply(delta[j], input[i]), weight);
      }
      float& bias = parameters.biases[j];
      bias = hoisted_ ? binary32_.subtract(bias, hoisted)
                      : binary32_.multiply_add(fused_, -learning_rate, delta[j], bias);
    }
  }

  bool fused_, descending_, bias_first_, hoisted_;
  SlowBinary32 binary32_;
};

std::vector<ArithmeticModel> every_declared_order() {
  std::vector<ArithmeticModel> models;
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
    for (const SummationOrder order : {SummationOrder::ascending, SummationOrder::descending})
      for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
        for (const UpdateProduct product :
             {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation}) {
          ArithmeticModel model;
          model.fused_multiply_add = fused;
          model.summation_order = order;
          model.bias_position = bias;
          model.update_product = product;
          models.push_back(model);
        }
  return models;
}

std::string name_of(const ArithmeticModel& model) {
  std::string name = model.fused_multiply_add == FusedMultiplyAdd::yes ? "fused" : "separate";
  name += model.summation_order == SummationOrder::ascending ? "_ascending" : "_descending";
  name += model.bias_position == BiasPosition::first ? "_bias_first" : "_bias_last";
  name += model.update_product == UpdateProduct::learning_rate_times_delta
              ? "_learning_rate_times_delta"
              : "_delta_times_activation";
  return name;
}

class DeclaredOrder : public testing::TestWithParam<ArithmeticModel> {};

INSTANTIATE_TEST_SUITE_P(Spec62, DeclaredOrder, testing::ValuesIn(every_declared_order()),
                         [](const auto& order) { return name_of(order.param); });

TEST_P(DeclaredOrder, HasTheBitsOfOneMpfrOperationAtATime) {
  Draw draw(62);
  for (int repetition = 0; repetition < 60; ++repetition) {
    TrainingCase given = random_case(draw, all_activations);
    // Parameters and inputs near the bottom of the range exercise gradual underflow.
    if (repetition % 3 == 0)
      for (LayerParameters<float>& layer : given.parameters)
        for (float& weight : layer.weights) weight = std::ldexp(weight, -100);
    if (repetition % 6 == 0)
      for (float& input : given.sample.inputs) input = std::ldexp(input, -40);
    std::vector<std::vector<float>> activations;
    const Parameters<float> expected = SlowStep(GetParam()).step(given, activations);
    OrderedTrace trace;
    Parameters<float> parameters = given.parameters;
    ordered_step(given.network, parameters, given.sample, given.learning_rate, GetParam(),
                 correctly_rounded_activation, trace);
    for (std::size_t l = 0; l < activations.size(); ++l)
      EXPECT_EQ(trace.layers[l].a, activations[l]) << repetition;
    EXPECT_EQ(parameters, expected) << repetition;
  }
}

void expect_within(const std::vector<float>& values, const BoundedTensor<Exact>& bounds,
                   const std::string& what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_LE(abs(Exact(values[i]) - bounds.exact[i]), bounds.bound[i]) << what << '[' << i << ']';
}

TEST_P(DeclaredOrder, LiesWithinTheDerivedBounds) {
  Draw draw(63);
  for (int repetition = 0; repetition < 60; ++repetition) {
    const TrainingCase given = random_case(draw, all_activations);
    StepTrace<Exact> reference;
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, GetParam(),
                 reference);
    OrderedTrace trace;
    Parameters<float> parameters = given.parameters;
    ordered_step(given.network, parameters, given.sample, given.learning_rate, GetParam(),
                 correctly_rounded_activation, trace);
    for (std::size_t l = 0; l < reference.size(); ++l) {
      expect_within(trace.layers[l].z, reference[l].z, "z");
      expect_within(trace.layers[l].a, reference[l].a, "a");
      expect_within(trace.layers[l].delta, reference[l].delta, "delta");
      expect_within(parameters[l].weights, reference[l].weights, "W");
      expect_within(parameters[l].biases, reference[l].biases, "b");
    }
  }
}

ArithmeticModel plain_order() { return every_declared_order().front(); }

TEST(OrderedSum, RoundsOnceOnlyWhereFused) {
  // (1 + 2^-12)^2 - 1 - 2^-11 = 2^-24 exactly, which two roundings lose.
  ArithmeticModel model = plain_order();
  const float x = 1 + 0x1p-12f;
  OrderedSum separate(model, -1 - 0x1p-11f);
  separate.add(x, x);
  EXPECT_EQ(separate.value(), 0);
  model.fused_multiply_add = FusedMultiplyAdd::yes;
  OrderedSum fused(model, -1 - 0x1p-11f);
  fused.add(x, x);
  EXPECT_EQ(fused.value(), 0x1p-24f);
}

TEST(OrderedPreActivation, FollowsTheDeclaredOrder) {
  // 2^24 + 1 + 1: the ones survive only if they are added to each other first.
  const Layer layer{3, 1, Activation::identity};
  const LayerParameters<float> parameters{{0x1p24f, 1, 1}, {0}};
  ArithmeticModel model = plain_order();
  EXPECT_EQ(ordered_pre_activation(layer, parameters, 0, {1, 1, 1}, model), 0x1p24f);
  model.summation_order = SummationOrder::descending;
  EXPECT_EQ(ordered_pre_activation(layer, parameters, 0, {1, 1, 1}, model), 0x1p24f + 2);
}

TEST(OrderedPreActivation, PlacesTheBiasAsDeclared) {
  const Layer layer{2, 1, Activation::identity};
  const LayerParameters<float> parameters{{1, 1}, {0x1p24f}};
  ArithmeticModel model = plain_order();
  EXPECT_EQ(ordered_pre_activation(layer, parameters, 0, {1, 1}, model), 0x1p24f);
  model.bias_position = BiasPosition::last;
  EXPECT_EQ(ordered_pre_activation(layer, parameters, 0, {1, 1}, model), 0x1p24f + 2);
}

TEST(OrderedStep, TakesHiddenDeltasFromTheWeightsBeforeTheUpdate) {
  const Network network{{{1, 1, Activation::identity}, {1, 1, Activation::identity}}, Loss::mse};
  Parameters<float> parameters{{{1}, {0}}, {{2}, {0}}};
  OrderedTrace trace;
  ordered_step(network, parameters, {{1}, {1}}, 0.5f, plain_order(), correctly_rounded_activation,
               trace);
  EXPECT_EQ(trace.layers[1].delta[0], 1);
  EXPECT_EQ(trace.layers[0].delta[0], 2);
  EXPECT_EQ(parameters[1].weights[0], 1.5f);
  EXPECT_EQ(parameters[0].weights[0], 0);
}

TEST(OrderedStep, RefusesAModelWithoutDeclaredOrder) {
  const Network network{{{1, 1, Activation::identity}}, Loss::mse};
  Parameters<float> parameters{{{1}, {0}}};
  OrderedTrace trace;
  EXPECT_THROW(ordered_step(network, parameters, {{1}, {1}}, 1, ArithmeticModel{},
                            correctly_rounded_activation, trace),
               std::invalid_argument);
  ArithmeticModel flushing = plain_order();
  flushing.flush_to_zero = true;
  EXPECT_FALSE(flushing.order_is_declared());
}

}  // namespace
}  // namespace lsgd
