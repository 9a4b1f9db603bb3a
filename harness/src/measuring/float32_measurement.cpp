// SPDX-License-Identifier: Apache-2.0
#include "measuring/float32_measurement.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/draw_below.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "judging/device_tensors.hpp"
#include "measuring/function_error.hpp"
#include "measuring/sums_of_products.hpp"
#include "steps/typed_parameters.hpp"

static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in binary32");

namespace lsgd {
namespace {

constexpr std::array function_names{std::pair{Activation::sigmoid, "sigmoid"},
                                    std::pair{Activation::tanh, "tanh"}};

/// A share of what a fast device is asked.
double share_at(Pace pace) {
  switch (pace) {
    case Pace::fast:
      return 1;
    case Pace::moderate:
      return 0x1p-3;
    case Pace::slow:
    case Pace::brief:
      return 0x1p-6;
  }
  return 1;
}

EvaluationWay way_of(FusedMultiplyAdd fused, UpdateProduct update, std::string words) {
  EvaluationWay way;
  way.order.fused_multiply_add = fused;
  way.order.update_product = update;
  way.words = std::move(words);
  return way;
}

EvaluationWay other_way(std::string words) {
  EvaluationWay way;
  way.words = std::move(words);
  way.is_declarable = false;
  return way;
}

/// A fused product in a sum of nothing else is rounded once before the bias is added.
std::vector<EvaluationWay> ways_of_single_products() {
  std::vector<EvaluationWay> ways{way_of(FusedMultiplyAdd::no, UpdateProduct::any, "not fused"),
                                  way_of(FusedMultiplyAdd::yes, UpdateProduct::any, "fused"),
                                  way_of(FusedMultiplyAdd::yes, UpdateProduct::any, "not fused")};
  ways[1].order.bias_position = BiasPosition::first;
  ways[2].order.bias_position = BiasPosition::last;
  return ways;
}

std::vector<EvaluationWay> ways_of_tanh_derivative() {
  return {way_of(FusedMultiplyAdd::no, UpdateProduct::any, "d (1 - a a)"),
          way_of(FusedMultiplyAdd::yes, UpdateProduct::any, "d (1 - a a), fused"),
          other_way("d ((1 - a) (1 + a))"), other_way("(d (1 - a)) (1 + a)"),
          other_way("in double")};
}

std::vector<float> times_tanh_derivative(float d, float a) {
  const double in_double = 1 - static_cast<double>(a) * static_cast<double>(a);
  return {d * (1 - a * a), d * std::fma(-a, a, 1.0f), d * ((1 - a) * (1 + a)),
          (d * (1 - a)) * (1 + a), static_cast<float>(static_cast<double>(d) * in_double)};
}

std::vector<EvaluationWay> ways_of_sigmoid_derivative() {
  return {way_of(FusedMultiplyAdd::any, UpdateProduct::any, "d (a (1 - a))"),
          other_way("d (a - a a)"), other_way("d (a - a a), fused"), other_way("(d a) (1 - a)"),
          other_way("in double")};
}

std::vector<float> times_sigmoid_derivative(float d, float a) {
  const double in_double = static_cast<double>(a) * (1 - static_cast<double>(a));
  return {d * (a * (1 - a)), d * (a - a * a), d * std::fma(-a, a, a), (d * a) * (1 - a),
          static_cast<float>(static_cast<double>(d) * in_double)};
}

std::vector<EvaluationWay> ways_of_weights() {
  using enum UpdateProduct;
  return {
      way_of(FusedMultiplyAdd::no, learning_rate_times_delta, "(learning_rate delta) a"),
      way_of(FusedMultiplyAdd::yes, learning_rate_times_delta, "(learning_rate delta) a, fused"),
      way_of(FusedMultiplyAdd::no, delta_times_activation, "learning_rate (delta a)"),
      way_of(FusedMultiplyAdd::yes, delta_times_activation, "learning_rate (delta a), fused"),
      other_way("(learning_rate a) delta"),
      other_way("(learning_rate a) delta, fused"),
      other_way("in double")};
}

std::vector<float> new_weights(float w, float rate, float delta, float a) {
  const double in_double = static_cast<double>(rate) * static_cast<double>(delta);
  return {w - rate * delta * a,
          std::fma(-(rate * delta), a, w),
          w - rate * (delta * a),
          std::fma(-rate, delta * a, w),
          w - rate * a * delta,
          std::fma(-(rate * a), delta, w),
          static_cast<float>(static_cast<double>(w) - in_double * static_cast<double>(a))};
}

std::vector<EvaluationWay> ways_of_biases() {
  using enum UpdateProduct;
  return {way_of(FusedMultiplyAdd::no, any, "b - learning_rate delta"),
          way_of(FusedMultiplyAdd::yes, learning_rate_times_delta, "b - learning_rate delta"),
          way_of(FusedMultiplyAdd::yes, delta_times_activation, "b - learning_rate delta, fused")};
}

std::vector<float> new_biases(float b, float rate, float delta) {
  return {b - rate * delta, b - rate * delta, std::fma(-rate, delta, b)};
}

/// Steps of several layers show whether what is done to single products is done to sums of them.
std::vector<EvaluationWay> ways_of_whole_steps(bool is_hidden) {
  std::vector<EvaluationWay> ways;
  for (const ArithmeticModel& order : orders_of_whole_steps()) {
    EvaluationWay& way = ways.emplace_back();
    way.order.fused_multiply_add = order.fused_multiply_add;
    if (is_hidden)
      way.order.summation_order = order.summation_order;
    else
      way.order.update_product = order.update_product;
    way.words = fmt::format("{}{}{}",
                            order.update_product == UpdateProduct::learning_rate_times_delta
                                ? "(learning_rate delta) a"
                                : "learning_rate (delta a)",
                            order.fused_multiply_add == FusedMultiplyAdd::yes ? ", fused" : "",
                            !is_hidden                                           ? ""
                            : order.summation_order == SummationOrder::ascending ? ", ascending"
                                                                                 : ", descending");
  }
  return ways;
}

std::vector<Network> networks_of_whole_steps() {
  using enum Activation;
  return {{{{5, 16, tanh}, {16, 9, sigmoid}, {9, 3, identity}}, Loss::mse},
          {{{6, 12, sigmoid}, {12, 7, relu}, {7, 5, tanh}}, Loss::mse}};
}

/// The exponents of numbers in a step that shows whether subnormal numbers are flushed; absent: 0.
struct SubnormalProbe {
  std::string_view what;
  Activation function = Activation::identity;
  std::optional<int> weight, input, bias, target;
  int rate = 0;
  std::optional<int> weight_above = std::nullopt;  ///< a second layer has it
};

constexpr std::array subnormal_probes{
    SubnormalProbe{"products of the forward pass", Activation::identity, -70, -65, {}, 0, -3},
    SubnormalProbe{"weights", Activation::identity, -130, 20, {}, 0, -3},
    SubnormalProbe{"inputs", Activation::identity, 20, -130, {}, 0, -3},
    SubnormalProbe{"biases", Activation::identity, -60, -64, -128, 0, -3},
    SubnormalProbe{"arguments of tanh", Activation::tanh, {}, {}, -130, 0, -3},
    SubnormalProbe{"results of sigmoid", Activation::sigmoid, {}, {}, 0, 0, -3},
    SubnormalProbe{"a - t", Activation::identity, {}, {}, -126, -126, 0},
    SubnormalProbe{"targets", Activation::identity, {}, {}, -125, -129, 0},
    SubnormalProbe{"learning_rate delta", Activation::identity, {}, 20, {}, -65, -70},
    SubnormalProbe{"changes", Activation::identity, {}, -72, {}, -60, -3},
    SubnormalProbe{"new weights", Activation::identity, -126, 0, {}, -126, 0},
    SubnormalProbe{"weights in the update", Activation::identity, -130, 0, {}, -125, 0},
    SubnormalProbe{"learning rates", Activation::identity, {}, 10, {}, 20, -130},
    SubnormalProbe{"inputs of the update", Activation::identity, {}, -130, {}, 20, 0},
    SubnormalProbe{"products of hidden deltas", Activation::identity, {}, {}, {}, -65, 0, -70},
    SubnormalProbe{"weights of hidden deltas", Activation::identity, {}, {}, {}, 20, 0, -130},
    SubnormalProbe{"deltas above", Activation::identity, {}, {}, {}, -130, 0, 20},
    SubnormalProbe{"deltas", Activation::sigmoid, {}, {}, {}, -55, 0, -70}};

constexpr std::size_t steps_of_a_subnormal_probe = 6;

class Float32Measurement {
 public:
  Float32Measurement(const Target& target, ProbedDevice& device, std::uint64_t seed,
                     const MeasuringProgress& progress)
      : target_(target), device_(device), seed_(seed), engine_(seed), progress_(progress) {}

