// SPDX-License-Identifier: Apache-2.0
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/mpfi.hpp>
#include <charconv>
#include <gtest/gtest.h>
#include <string>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/step/float32_step.hpp>

#include "random_network.hpp"
#include "textbook_sgd.hpp"

namespace lsgd {
namespace {

using Hundred = boost::multiprecision::cpp_bin_float_100;
using Interval = boost::multiprecision::mpfi_float_100;
using IntervalEnd = boost::multiprecision::component_type<Interval>::type;

/// Calls visit(name, bounded tensor, textbook vector) for every tensor of a step.
template <class Number, class Visitor>
void for_each_tensor(const StepTrace<Exact>& trace,
                     const std::vector<typename TextbookSgd<Number>::LayerResult>& textbook,
                     Visitor visit) {
  ASSERT_EQ(trace.size(), textbook.size());
  for (std::size_t l = 0; l < trace.size(); ++l) {
    std::vector<Number> weights;
    for (const auto& row : textbook[l].weights)
      weights.insert(weights.end(), row.begin(), row.end());
    const std::string layer = std::to_string(l + 1);
    visit("z" + layer, trace[l].z, textbook[l].z);
    visit("a" + layer, trace[l].a, textbook[l].a);
    visit("delta" + layer, trace[l].delta, textbook[l].delta);
    visit("W" + layer, trace[l].weights, weights);
    visit("b" + layer, trace[l].biases, textbook[l].biases);
  }
}

Hundred to_hundred(const Exact& value) { return Hundred(to_decimal(value, 90)); }

/// SPEC 5.9 promises more than 50 digits: the reference's own error is below evaluation_error.
TEST(ExactValue, AgreesWithTheTextbook) {
  Draw draw(11);
  StepTrace<Exact> trace;
  for (int repetition = 0; repetition < 60; ++repetition) {
    const TrainingCase given = random_case(draw, all_activations);
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    const auto textbook = TextbookSgd<Hundred>::step(given.network, given.parameters, given.sample,
                                                     given.learning_rate);
    for_each_tensor<Hundred>(
        trace, textbook, [](const std::string& name, const auto& tensor, const auto& expected) {
          ASSERT_EQ(tensor.size(), expected.size()) << name;
          for (std::size_t i = 0; i < expected.size(); ++i) {
            const Hundred error = abs(to_hundred(tensor.exact[i]) - expected[i]);
            const Hundred textbook_error = 1e-85 * (abs(expected[i]) + 1e-7);
            ASSERT_LE(error, Hundred(evaluation_error<Exact>(tensor.bound[i])) + textbook_error)
                << name << '[' << i << ']';
            ASSERT_LE(error, Hundred("1e-55") * (abs(expected[i]) + 1e-3))
                << name << '[' << i << ']';
          }
        });
  }
}

TEST(ExactValue, UpdateFollowsTheGradientOfTheLoss) {
  Draw draw(12);
  StepTrace<Exact> trace;
  const Hundred h("1e-30");
  for (int repetition = 0; repetition < 40; ++repetition) {
    TrainingCase given = random_case(draw, all_activations);
    given.learning_rate = 1;
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    // A change h of z_1[j] is a change h of the bias; evaluate the loss there by a network whose
    // first layer is fed h through one more input of weight 1.
    Network widened = given.network;
    const std::uint32_t inputs = widened.layers[0].inputs++;
    for (std::size_t j = 0; j < given.network.layers[0].outputs; ++j) {
      Parameters<float> parameters = given.parameters;
      parameters[0].weights.clear();
      for (std::size_t row = 0; row < given.network.layers[0].outputs; ++row) {
        const auto first = given.parameters[0].weights.begin() + static_cast<long>(row * inputs);
        parameters[0].weights.insert(parameters[0].weights.end(), first, first + inputs);
        parameters[0].weights.push_back(row == j ? 1.0f : 0.0f);
      }
      auto x = TextbookSgd<Hundred>::to_vector(given.sample.inputs);
      x.push_back(h);
      const Hundred above = TextbookSgd<Hundred>::loss(widened, parameters, x, given.sample.target);
      x.back() = -h;
      const Hundred below = TextbookSgd<Hundred>::loss(widened, parameters, x, given.sample.target);
      const Hundred gradient = (above - below) / (2 * h);
      EXPECT_LE(abs(to_hundred(trace[0].delta.exact[j]) - gradient), Hundred("1e-45"));
      EXPECT_LE(abs(Hundred(given.parameters[0].biases[j]) - to_hundred(trace[0].biases.exact[j]) -
                    gradient),
                Hundred("1e-45"));
    }
  }
}

TEST(ExactValue, PrintsTheDigitsOfTwiceThePrecision) {
  Draw draw(13);
  StepTrace<Exact> trace;
  StepTrace<DoubleWidthExact> wide;
  int zeros = 0;
  const auto compare = [&](const BoundedTensor<Exact>& tensor,
                           const BoundedTensor<DoubleWidthExact>& wide_tensor) {
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const std::string digits = to_decimal(wide_tensor.exact[i]);
      ASSERT_EQ(to_decimal(tensor.exact[i]), digits);
      const auto proven = proven_decimal(tensor.exact[i], tensor.bound[i]);
      if (digits == "0") {
        ++zeros;
        continue;
      }
      ASSERT_TRUE(proven.has_value()) << digits;
      ASSERT_EQ(*proven, digits);
      ASSERT_EQ(tensor.bound[i], wide_tensor.bound[i]) << "the bound does not depend on it";
    }
  };
  for (int repetition = 0; repetition < 60; ++repetition) {
    const TrainingCase given = random_case(draw, all_activations);
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, wide);
    for (std::size_t l = 0; l < trace.size(); ++l) {
      compare(trace[l].z, wide[l].z);
      compare(trace[l].a, wide[l].a);
      compare(trace[l].delta, wide[l].delta);
      compare(trace[l].weights, wide[l].weights);
      compare(trace[l].biases, wide[l].biases);
    }
  }
  EXPECT_GT(zeros, 0) << "dead relus are among the cases";
}

