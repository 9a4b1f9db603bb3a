// SPDX-License-Identifier: Apache-2.0
#include "measuring/int8_hybrid_measurement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include <lsgd/numbers/draw_below.hpp>
#include <lsgd/numbers/requantize.hpp>
#include <lsgd/step/ordered_int8_hybrid_step.hpp>

#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

/// The orders of whole steps as ways. The bias is an integer added to integers: its position shows
/// nowhere. Hidden layers show all three keys, the last one only those of the update.
std::vector<EvaluationWay> ways_of_steps(bool is_hidden) {
  std::vector<EvaluationWay> ways;
  for (const ArithmeticModel& order : orders_of_whole_steps()) {
    EvaluationWay& way = ways.emplace_back();
    way.order = order;
    way.order.bias_position = BiasPosition::any;
    if (!is_hidden) way.order.summation_order = SummationOrder::any;
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

/// How a shifted accumulator may be rounded.
constexpr std::array requantization_words{"ties up, as SPEC 4.4", "ties away from zero",
                                          "ties to even", "down", "towards zero"};

std::array<int, requantization_words.size()> requantizations(std::int32_t accumulator, int shift) {
  const std::int32_t unit = std::int32_t{1} << shift;
  const std::int32_t down = accumulator >> shift;
  const std::int32_t rest = accumulator - down * unit;
  const bool is_tie = shift > 0 && 2 * rest == unit;
  const int nearest = down + (2 * rest > unit ? 1 : 0);
  const auto saturated = [](int value) { return std::clamp(value, -128, 127); };
  return {saturated(is_tie ? down + 1 : nearest),
          saturated(is_tie ? (accumulator > 0 ? down + 1 : down) : nearest),
          saturated(is_tie ? down + (down & 1) : nearest), saturated(down),
          saturated(accumulator / unit)};
}

class Int8HybridMeasurement {
 public:
  Int8HybridMeasurement(const Target& target, ProbedDevice& device, std::uint64_t seed,
                        const MeasuringProgress& progress)
      : target_(target), device_(device), engine_(seed), progress_(progress) {}

  MeasuredArithmetic run() {
    progress_("requantization");
    measure_requantization();
    constexpr auto identity = Activation::identity;
    constexpr auto tanh = Activation::tanh;
    constexpr auto sigmoid = Activation::sigmoid;
    for (const Network& network :
         {Network{{{8, 24, identity}}, Loss::mse}, Network{{{8, 24, sigmoid}}, Loss::bce},
          Network{{{4, 24, identity}, {24, 7, identity}}, Loss::mse},
          Network{{{4, 24, tanh}, {24, 5, sigmoid}}, Loss::bce},
          Network{{{4, 24, sigmoid}, {24, 12, tanh}}, Loss::mse}})
      probe(network);
    for (const Network& network : target_.networks) probe(network);
    conclude_bits();
    conclude_order(evidence_, measured_.model, measured_.findings);
    conclude_bias();
    return std::move(measured_);
  }

 private:
  enum Kind : std::size_t { last_weights, last_biases, hidden_weights, hidden_biases };

  float uniform(double low, double high) {
    const double share = static_cast<double>(draw_below(engine_, 1u << 24)) * 0x1p-24;
    return static_cast<float>(low + (high - low) * share);
  }

  Int8Tensor drawn_tensor(std::size_t count) {
    Int8Tensor tensor;
    tensor.fraction_bits = 6 + static_cast<int>(draw_below(engine_, 2));
    for (std::size_t i = 0; i < count; ++i)
      tensor.values.push_back(
          static_cast<std::int8_t>(static_cast<int>(draw_below(engine_, 256)) - 128));
    return tensor;
  }

  void measure_requantization() {
    std::vector<ArithmeticOperands> operands;
    for (int shift = 1; shift <= 10; ++shift)
      for (int i = 0; i < 64; ++i) {
        const std::int32_t half = std::int32_t{1} << (shift - 1);
        const std::int32_t code = static_cast<std::int32_t>(draw_below(engine_, 250)) - 125;
        const std::int32_t near = static_cast<std::int32_t>(draw_below(engine_, 3)) - 1;
        operands.push_back({static_cast<std::uint32_t>(code * 2 * half + half + near),
                            static_cast<std::uint32_t>(shift)});
      }
    const auto results = device_.session().arithmetic(LSGD_OPERATION_REQUANTIZE, operands);
    if (!results) {
      add("requantization", "not seen, the port does not offer requantize");
      return;
    }
    std::array<std::size_t, requantization_words.size()> agreeing{};
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const auto each = requantizations(static_cast<std::int32_t>(operands[i].a),
                                        static_cast<int>(operands[i].b));
      for (std::size_t way = 0; way < each.size(); ++way)
        agreeing[way] += std::size_t{each[way] == static_cast<std::int32_t>((*results)[i])};
    }
    const auto best = std::ranges::max_element(agreeing);
    add(fmt::format("requantization: {}",
                    requantization_words.at(static_cast<std::size_t>(best - agreeing.begin()))),
        fmt::format("{} of {} results at ties and beside them", *best, operands.size()));
    if (best != agreeing.begin() || *best != operands.size())
      measured_.illegal.emplace_back("requantization is not that of SPEC 4.4");
  }

  /// Draws steps until some have codes that depend on the order, and asks the device for these.
  void probe(const Network& network) {
    if (!device_.take(network)) return;
    progress_(fmt::format("steps of {} layers", network.layers.size()));
    constexpr std::size_t most_drawn = 40'000, most_asked = 60;
    std::size_t asked = 0;
    for (std::size_t drawn = 0; drawn < most_drawn && asked < most_asked; ++drawn) {
      Int8Parameters before;
      for (const Layer& layer : network.layers)
        before.push_back({drawn_tensor(layer.weight_count()), drawn_tensor(layer.outputs)});
      Sample sample{std::vector<float>(network.inputs()), std::vector<float>(network.outputs())};
      for (float& x : sample.inputs) x = uniform(-1, 1);
      for (float& t : sample.target) t = uniform(network.loss == Loss::bce ? 0 : -1, 1);
      const float rate = uniform(0.01, 0.5);
      std::vector<TensorSet> predicted;
      for (const ArithmeticModel& order : orders_) {
        Int8Parameters after = before;
        ordered_int8_hybrid_step(network, after, sample, rate, order, trace_);
        predicted.push_back(tensors_of(network, after));
      }
      const bool tells = std::ranges::any_of(
          predicted, [&](const TensorSet& each) { return each != predicted.front(); });
      // Others show whether the device is legal at all.
      constexpr std::size_t untold = 8;
      if (!tells && drawn >= untold) continue;
      asked += std::size_t{tells};
      observe(device_.step(tensors_of(network, before), sample, rate), predicted);
    }
  }

  void observe(ObservedStep step, const std::vector<TensorSet>& predicted) {
    const std::size_t layers = step.network.layers.size();
    bool has_fraction_bits = true;
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& got = step.after[t];
      const bool is_code = got.kind == TensorKind::weights || got.kind == TensorKind::biases;
      if (!is_code) {
        has_fraction_bits = std::ranges::all_of(
            predicted, [&](const TensorSet& each) { return each[t].codes == got.codes; });
        continue;
      }
      if (!has_fraction_bits) continue;
      const bool is_hidden = got.layer < layers;
      OrderEvidence& evidence =
          evidence_[got.kind == TensorKind::weights ? (is_hidden ? hidden_weights : last_weights)
                                                    : (is_hidden ? hidden_biases : last_biases)];
      std::vector<float> codes(predicted.size());
      for (std::size_t i = 0; i < got.count; ++i) {
        for (std::size_t order = 0; order < predicted.size(); ++order)
          codes[order] = static_cast<float>(predicted[order][t].codes[i]);
        evidence.observe(codes, static_cast<float>(got.codes[i]));
      }
    }
    steps_.push_back(std::move(step));
  }

  void add(std::string what, std::string evidence) {
    measured_.findings.push_back({{}, std::move(what), std::move(evidence)});
  }

  void conclude_bits() {
    ArithmeticModel& model = measured_.model;
    const auto are_legal_with = [&](int bits) {
      model.significand_bits = bits;
      return are_legal(steps_, device_.profile(), model);
    };
    int bits = 24;
    while (bits > 2 && !are_legal_with(bits)) --bits;
    if (!are_legal_with(bits)) {
      model.significand_bits = 24;
      measured_.illegal.emplace_back("no number of significand bits allows what the steps show");
    }
    measured_.findings.push_back(
        {"significand_bits", fmt::format("{}", model.significand_bits),
         steps_.empty() ? "not seen: no network taken that shows it"
                        : fmt::format("{} steps within the bounds of it", steps_.size())});
    measured_.findings.push_back(
        {"flush_to_zero", "false", "not seen: int8 codes show no subnormal numbers"});
  }

  /// A whole order names the position, of which integers show nothing.
  void conclude_bias() {
    ArithmeticModel whole = measured_.model;
    whole.bias_position = BiasPosition::first;
    if (!whole.order_is_declared()) return;
    measured_.model = whole;
    for (Finding& finding : measured_.findings)
      if (finding.key == "bias_position") {
        finding.value = text_of(BiasPosition::first);
        finding.evidence = "either is right: sums of integers show no position";
      }
  }

  const Target& target_;
  ProbedDevice& device_;
  std::mt19937_64 engine_;
  const MeasuringProgress& progress_;
  MeasuredArithmetic measured_;
  std::vector<ArithmeticModel> orders_ = orders_of_whole_steps();
  OrderedInt8Trace trace_;
  std::vector<ObservedStep> steps_;
  std::vector<OrderEvidence> evidence_{{"new weights of the last layer", ways_of_steps(false)},
                                       {"new biases of the last layer", ways_of_steps(false)},
                                       {"new weights of hidden layers", ways_of_steps(true)},
                                       {"new biases of hidden layers", ways_of_steps(true)}};
};

}  // namespace

MeasuredArithmetic measure_int8_hybrid(const Target& target, ProbedDevice& device,
                                       std::uint64_t seed, const MeasuringProgress& progress) {
  return Int8HybridMeasurement(target, device, seed, progress).run();
}

}  // namespace lsgd