  MeasuredArithmetic run() {
    progress_("sums and updates");
    for (const std::size_t count : {1, 2, 3, 4, 5, 8, 17, 40}) probe_dense_layer(count);
    for (const std::size_t count : {17, 40}) probe_single_products(count);
    for (const std::size_t count : {2, 3, 4, 5, 8, 17, 40}) probe_hidden_sums(count);
    progress_("derivatives");
    for (const auto& [function, name] : function_names) {
      probe_hidden_derivative(function);
      probe_output_derivative(function);
    }
    probe_cross_entropy();
    progress_("whole steps");
    if (target_.networks.empty())
      for (const Network& network : networks_of_whole_steps()) probe_whole_steps(network);
    else
      for (const Network& network : target_.networks) probe_whole_steps(network);
    progress_("what is kept wider");
    probe_wider_activations();
    probe_wider_parameters();
    for (const auto& [function, name] : function_names) search(function, name);
    conclude_functions();
    conclude_bits();
    progress_("subnormal numbers");
    probe_subnormals();
    conclude_errors();
    // Whole steps tell of sums only where the way from these to new parameters is known.
    if (!evidence_[updated_weights].has_declarable_fit() ||
        !evidence_[updated_biases].has_declarable_fit())
      evidence_.erase(evidence_.begin() + whole_last, evidence_.end());
    conclude_order(evidence_, measured_.model, measured_.findings);
    return std::move(measured_);
  }