/// Interval arithmetic encloses the real number, so equal digits at both ends prove them.
TEST(ExactValue, PrintsDigitsProvenByIntervals) {
  Draw draw(14);
  StepTrace<Exact> trace;
  int proven = 0;
  for (int repetition = 0; repetition < 30; ++repetition) {
    const TrainingCase given = random_case(draw, all_activations);
    float32_step(given.network, given.parameters, given.sample, given.learning_rate, {}, trace);
    const auto intervals = TextbookSgd<Interval>::step(given.network, given.parameters,
                                                       given.sample, given.learning_rate);
    for_each_tensor<Interval>(
        trace, intervals, [&](const std::string& name, const auto& tensor, const auto& enclosure) {
          for (std::size_t i = 0; i < tensor.size(); ++i) {
            const IntervalEnd low = lower(enclosure[i]);
            const IntervalEnd high = upper(enclosure[i]);
            ASSERT_EQ(to_decimal(low), to_decimal(high)) << name << '[' << i << ']';
            ASSERT_EQ(to_decimal(tensor.exact[i]), to_decimal(low)) << name << '[' << i << ']';
            ++proven;
          }
        });
  }
  EXPECT_GT(proven, 2000);
}

TEST(ExactValue, KeepsItsDigitsWhereAnActivationSaturates) {
  for (const Activation activation : {Activation::sigmoid, Activation::tanh}) {
    for (const float z : {-300.0f, -40.0f, 20.0f, 90.0f, 300.0f}) {
      const Network network{{{1, 1, activation}}, Loss::mse};
      StepTrace<Exact> trace;
      StepTrace<DoubleWidthExact> wide;
      const Sample sample{{1}, {z > 0 ? 1.0f : -1.0f}};
      float32_step(network, {{{z}, {0}}}, sample, 0.5f, {}, trace);
      float32_step(network, {{{z}, {0}}}, sample, 0.5f, {}, wide);
      EXPECT_NE(trace[0].delta.exact[0], 0);
      EXPECT_EQ(to_decimal(trace[0].delta.exact[0]), to_decimal(wide[0].delta.exact[0])) << z;
    }
  }
}

TEST(ExactValue, CarriesAtLeast200Bits) {
  EXPECT_GE(mpfr_get_prec(mpfr_of(Exact{})), 250);
  EXPECT_GE(mpfr_get_prec(mpfr_of(DoubleWidthExact{})), 2 * mpfr_get_prec(mpfr_of(Exact{})));
}

TEST(ExactValue, TextIsReadBackByFromChars) {
  const std::string text = to_decimal(Exact(-1) / 3);
  EXPECT_EQ(text, "-3.333333333333333333333333333333333333333e-01");
  EXPECT_EQ(to_decimal(Exact(0)), "0");
  EXPECT_EQ(to_decimal(Exact("12345e97")), "1.234500000000000000000000000000000000000e+101");
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_EQ(value, -1.0 / 3);
}

TEST(ExactValue, UnprovenDigitsAreNotPrinted) {
  const Exact tie = Exact("1.5");
  EXPECT_EQ(proven_decimal(tie, 1e-7, 1), std::nullopt) << "1.5 rounds either way at one digit";
  EXPECT_TRUE(proven_decimal(tie, 1e-7, 40).has_value());
  EXPECT_EQ(proven_decimal(Exact(0), 1e-7), std::nullopt);
  EXPECT_EQ(proven_decimal(Exact(0), 0), "0");
}

TEST(ExactValue, OperandOfADoubleIsTheDouble) {
  Draw draw(15);
  for (int i = 0; i < 10000; ++i) {
    const double value = std::ldexp(draw.signed_unit(), static_cast<int>(draw.below(2100)) - 1074);
    EXPECT_EQ(mpfr_get_d(DoubleOperand(value).get(), MPFR_RNDN), value);
  }
  for (const double value : {0.0, 0x1p-1074, -0x1.fffffffffffffp+1023, 1.0})
    EXPECT_EQ(mpfr_get_d(DoubleOperand(value).get(), MPFR_RNDN), value);
}

/// What a device shows of itself is exact: the backward pass from it, checked from its definition.
TEST(ExactValue, BackwardFromGivenActivations) {
  const Network network{{{1, 1, Activation::tanh}, {1, 1, Activation::sigmoid}}, Loss::bce};
  const Parameters<float> before{{{0.5f}, {0.25f}}, {{2}, {1}}};
  StepTrace<Exact> trace;
  float32_backward_from_activations(network, before, {{0.5f}, {0.75f}}, {{3}, {1}}, 0.5f, {},
                                    trace);
  EXPECT_EQ(trace[1].delta.exact[0], -0.25);
  EXPECT_EQ(trace[1].weights.exact[0], 2 + 0.5 * 0.25 * 0.5);
  EXPECT_EQ(trace[0].delta.exact[0], 2 * -0.25 * (1 - 0.25));
  EXPECT_EQ(trace[0].weights.exact[0], 0.5 + 0.5 * 0.375 * 3);
  EXPECT_EQ(trace[0].biases.exact[0], 0.25 + 0.5 * 0.375);
  EXPECT_TRUE(trace[0].z.exact.empty());
  EXPECT_LT(trace[1].weights.bound[0], 0x1p-21);
}

}  // namespace
}  // namespace lsgd
