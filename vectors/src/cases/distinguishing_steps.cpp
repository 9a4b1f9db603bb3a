// SPDX-License-Identifier: Apache-2.0
#include "cases/distinguishing_steps.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/rounding_watch.hpp>

#include "cases/drawn_scales.hpp"
#include "cases/seeded_numbers.hpp"
#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

constexpr std::size_t candidate_count = 300;
/// More candidates, whose sums fill an accumulator of few bits: nine products do not.
constexpr std::size_t filling_count = 40;
constexpr int widest_filled = 24;
constexpr std::size_t steps_of_candidate = 2;

/// How the numbers of a candidate are spread.
enum class Spread : std::uint8_t {
  unit,    ///< in (-1, 1), all 24 bits
  dyadic,  ///< multiples of 1/8 in [-4, 4]: products are ties
  tiny,    ///< a few units of the format
  ties,    ///< between two numbers of the format
  wide,    ///< up to the end of the format and as far beyond
  powers,  ///< in every power of two of the format
};

constexpr std::array spreads{Spread::unit, Spread::dyadic, Spread::tiny,
                             Spread::ties, Spread::wide,   Spread::powers};

/// Numbers of a format, as binary32.
class FormatNumbers {
 public:
  explicit FormatNumbers(const NumberFormat& format, const ScaleDefinition* rule = nullptr) {
    const FractionBits& bits = format.fraction_bits;
    const bool is_state = bits.source == FractionBitsSource::tensor;
    TensorScale scale;
    if (rule != nullptr && rule->ranges)
      scale = scale_of_range(format, rule->ranges->front().value());
    else if (format.kind == FormatKind::affine)
      scale.scale = BinaryNumber::of(1, scale_exponent(format));
    scale.fraction_bits = is_state ? bits.maximum : bits.number;
    const NumberCodec finest(format, scale);
    scale.fraction_bits = is_state ? bits.minimum : bits.number;
    const NumberCodec coarsest(format, scale);
    constexpr double most = 0x1p60;
    largest_ = std::min(most, coarsest.largest().to_double());
    smallest_ = std::max(1 / most, finest.unit_at(0));
    // A float has ulps of this size around 1.
    unit_of_ties_ = finest.unit_at(1);
  }

  float draw(Spread spread, SeededNumbers& numbers) const {
    const double sign = numbers.below(2) == 0 ? 1 : -1;
    switch (spread) {
      case Spread::unit:
        return numbers.signed_unit();
      case Spread::dyadic:
        return static_cast<float>(sign * static_cast<double>(numbers.below(33)) / 8);
      case Spread::tiny:
        return static_cast<float>(sign * static_cast<double>(numbers.below(9)) * smallest_);
      case Spread::ties:
        return static_cast<float>(sign * (static_cast<double>(numbers.below(64)) + 0.5) *
                                  unit_of_ties_);
      case Spread::wide:
        return static_cast<float>(numbers.signed_unit() * 2 * largest_);
      case Spread::powers: {
        const int lowest = std::ilogb(smallest_), highest = std::ilogb(largest_);
        const auto powers = static_cast<std::uint64_t>(highest - lowest + 1);
        const int exponent = lowest + static_cast<int>(numbers.below(powers));
        return std::ldexp(numbers.signed_unit(), exponent);
      }
    }
    throw std::invalid_argument("unknown spread");
  }

  /// In the upper three quarters of a part of the format's range, mostly of one sign.
  float draw_large(double part, double usual_sign, SeededNumbers& numbers) const {
    const double size = 0.25 + 0.75 * std::abs(double{numbers.signed_unit()});
    const double sign = numbers.below(16) == 0 ? -usual_sign : usual_sign;
    return static_cast<float>(sign * size * part * largest_);
  }

 private:
  /// Of parameters whose scale is not known yet: that of products of 8-bit numbers around 1, or
  /// one with which the codes reach 2.
  static int scale_exponent(const NumberFormat& format) {
    return format.scale == ScaleSharing::operands ? -12 : 2 - format.bits;
  }

  double largest_ = 0;
  double smallest_ = 0;
  double unit_of_ties_ = 0;
};