 private:
  enum Kind : std::size_t {
    one_product,
    two_products,
    more_products,
    single_products,
    hidden_two,
    hidden_more,
    tanh_derivative,
    sigmoid_derivative,
    output_error,
    updated_weights,
    updated_biases,
    whole_last,
    whole_hidden
  };

  float number(int low = -3, int high = 3) { return drawn_number(engine_, low, high); }

  Parameters<float> zeros() const {
    Parameters<float> parameters;
    for (const Layer& layer : device_.network().layers)
      parameters.push_back(
          {std::vector<float>(layer.weight_count()), std::vector<float>(layer.outputs)});
    return parameters;
  }

  /// Trains a step and keeps it for the bounds.
  const ObservedStep& train(const Parameters<float>& parameters, const Sample& sample, float rate) {
    return steps_.emplace_back(
        device_.step(tensors_of(device_.network(), parameters), sample, rate));
  }

  static Parameters<float> after(const ObservedStep& step) {
    return parameters_of<Parameters<float>>(step.after);
  }

  std::uint32_t width(std::uint32_t wanted) const {
    return std::min(wanted, device_.session().description().capacities.width);
  }

  /// Forward sums, a - t and the update of one layer.
  void probe_dense_layer(std::size_t count) {
    const std::uint32_t neurons = width(32);
    const auto inputs = static_cast<std::uint32_t>(count);
    if (!device_.take({{{inputs, neurons, Activation::identity}}, Loss::mse})) return;
    constexpr std::size_t repetitions = 4;
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[0].weights) weight = number();
      for (float& bias : parameters[0].biases) bias = number(-2, 4);
      Sample sample{std::vector<float>(inputs), std::vector<float>(neurons)};
      for (float& x : sample.inputs) x = number();
      for (float& t : sample.target) t = number(-2, 4);
      const float rate = std::abs(number(-4, 0));
      const ObservedStep& step = train(parameters, sample, rate);
      const auto a = numbers_of<float>(step.activations[0]);
      const Parameters<float> updated = after(step);
      const Kind kind = count == 1 ? one_product : count == 2 ? two_products : more_products;
      for (std::size_t j = 0; j < neurons; ++j) {
        const std::span row = std::span(parameters[0].weights).subspan(j * inputs, inputs);
        const float bias = parameters[0].biases[j];
        evidence_[kind].observe(sums_of_products(bias, row, sample.inputs, true), a[j]);
        const float delta = a[j] - sample.target[j];
        evidence_[updated_biases].observe(new_biases(bias, rate, delta), updated[0].biases[j]);
        for (std::size_t i = 0; i < inputs; ++i)
          evidence_[updated_weights].observe(new_weights(row[i], rate, delta, sample.inputs[i]),
                                             updated[0].weights[j * inputs + i]);
      }
    }
  }

