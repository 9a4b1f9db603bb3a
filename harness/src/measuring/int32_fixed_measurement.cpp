// SPDX-License-Identifier: Apache-2.0
#include "measuring/int32_fixed_measurement.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/draw_below.hpp>
#include <lsgd/step/int32_fixed.hpp>

#include "judging/device_tensors.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

/// A bias has more fraction bits than z, and so a smaller range.
constexpr int bits_of_bias_below_z = fixed_parameter_bits - fixed_preactivation_bits;
constexpr std::int64_t lowest_z = INT32_MIN >> bits_of_bias_below_z;
/// Sums of products with inputs may drop what is below them (SPEC 13.3).
constexpr std::int64_t unit_of_a_sum =
    std::int64_t{1} << (fixed_preactivation_bits - (fixed_parameter_bits + fixed_delta_bits - 32));

class Int32FixedMeasurement {
 public:
  Int32FixedMeasurement(ProbedDevice& device, std::uint64_t seed, const MeasuringProgress& progress)
      : device_(device), engine_(seed), progress_(progress) {}

  MeasuredArithmetic run() {
    search(Activation::sigmoid, "sigmoid");
    search(Activation::tanh, "tanh");
    conclude_functions();
    progress_("cut products");
    for (const Activation function : {Activation::identity, Activation::relu})
      probe_products(function);
    conclude_products();
    return std::move(measured_);
  }

 private:
  void add(std::string what, std::string evidence) {
    measured_.findings.push_back({{}, std::move(what), std::move(evidence)});
  }

  static double error_of(Activation function, std::int32_t z, std::uint32_t got) {
    const double exact =
        activation_value(function, Binary64Functions(), fixed_value(z, fixed_preactivation_bits));
    return std::abs(fixed_value(static_cast<std::int32_t>(got), fixed_activation_bits(function)) -
                    exact);
  }

  /// f(z) by the operation of level 0, or of a layer whose weights are zero and whose biases are z;
  /// nothing where the device offers neither.
  std::optional<std::vector<std::uint32_t>> function_of(Activation function,
                                                        const std::vector<std::int32_t>& z) {
    const lsgd_operation operation =
        function == Activation::tanh ? LSGD_OPERATION_FIXED_TANH : LSGD_OPERATION_FIXED_SIGMOID;
    std::vector<ArithmeticOperands> operands;
    for (const std::int32_t argument : z)
      operands.push_back({static_cast<std::uint32_t>(argument), 0});
    if (auto results = device_.session().arithmetic(operation, operands)) return results;
    constexpr std::uint32_t neurons = 256;
    const Network network{{{1, neurons, function}}, Loss::mse};
    if (!device_.take(network)) return std::nullopt;
    std::vector<std::uint32_t> results;
    for (std::size_t first = 0; first < z.size(); first += neurons) {
      Int32Parameters parameters{
          {std::vector<std::int32_t>(neurons), std::vector<std::int32_t>(neurons)}};
      const std::size_t count = std::min<std::size_t>(neurons, z.size() - first);
      for (std::size_t i = 0; i < count; ++i)
        parameters[0].biases[i] = z[first + i] * (1 << bits_of_bias_below_z);
      load(device_.session(), tensors_of(network, parameters));
      load(device_.session(), Sample{{0.0f}, std::vector<float>(neurons)});
      device_.session().forward();
      TensorSet shown = activation_tensors(device_.profile().formats(), network);
      store(device_.session(), shown);
      for (std::size_t i = 0; i < count; ++i)
        results.push_back(static_cast<std::uint32_t>(shown.front().codes[i]));
    }
    return results;
  }

  /// Arguments over the range of biases, then ever nearer to the worst. Beyond it the functions
  /// are constant to 2^-22.
  void search(Activation function, std::string_view name) {
    progress_(fmt::format("{} of all arguments", name));
    std::set<std::pair<double, std::int32_t>> worst;
    std::size_t asked = 0;
    const auto ask = [&](const std::set<std::int64_t>& codes) {
      std::vector<std::int32_t> z;
      for (const std::int64_t code : codes)
        if (code >= lowest_z && code < -lowest_z)
          z.push_back(static_cast<std::int32_t>(code / unit_of_a_sum * unit_of_a_sum));
      const auto results = function_of(function, z);
      if (!results) return false;
      for (std::size_t i = 0; i < z.size(); ++i) {
        constexpr std::size_t most = 32;
        worst.emplace(error_of(function, z[i], (*results)[i]), z[i]);
        if (worst.size() > most) worst.erase(worst.begin());
      }
      asked += z.size();
      return true;
    };
    std::set<std::int64_t> codes;
    constexpr std::int64_t part = std::int64_t{1} << 14;
    for (std::int64_t first = lowest_z; first < -lowest_z; first += part)
      codes.insert(first + static_cast<std::int64_t>(draw_below(engine_, part)));
    if (!ask(codes)) {
      add(fmt::format("error of {}", name), "not seen, the device took no network with it");
      return;
    }
    for (const std::int64_t reach : {part, part >> 4, part >> 8, part >> 12}) {
      codes.clear();
      for (const auto& [error, z] : worst)
        for (int i = 0; i < 256; ++i)
          codes.insert(z - reach +
                       static_cast<std::int64_t>(
                           draw_below(engine_, static_cast<std::size_t>(2 * reach + 1))));
      ask(codes);
    }
    const auto [error, z] = *worst.rbegin();
    add(fmt::format("error of {}: at most {:.3f} 2^-24, at z = {}", name, std::ldexp(error, 24),
                    fixed_value(z, fixed_preactivation_bits)),
        fmt::format("the worst found among {} arguments, searched from -16 to 16", asked));
    largest_ = std::max(largest_, error);
    has_functions_ = true;
  }