Network drawn_shape(SeededNumbers& numbers) {
  const std::array<std::vector<std::uint32_t>, 8> shapes{
      {{1, 1}, {2, 1}, {3, 2}, {1, 1, 1}, {9, 2}, {2, 3, 2}, {4, 3, 1}, {5, 4, 3, 2}}};
  constexpr std::array functions{Activation::identity, Activation::relu, Activation::sigmoid,
                                 Activation::tanh};
  const std::vector<std::uint32_t>& sizes = shapes.at(numbers.below(shapes.size()));
  Network network;
  for (std::size_t l = 1; l < sizes.size(); ++l)
    network.layers.push_back(
        {sizes[l - 1], sizes[l], functions.at(numbers.below(functions.size()))});
  if (network.layers.back().activation == Activation::sigmoid && numbers.below(2) == 0)
    network.loss = Loss::bce;
  return network;
}

/// Whether sums are kept in so few bits that large products fill them.
bool has_narrow_sums(const Arithmetic& arithmetic) {
  const NumberFormat* const format = arithmetic.format(Point::forward_sum);
  return format != nullptr && format->kind == FormatKind::fixed && format->bits <= widest_filled;
}

/// Many terms in the sums of both passes, large numbers: of one sign, or of another one from the
/// middle of a row or column of weights on, so that a sum that was full comes back, or in every
/// fourth of them, so that one lane of four fills at the other end.
DistinguishingSteps filling_candidate(const Arithmetic& arithmetic, std::size_t index,
                                      const Network* given) {
  SeededNumbers numbers(fmt::format("filling steps {}", index));
  const std::array<std::vector<std::uint32_t>, 2> shapes{{{160, 1}, {3, 2, 128}}};
  constexpr std::array functions{Activation::identity, Activation::relu, Activation::tanh};
  DistinguishingSteps candidate;
  Network& network = candidate.model.network;
  if (given != nullptr) {
    network = *given;
  } else {
    const std::vector<std::uint32_t>& sizes = shapes.at(index % shapes.size());
    for (std::size_t l = 1; l < sizes.size(); ++l)
      network.layers.push_back(
          {sizes[l - 1], sizes[l], functions.at(numbers.below(functions.size()))});
  }
  const auto part = [&] { return std::ldexp(1.0, -static_cast<int>(numbers.below(3))); };
  const auto numbers_at = [&](Point point) {
    const NumberFormat* const format = arithmetic.format(point);
    return FormatNumbers(format == nullptr || format->kind == FormatKind::exact
                             ? *arithmetic.format(Point::activation)
                             : *format);
  };
  const auto fill = [&](Point point, std::size_t count, std::vector<float>& out,
                        const auto& sign_of) {
    const FormatNumbers of_format = numbers_at(point);
    const double size = part();
    for (std::size_t i = 0; i < count; ++i)
      out.push_back(of_format.draw_large(size, sign_of(i), numbers));
  };
  const auto positive = [](std::size_t) { return 1.0; };
  const std::size_t turning = index / shapes.size() % 4;
  for (const Layer& layer : network.layers) {
    auto& parameters = candidate.model.parameters.emplace_back();
    fill(Point::weight, layer.weight_count(), parameters.weights, [&](std::size_t i) {
      const std::size_t column = i % layer.inputs, row = i / layer.inputs;
      const bool is_negative = (turning == 1 && 2 * column >= layer.inputs) ||
                               (turning == 2 && 2 * row >= layer.outputs) ||
                               (turning == 3 && (column % 4 == 3) != (row % 4 == 3));
      return is_negative ? -1.0 : 1.0;
    });
    fill(Point::bias, layer.outputs, parameters.biases, positive);
  }
  for (std::size_t step = 0; step < steps_of_candidate; ++step) {
    Sample& sample = candidate.samples.emplace_back();
    fill(Point::input, network.inputs(), sample.inputs, positive);
    if (network.loss == Loss::mse)
      fill(Point::target, network.outputs(), sample.target, positive);
    else
      sample.target.assign(network.outputs(), 0.0f);
  }
  candidate.learning_rate = std::ldexp(1.0f, -static_cast<int>(numbers.below(9)));
  return candidate;
}