  /// One product in each row of zeros, at every place: no order matters, only whether it is fused.
  void probe_single_products(std::size_t count) {
    const std::uint32_t neurons = width(32);
    const auto inputs = static_cast<std::uint32_t>(count);
    if (!device_.take({{{inputs, neurons, Activation::identity}}, Loss::mse})) return;
    for (std::size_t first = 0; first < 4 * count; first += neurons) {
      Parameters<float> parameters = zeros();
      for (std::size_t j = 0; j < neurons; ++j)
        parameters[0].weights[j * inputs + (first + j) % count] = number();
      for (float& bias : parameters[0].biases) bias = number(-2, 4);
      Sample sample{std::vector<float>(inputs), std::vector<float>(neurons)};
      for (float& x : sample.inputs) x = number();
      const ObservedStep& step = train(parameters, sample, 1);
      const auto a = numbers_of<float>(step.activations[0]);
      for (std::size_t j = 0; j < neurons; ++j) {
        const std::size_t i = (first + j) % count;
        const float weight = parameters[0].weights[j * inputs + i];
        const float bias = parameters[0].biases[j];
        const std::array predicted{bias + weight * sample.inputs[i],
                                   std::fma(weight, sample.inputs[i], bias),
                                   bias + weight * sample.inputs[i]};
        evidence_[single_products].observe(predicted, a[j]);
      }
    }
  }