  void conclude_functions() {
    ArithmeticModel& model = measured_.model;
    std::string evidence = "not seen";
    if (has_functions_) {
      // A unit of the result is allowed beside what is declared (SPEC 13.4). What a search finds is
      // a lower bound of the worst, so that an eighth of a unit is added.
      constexpr double quarter_of_a_unit = 0x1p-32;
      const double beyond = std::max(0.0, largest_ + quarter_of_a_unit / 2 - 0x1p-30);
      constexpr double most_declared = 4;  // `accurate` (SPEC 5.1)
      const double ulps = std::ceil(std::ldexp(beyond, 24 + 8)) * 0x1p-8;
      model.activation_ulps = std::min(ulps, most_declared);
      model.activation_absolute_error =
          ulps <= most_declared ? 0 : beyond - std::ldexp(most_declared, -24);
      evidence = "worst case of a search and an eighth of a unit, less the unit that is allowed";
    }
    measured_.findings.push_back(
        {"activation_ulps", fmt::format("{}", model.activation_ulps), evidence});
    if (model.activation_absolute_error > 0)
      measured_.findings.push_back({"activation_absolute_error",
                                    fmt::format("{}", model.activation_absolute_error), evidence});
  }

  /// Factors whose product loses nearly a unit when it is cut, all products of one sign.
  std::int32_t factor_that_loses(std::int32_t x) {
    std::int32_t best = 1;
    std::uint32_t most = 0;
    for (int i = 0; i < 256; ++i) {
      const auto weight = static_cast<std::int32_t>((1u << 24) + draw_below(engine_, 1u << 24));
      const auto lost = static_cast<std::uint32_t>(std::int64_t{weight} * x);
      if (lost > most) {
        most = lost;
        best = weight;
      }
    }
    return best;
  }

  /// Sums of the forward pass, of hidden deltas and updates whose products are all negative, or all
  /// positive.
  void probe_products(Activation function) {
    constexpr std::uint32_t inputs = 16, neurons = 8;
    const Network network{{{inputs, neurons, function}, {neurons, inputs, Activation::identity}},
                          Loss::mse};
    if (!device_.take(network)) return;
    for (int repetition = 0; repetition < 8; ++repetition) {
      Sample sample{std::vector<float>(inputs), std::vector<float>(inputs)};
      std::vector<std::int32_t> x;
      for (float& input : sample.inputs) {
        input = static_cast<float>(
            std::ldexp(static_cast<double>((1u << 23) + draw_below(engine_, 1u << 23)), -26));
        x.push_back(quantize_int32(input, fixed_delta_bits));
      }
      for (float& t : sample.target)
        t = static_cast<float>(static_cast<double>(draw_below(engine_, 1u << 20)) * 0x1p-22);
      Int32Parameters parameters(2);
      for (std::uint32_t j = 0; j < neurons; ++j) {
        const std::int32_t sign = j % 2 == 0 ? -1 : 1;
        for (std::uint32_t i = 0; i < inputs; ++i)
          parameters[0].weights.push_back(sign * factor_that_loses(x[i]));
        // Positive, so that relu passes it on.
        parameters[0].biases.push_back(1 << 28);
      }
      for (std::uint32_t i = 0; i < inputs * neurons; ++i)
        parameters[1].weights.push_back(
            static_cast<std::int32_t>((1u << 23) + draw_below(engine_, 1u << 23)) *
            (repetition % 2 == 0 ? -1 : 1));
      parameters[1].biases.assign(inputs, 0);
      steps_.push_back(device_.step(tensors_of(network, parameters), sample, 0x1.3p-4f));
    }
  }

  void conclude_products() {
    ArithmeticModel& model = measured_.model;
    const bool is_plain = are_legal(steps_, device_.profile(), model);
    model.zero_cuts_from_half = !is_plain;
    if (!is_plain && !are_legal(steps_, device_.profile(), model)) {
      model.zero_cuts_from_half = false;
      measured_.illegal.emplace_back("products lose more than any cut takes");
    }
    measured_.findings.push_back(
        {"zero_cuts_from_half", model.zero_cuts_from_half ? "true" : "false",
         steps_.empty()
             ? "not seen: no network taken that shows it"
             : fmt::format("{} steps whose products lose nearly a unit each{}", steps_.size(),
                           model.zero_cuts_from_half ? " have sums half a unit off"
                                                     : " stay within a unit each")});
  }

  ProbedDevice& device_;
  std::mt19937_64 engine_;
  const MeasuringProgress& progress_;
  MeasuredArithmetic measured_;
  std::vector<ObservedStep> steps_;
  double largest_ = 0;
  bool has_functions_ = false;
};

}  // namespace

MeasuredArithmetic measure_int32_fixed(const Target&, ProbedDevice& device, std::uint64_t seed,
                                       const MeasuringProgress& progress) {
  return Int32FixedMeasurement(device, seed, progress).run();
}

}  // namespace lsgd