DistinguishingSteps drawn_candidate(const Arithmetic& arithmetic, std::size_t index,
                                    const Network* given) {
  const std::string name = fmt::format("distinguishing steps {}", index);
  SeededNumbers numbers(name);
  const FormatNumbers weights(*arithmetic.format(Point::weight));
  const FormatNumbers biases(*arithmetic.format(Point::bias));
  const NumberFormat& activation = *arithmetic.format(Point::activation);
  const auto numbers_at = [&](Point point) {
    const NumberFormat* const format = arithmetic.format(point);
    if (format == nullptr || format->kind == FormatKind::exact)
      return FormatNumbers(activation, arithmetic.scale(Point::activation));
    return FormatNumbers(*format, arithmetic.scale(point));
  };
  const FormatNumbers inputs = numbers_at(Point::input), targets = numbers_at(Point::target);
  DistinguishingSteps candidate;
  if (index % 2 != 0) candidate.name_of_scales = name;
  candidate.model.network = given == nullptr ? drawn_shape(numbers) : *given;
  const Network& network = candidate.model.network;
  const Spread spread = spreads.at(index % spreads.size());
  const Spread spread_of_biases = spreads.at(numbers.below(spreads.size()));
  const Spread spread_of_inputs = spreads.at(numbers.below(spreads.size()));
  const Spread spread_of_targets = spreads.at(numbers.below(spreads.size()));
  for (const Layer& layer : network.layers) {
    auto& parameters = candidate.model.parameters.emplace_back();
    for (std::size_t i = 0; i < layer.weight_count(); ++i)
      parameters.weights.push_back(weights.draw(spread, numbers));
    for (std::size_t j = 0; j < layer.outputs; ++j)
      parameters.biases.push_back(biases.draw(spread_of_biases, numbers));
  }
  for (std::size_t step = 0; step < steps_of_candidate; ++step) {
    Sample& sample = candidate.samples.emplace_back();
    for (std::size_t i = 0; i < network.inputs(); ++i)
      sample.inputs.push_back(inputs.draw(spread_of_inputs, numbers));
    for (std::size_t j = 0; j < network.outputs(); ++j)
      sample.target.push_back(network.loss == Loss::bce ? static_cast<float>(numbers.below(9)) / 8
                                                        : targets.draw(spread_of_targets, numbers));
  }
  // Between two powers of two: near one, in the middle, near the other.
  constexpr std::array mantissas{1.0f, 1.37f, 1.5f, 1.71f};
  const int exponent = -static_cast<int>(numbers.below(9));
  candidate.learning_rate = std::ldexp(mantissas.at(numbers.below(mantissas.size())), exponent);
  return candidate;
}

/// Codes that a device shows; nothing where the declaration does not say which.
using VisibleCodes = std::vector<std::optional<std::uint64_t>>;

void append(const VisibleCodes& codes, VisibleCodes& out) {
  out.insert(out.end(), codes.begin(), codes.end());
}

/// Zeros of either sign are equal to a judge (SPEC 6.2).
BinaryNumber without_sign_of_zero(BinaryNumber number) {
  if (number.is_zero()) number.is_negative = false;
  return number;
}

DeclaredTensor without_signs_of_zeros(DeclaredTensor tensor) {
  for (BinaryNumber& number : tensor.numbers) number = without_sign_of_zero(std::move(number));
  return tensor;
}

VisibleCodes visible_codes(const Arithmetic& arithmetic, const Network& network,
                           const DeclaredStep& step, const StepNumbers<BinaryNumber>& numbers,
                           const DeclaredState& state) {
  VisibleCodes codes;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const NumberCodec codec = step.codec(Point::activation, l, state).value();
    for (const BinaryNumber& a : numbers.layers[l].a)
      codes.push_back(codec.code_of(without_sign_of_zero(a)));
    append(codes_of(*arithmetic.format(Point::weight),
                    without_signs_of_zeros(state.layers[l].weights), network.layers[l].inputs),
           codes);
    append(codes_of(*arithmetic.format(Point::bias), without_signs_of_zeros(state.layers[l].biases),
                    1),
           codes);
  }
  codes.push_back(state.random_state);
  return codes;
}