  /// Hidden deltas that a bias of zero and a learning rate of one show to the bit.
  void probe_hidden_sums(std::size_t count) {
    const std::uint32_t neurons = width(32);
    const auto outputs = static_cast<std::uint32_t>(count);
    if (!device_.take(
            {{{1, neurons, Activation::identity}, {neurons, outputs, Activation::identity}},
             Loss::mse}))
      return;
    constexpr std::size_t repetitions = 4;
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[1].weights) weight = number();
      Sample sample{{0.0f}, std::vector<float>(outputs)};
      std::vector<float> deltas;
      for (float& t : sample.target) {
        t = number();
        deltas.push_back(-t);
      }
      const Parameters<float> updated = after(train(parameters, sample, 1));
      for (std::size_t i = 0; i < neurons; ++i) {
        std::vector<float> column;
        for (std::size_t j = 0; j < outputs; ++j)
          column.push_back(parameters[1].weights[j * neurons + i]);
        evidence_[count == 2 ? hidden_two : hidden_more].observe(
            sums_of_products(0, column, deltas, false), -updated[0].biases[i]);
      }
    }
  }

  void observe_derivative(Activation function, float delta, float a, float bias) {
    if (function == Activation::tanh)
      evidence_[tanh_derivative].observe(times_tanh_derivative(delta, a), -bias);
    else
      evidence_[sigmoid_derivative].observe(times_sigmoid_derivative(delta, a), -bias);
  }

  /// One weight of 1 for each hidden neuron: its sum has one product.
  void probe_hidden_derivative(Activation function) {
    const std::uint32_t neurons = width(32);
    if (!device_.take(
            {{{1, neurons, function}, {neurons, neurons, Activation::identity}}, Loss::mse}))
      return;
    constexpr std::size_t repetitions = 4;
    for (std::size_t repetition = 0; repetition < repetitions; ++repetition) {
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[0].weights) weight = number(-4, 1);
      for (std::size_t i = 0; i < neurons; ++i) parameters[1].weights[i * neurons + i] = 1;
      Sample sample{{1.0f}, std::vector<float>(neurons)};
      for (float& t : sample.target) t = number();
      const ObservedStep& step = train(parameters, sample, 1);
      const auto a = numbers_of<float>(step.activations);
      const Parameters<float> updated = after(step);
      for (std::size_t i = 0; i < neurons; ++i)
        observe_derivative(function, a[1][i] - sample.target[i], a[0][i], updated[0].biases[i]);
    }
  }

  void probe_output_derivative(Activation function) {
    const std::uint32_t neurons = width(32);
    if (!device_.take({{{1, neurons, function}}, Loss::mse})) return;
    for (std::size_t repetition = 0; repetition < 4; ++repetition) {
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[0].weights) weight = number(-4, 1);
      Sample sample{{1.0f}, std::vector<float>(neurons)};
      for (float& t : sample.target) t = number();
      const ObservedStep& step = train(parameters, sample, 1);
      const auto a = numbers_of<float>(step.activations[0]);
      const Parameters<float> updated = after(step);
      for (std::size_t i = 0; i < neurons; ++i)
        observe_derivative(function, a[i] - sample.target[i], a[i], updated[0].biases[i]);
    }
  }

  /// The delta of sigmoid with cross-entropy, a - t.
  void probe_cross_entropy() {
    const std::uint32_t neurons = width(32);
    if (!device_.take({{{1, neurons, Activation::sigmoid}}, Loss::bce})) return;
    for (std::size_t repetition = 0; repetition < 4; ++repetition) {
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[0].weights) weight = number(-4, 1);
      Sample sample{{1.0f}, std::vector<float>(neurons)};
      for (float& t : sample.target) t = std::abs(number(-8, -1));
      const ObservedStep& step = train(parameters, sample, 1);
      const auto a = numbers_of<float>(step.activations[0]);
      const Parameters<float> updated = after(step);
      for (std::size_t i = 0; i < neurons; ++i) {
        const std::array predicted{a[i] - sample.target[i]};
        evidence_[output_error].observe(predicted, -updated[0].biases[i]);
      }
    }
  }

  /// New parameters of all layers, from the activations that the device shows.
  void probe_whole_steps(const Network& network) {
    if (!device_.take(network)) return;
    for (std::size_t repetition = 0; repetition < 6; ++repetition) {
      Parameters<float> parameters = zeros();
      for (LayerParameters<float>& layer : parameters) {
        for (float& weight : layer.weights) weight = number(-4, -1);
        for (float& bias : layer.biases) bias = number(-4, -1);
      }
      Sample sample{std::vector<float>(network.inputs()), std::vector<float>(network.outputs())};
      for (float& x : sample.inputs) x = number(-2, 0);
      for (float& t : sample.target) t = std::abs(number(-4, -1));
      const float rate = std::abs(number(-3, -1));
      const ObservedStep& step = train(parameters, sample, rate);
      const auto shown = numbers_of<float>(step.activations);
      const Parameters<float> updated = after(step);
      std::vector<Parameters<float>> predicted;
      for (const ArithmeticModel& order : orders_of_whole_steps()) {
        OrderedTrace trace;
        ordered_backward_from_activations(network, predicted.emplace_back(parameters), shown,
                                          sample, rate, order, trace);
      }
      for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const bool is_last = l + 1 == network.layers.size();
        OrderEvidence& evidence = evidence_[is_last ? whole_last : whole_hidden];
        for (const auto values :
             {&LayerParameters<float>::weights, &LayerParameters<float>::biases})
          for (std::size_t i = 0; i < (updated[l].*values).size(); ++i) {
            std::vector<float> each;
            for (const Parameters<float>& by_order : predicted)
              each.push_back((by_order[l].*values)[i]);
            evidence.observe(each, (updated[l].*values)[i]);
          }
      }
    }
  }

  /// Counts what is left where a number shown is subtracted from the one that the device has.
  struct Residues {
    std::size_t zero = 0, small = 0, large = 0;

    void add(float residue, float shown) {
      if (residue == 0)
        ++zero;
      else if (std::abs(residue) < ulp_of(std::abs(static_cast<double>(shown))))
        ++small;
      else
        ++large;
    }
  };

  void load_biases(std::size_t layer, const std::vector<float>& values) {
    TensorSet tensors = tensors_of(device_.network(), zeros());
    std::erase_if(tensors, [&](const Tensor& tensor) {
      return tensor.kind != TensorKind::biases || tensor.layer != layer;
    });
    for (std::size_t i = 0; i < values.size(); ++i) tensors.front().codes[i] = bits_of(values[i]);
    load(device_.session(), tensors);
  }

  std::vector<std::vector<float>> forward() {
    device_.session().forward();
    TensorSet activations = activation_tensors(device_.profile().formats(), device_.network());
    store(device_.session(), activations);
    return numbers_of<float>(activations);
  }

  void probe_wider_activations() {
    const std::uint32_t neurons = width(32);
    for (const Activation function :
         {Activation::tanh, Activation::sigmoid, Activation::identity}) {
      if (!device_.take(
              {{{2, neurons, function}, {neurons, neurons, Activation::identity}}, Loss::mse}))
        continue;
      Parameters<float> parameters = zeros();
      for (float& weight : parameters[0].weights) weight = number(-3, 0);
      for (std::size_t i = 0; i < neurons; ++i) parameters[1].weights[i * neurons + i] = 1;
      load(device_.session(), tensors_of(device_.network(), parameters));
      load(device_.session(), Sample{{number(-1, 0), number(-1, 0)}, std::vector<float>(neurons)});
      const std::vector<float> shown = forward()[0];
      std::vector<float> opposite;
      for (const float a : shown) opposite.push_back(-a);
      load_biases(2, opposite);
      const auto left = forward();
      for (std::size_t i = 0; i < neurons; ++i) wider_activations_.add(left[1][i], shown[i]);
    }
  }

  void probe_wider_parameters() {
    const std::uint32_t neurons = width(32);
    if (!device_.take({{{1, neurons, Activation::identity}}, Loss::mse})) return;
    Parameters<float> parameters = zeros();
    for (float& weight : parameters[0].weights) weight = number(-1, 1);
    Sample sample{{1.0f}, std::vector<float>(neurons)};
    for (float& t : sample.target) t = number(-1, 1);
    const Parameters<float> updated = after(train(parameters, sample, std::abs(number(-6, -4))));
    std::vector<float> opposite;
    for (const float weight : updated[0].weights) opposite.push_back(-weight);
    load_biases(1, opposite);
    const auto left = forward();
    for (std::size_t i = 0; i < neurons; ++i)
      wider_parameters_.add(left[0][i], updated[0].weights[i]);
  }

  /// A network and a layer of it that has the function.
  std::optional<std::size_t> take_layer_of(Activation function) {
    const Capacities room = believed(device_.session().description().capacities);
    const std::uint32_t widest =
        std::min({room.width, room.activations, room.parameters / 2, 320u});
    if (widest > 0 && device_.take({{{1, widest, function}}, Loss::mse})) return 0;
    for (const Network& network : target_.networks)
      for (std::size_t l = 0; l < network.layers.size(); ++l)
        if (network.layers[l].activation == function && device_.take(network)) return l;
    return std::nullopt;
  }

  /// f(z) of a layer whose weights are zero and whose biases are z.
  std::vector<float> function_of_biases(std::size_t layer, std::span<const float> z) {
    const std::size_t outputs = device_.network().layers[layer].outputs;
    const TensorSet all = activation_tensors(device_.profile().formats(), device_.network());
    std::vector<float> results;
    for (std::size_t first = 0; first < z.size(); first += outputs) {
      std::vector<float> biases(
          z.begin() + static_cast<std::ptrdiff_t>(first),
          z.begin() + static_cast<std::ptrdiff_t>(std::min(first + outputs, z.size())));
      const std::size_t asked = biases.size();
      biases.resize(outputs);
      load_biases(layer + 1, biases);
      device_.session().forward();
      TensorSet shown{all[layer]};
      store(device_.session(), shown);
      const auto a = numbers_of<float>(shown.front());
      results.insert(results.end(), a.begin(), a.begin() + static_cast<std::ptrdiff_t>(asked));
    }
    return results;
  }

  void search(Activation function, std::string_view name) {
    progress_(fmt::format("{} of all arguments", name));
    WorstFunctionErrors errors;
    if (const auto layer = take_layer_of(function))
      search_function_errors(
          function, [&](std::span<const float> z) { return function_of_biases(*layer, z); },
          share_at(target_.pace), seed_, errors);
    const lsgd_operation operation =
        function == Activation::tanh ? LSGD_OPERATION_FLOAT_TANH : LSGD_OPERATION_FLOAT_SIGMOID;
    const std::array one{ArithmeticOperands{}};
    if (device_.session().arithmetic(operation, one))
      search_function_errors(
          function,
          [&](std::span<const float> z) {
            std::vector<ArithmeticOperands> operands;
            for (const float argument : z) operands.push_back({bits_of(argument), 0});
            const auto patterns = device_.session().arithmetic(operation, operands);
            std::vector<float> results;
            for (const std::uint32_t bits : patterns.value()) results.push_back(from_bits(bits));
            return results;
          },
          share_at(target_.pace), seed_, errors);
    if (errors.results() == 0) {
      add(fmt::format("error of {}", name), "not seen, the device took no network with it");
      return;
    }
    const FunctionError& worst = errors.worst_in_ulps();
    const FunctionError& farthest = errors.worst();
    add(fmt::format("error of {}: at most {:.3f} ulp, at z = {}; at most {:.3g}, at z = {}", name,
                    worst.in_ulps(), worst.z, farthest.error, farthest.z),
        fmt::format("the worst found among {} arguments, searched over all of binary32",
                    errors.results()));
    if (errors.without_bound() > 0)
      measured_.illegal.push_back(fmt::format(
          "{} results of {} are no number, or off by more than 1", errors.without_bound(), name));
    functions_.push_back(std::move(errors));
  }

  void add(std::string what, std::string evidence) {
    measured_.findings.push_back({{}, std::move(what), std::move(evidence)});
  }

  void conclude_functions() {
    const auto [zero, small, large] = wider_activations_;
    const std::size_t seen = zero + small + large;
    ArithmeticModel& model = measured_.model;
    if (small > 0 && large == 0) model.kept_wider = KeptWider::activations;
    const Residues& parameters = wider_parameters_;
    if (parameters.small > 0 && parameters.large == 0) model.kept_wider = KeptWider::everything;
    measured_.findings.push_back(
        {"kept_wider", std::string(text_of(model.kept_wider)),
         seen == 0 ? "not seen: no network taken that shows it"
                   : fmt::format("{} of {} activations and {} of {} weights leave something when "
                                 "what is shown is subtracted",
                                 small + large, seen, parameters.small + parameters.large,
                                 parameters.zero + parameters.small + parameters.large)});
  }

  void conclude_bits() {
    ArithmeticModel& model = measured_.model;
    model.flush_to_zero = false;
    const auto are_legal_with = [&](int bits) {
      model.significand_bits = bits;
      declare_functions();
      return are_legal(steps_, device_.profile(), model);
    };
    int bits = 24;
    while (bits > 2 && !are_legal_with(bits)) --bits;
    if (!are_legal_with(bits)) {
      are_legal_with(24);
      measured_.illegal.push_back("no number of significand bits allows what the steps show");
    }
    std::size_t results = 0;
    for (const ObservedStep& step : steps_)
      for (const TensorSet* set : {&step.activations, &step.after})
        for (const Tensor& tensor : *set) results += tensor.count;
    measured_.findings.push_back(
        {"significand_bits", fmt::format("{}", model.significand_bits),
         steps_.empty() ? "not seen: no network taken that shows it"
                        : fmt::format("{} results of {} steps within the bounds of it{}", results,
                                      steps_.size(),
                                      model.significand_bits < 24 ? ", and not of one more" : "")});
  }

  void declare_functions() {
    if (functions_.empty()) return;
    ArithmeticModel& model = measured_.model;
    const DeclaredFunctionError error =
        declared_error(functions_, model.significand_bits, model.flush_to_zero);
    model.activation_ulps = error.ulps;
    model.activation_absolute_error = error.absolute;
  }

  void conclude_errors() {
    declare_functions();
    const ArithmeticModel& model = measured_.model;
    const std::string found =
        functions_.empty() ? "not seen" : "worst case of a search, and a quarter of an ulp";
    measured_.findings.push_back(
        {"activation_ulps", fmt::format("{}", model.activation_ulps), found});
    measured_.findings.push_back(
        {"activation_absolute_error", fmt::format("{}", model.activation_absolute_error),
         functions_.empty()                     ? "not seen"
         : model.activation_absolute_error == 0 ? "none is needed beside the ulps"
                                                : "what these ulps leave over"});
  }

  std::optional<ObservedStep> subnormal_step(const SubnormalProbe& probe) {
    Network network{{{1, 1, probe.function}}, Loss::mse};
    if (probe.weight_above) network.layers.push_back({1, 1, Activation::identity});
    if (!device_.take(network)) return std::nullopt;
    const auto drawn = [&](std::optional<int> exponent) {
      return exponent ? std::abs(number(*exponent, *exponent)) : 0.0f;
    };
    Parameters<float> parameters = zeros();
    parameters[0].weights[0] = drawn(probe.weight);
    parameters[0].biases[0] = drawn(probe.bias);
    Sample sample{{drawn(probe.input)}, {drawn(probe.target)}};
    // sigmoid(-88) and below, whose results are subnormal.
    if (probe.function == Activation::sigmoid && probe.bias)
      parameters[0].biases[0] = -88 - 8 * std::abs(number(-1, -1));
    // Differences of numbers of one binade.
    if (probe.what == "new weights") sample.inputs[0] = -1;
    if (probe.weight_above) parameters[1].weights[0] = drawn(probe.weight_above);
    return device_.step(tensors_of(network, parameters), sample, drawn(probe.rate));
  }

  void probe_subnormals() {
    ArithmeticModel flushing = measured_.model;
    flushing.flush_to_zero = true;
    std::vector<std::string> flushed, illegal;
    std::size_t kept = 0, seen = 0;
    for (const SubnormalProbe& probe : subnormal_probes) {
      std::vector<ObservedStep> steps;
      for (std::size_t i = 0; i < steps_of_a_subnormal_probe; ++i)
        if (auto step = subnormal_step(probe)) steps.push_back(*std::move(step));
      if (steps.empty()) continue;
      ++seen;
      if (are_legal(steps, device_.profile(), measured_.model))
        ++kept;
      else if (are_legal(steps, device_.profile(), flushing))
        flushed.emplace_back(probe.what);
      else
        illegal.emplace_back(probe.what);
    }
    if (!illegal.empty() && measured_.illegal.empty())
      measured_.illegal.push_back(
          fmt::format("subnormal {} are neither kept nor flushed", fmt::join(illegal, ", ")));
    measured_.model.flush_to_zero = !flushed.empty();
    measured_.findings.push_back(
        {"flush_to_zero", measured_.model.flush_to_zero ? "true" : "false",
         seen == 0         ? "not seen: no network taken that shows it"
         : flushed.empty() ? fmt::format("{} of {} kinds of subnormal numbers kept", kept, seen)
                           : fmt::format("flushed: {}", fmt::join(flushed, ", "))});
  }

  const Target& target_;
  ProbedDevice& device_;
  std::uint64_t seed_;
  std::mt19937_64 engine_;
  const MeasuringProgress& progress_;
  MeasuredArithmetic measured_;
  std::vector<ObservedStep> steps_;
  std::vector<WorstFunctionErrors> functions_;
  Residues wider_activations_, wider_parameters_;
  std::vector<OrderEvidence> evidence_{
      {"sums of a product and the bias", ways_of_sums(true)},
      {"sums of two products and the bias", ways_of_sums(true)},
      {"sums of more products and the bias", ways_of_sums(true), WithoutFit::fused_told_by_others},
      {"sums of one product among zeros", ways_of_single_products(), WithoutFit::fused_open},
      {"hidden deltas of two products", ways_of_sums(false)},
      {"hidden deltas of more products", ways_of_sums(false), WithoutFit::fused_told_by_others},
      {"derivative of tanh", ways_of_tanh_derivative()},
      {"derivative of sigmoid", ways_of_sigmoid_derivative(), WithoutFit::no_declared_order},
      {"delta of bce",
       {way_of(FusedMultiplyAdd::any, UpdateProduct::any, "a - t")},
       WithoutFit::no_declared_order},
      {"new weights", ways_of_weights()},
      {"new biases", ways_of_biases()},
      {"last layers of whole steps", ways_of_whole_steps(false), WithoutFit::fused_told_by_others},
      {"hidden layers of whole steps", ways_of_whole_steps(true),
       WithoutFit::fused_told_by_others}};
};

}  // namespace

MeasuredArithmetic measure_float32(const Target& target, ProbedDevice& device, std::uint64_t seed,
                                   const MeasuringProgress& progress) {
  return Float32Measurement(target, device, seed, progress).run();
}

}  // namespace lsgd