/// The steps of a candidate, one after the other, in one arithmetic.
class CandidateSteps {
 public:
  CandidateSteps(const Arithmetic& arithmetic, const DistinguishingSteps& candidate,
                 const TensorSet& start)
      : arithmetic_(arithmetic),
        candidate_(candidate),
        step_(arithmetic, candidate.model.network),
        state_(declared_state(arithmetic, candidate.model.network, start)) {}

  /// What a device shows of the next step.
  VisibleCodes next() {
    step_.train(state_, candidate_.samples.at(count_++), candidate_.learning_rate, numbers_);
    return visible_codes(arithmetic_, candidate_.model.network, step_, numbers_, state_);
  }
  /// The same, watched.
  VisibleCodes next(RoundingWatch& watch) {
    const Network& network = candidate_.model.network;
    train_watched(arithmetic_, network, candidate_.samples.at(count_++), candidate_.learning_rate,
                  watch, state_, numbers_);
    return visible_codes(arithmetic_, network, step_, numbers_, state_);
  }

 private:
  const Arithmetic& arithmetic_;
  const DistinguishingSteps& candidate_;
  DeclaredStep step_;
  DeclaredState state_;
  StepNumbers<BinaryNumber> numbers_;
  std::size_t count_ = 0;
};

/// Whether a device of the second codes is wrong: nothing where these cannot tell and the steps
/// that follow may.
std::optional<bool> differ(const VisibleCodes& required, const VisibleCodes& shown) {
  for (std::size_t i = 0; i < required.size(); ++i) {
    // What a step leaves outside the domain decides what follows.
    if (!required[i]) return false;
    if (required[i] != shown[i]) return true;
  }
  return std::nullopt;
}

/// Whether a device that computes in a change shows that it does.
/// @param required codes by step, of the arithmetic itself
bool tells(const std::vector<VisibleCodes>& required, const Arithmetic& change,
           const DistinguishingSteps& candidate, const TensorSet& start) {
  CandidateSteps steps(change, candidate, start);
  for (const VisibleCodes& codes : required)
    if (const std::optional<bool> decided = differ(codes, steps.next())) return *decided;
  return false;
}

}  // namespace

Distinctions distinguishing_steps(const Profile& profile, const Network* network) {
  const Arithmetic& arithmetic = profile.declaration();
  std::vector<ChangedArithmetic> changes = changed_arithmetics(arithmetic);
  std::erase_if(changes, [](const ChangedArithmetic& change) {
    return DeclaredStep::unsupported(change.arithmetic).has_value();
  });
  RoundingWatch watch(arithmetic, changes);
  std::vector<std::size_t> untold(changes.size());
  std::iota(untold.begin(), untold.end(), std::size_t{0});
  Distinctions distinctions;
  const std::size_t count = candidate_count + (has_narrow_sums(arithmetic) ? filling_count : 0);
  for (std::size_t index = 0; index < count && !untold.empty(); ++index) {
    DistinguishingSteps candidate =
        index < candidate_count ? drawn_candidate(arithmetic, index, network)
                                : filling_candidate(arithmetic, index - candidate_count, network);
    TensorSet start;
    try {
      start = profile.nearest_parameters(candidate.model.network, candidate.model.parameters,
                                         first_random_state);
    } catch (const std::domain_error&) {
      continue;
    }
    if (!candidate.name_of_scales.empty()) draw_scales(profile, candidate.name_of_scales, start);
    watch.begin(untold);
    CandidateSteps steps(arithmetic, candidate, start);
    std::vector<VisibleCodes> required;
    for (std::size_t i = 0; i < candidate.samples.size(); ++i)
      required.push_back(steps.next(watch));
    std::erase_if(untold, [&](std::size_t i) {
      if (watch.is_without_effect(i) || !tells(required, changes[i].arithmetic, candidate, start))
        return false;
      candidate.told.push_back(std::move(changes[i]));
      return true;
    });
    if (!candidate.told.empty()) distinctions.cases.push_back(std::move(candidate));
  }
  for (const std::size_t i : untold) distinctions.untold.push_back(std::move(changes[i]));
  return distinctions;
}

}  // namespace lsgd
