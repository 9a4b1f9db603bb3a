// SPDX-License-Identifier: Apache-2.0
#include "judging/detected_changes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "judging/comparison.hpp"

namespace lsgd {
namespace {

/// x is a result, and before the result of the same element in the step before.
using Alteration = std::function<double(double x, double before)>;

/// Whether altered results are refused; nothing where no code changes.
using IsRefused = std::function<std::optional<bool>(const Alteration&)>;

/// In how many steps a tensor is altered.
constexpr std::size_t altered_steps = 4;

/// Of how many rows of an operation the results are altered, about.
constexpr std::size_t altered_rows = 32;

/// What a code stands for, integers for themselves: alterations know no scale.
double number_of(const ElementFormat& format, std::uint64_t code) {
  switch (format.meaning) {
    case ElementFormat::Meaning::binary32:
      return binary32_of(code);
    case ElementFormat::Meaning::fixed:
      return static_cast<double>(static_cast<std::int64_t>(code << (64 - format.bits)) >>
                                 (64 - format.bits));
    case ElementFormat::Meaning::count:
      return static_cast<double>(code);
    case ElementFormat::Meaning::declared:
      return NumberCodec(*format.number).number_of(code).to_double();
  }
  throw std::logic_error("a meaning of an element");
}

/// The code nearest to a number.
std::uint64_t code_of(const ElementFormat& format, double number) {
  switch (format.meaning) {
    case ElementFormat::Meaning::binary32:
      return bits_of(static_cast<float>(number));
    case ElementFormat::Meaning::fixed:
    case ElementFormat::Meaning::count: {
      const double end = std::ldexp(1, format.bits - 1);
      const double nearest = std::fmax(-end, std::fmin(end - 1, std::nearbyint(number)));
      const std::uint64_t mask = (std::uint64_t{1} << format.bits) - 1;
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(nearest)) & mask;
    }
    case ElementFormat::Meaning::declared: {
      const NumberCodec codec(*format.number);
      Rounding rounding;
      rounding.format = *format.number;
      rounding.direction = RoundingDirection::nearest_even;
      const BinaryNumber rounded =
          codec.rounded(BinaryNumber::of_double(number), rounding, nullptr);
      return codec.code_of(rounded).value_or(0);
    }
  }
  throw std::logic_error("a meaning of an element");
}

/// The last of low..high that is refused, where one is not refused if none before it is.
template <class IsRefusedAt>
std::optional<int> last_refused(int low, int high, const IsRefusedAt& is_refused) {
  if (!is_refused(low).value_or(false)) return std::nullopt;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (is_refused(middle).value_or(false))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

/// @param has_before whether there are results of a step before
DetectedChange change_of(std::string tensor, bool has_before, const IsRefused& is_refused) {
  DetectedChange found{std::move(tensor)};
  found.has_results = true;
  found.inverted = is_refused([](double x, double) { return -x; });
  found.zeroed = is_refused([](double, double) { return 0.0; });
  found.scaled = is_refused([](double x, double) { return 0.72 * x; });
  if (has_before) found.stale = is_refused([](double, double before) { return before; });
  found.gain = last_refused(1, 24, [&](int e) {
    return is_refused([e](double x, double) { return x + std::ldexp(x, -e); });
  });
  found.cut = last_refused(1, 23, [&](int bits) {
    return is_refused([bits](double x, double) {
      if (x == 0 || !std::isfinite(x)) return x;
      const int shift = bits - 1 - std::ilogb(x);
      return std::ldexp(std::trunc(std::ldexp(x, shift)), -shift);
    });
  });
  return found;
}

/// Whether a tensor is one of results: fraction bits and random states are not altered.
bool is_result(const Tensor& tensor) {
  return tensor.kind == TensorKind::weights || tensor.kind == TensorKind::biases ||
         tensor.kind == TensorKind::activations;
}

bool keeps_fraction_bits(const ObservedStep& step) {
  for (std::size_t t = 0; t < step.after.size(); ++t) {
    const TensorKind kind = step.after[t].kind;
    const bool is_scale =
        kind == TensorKind::fraction_bits_of_weights || kind == TensorKind::fraction_bits_of_biases;
    if (is_scale && step.after[t].codes != step.before[t].codes) return false;
  }
  return true;
}

class Injector {
 public:
  Injector(const ProfileJudge& judge, const std::vector<ObservedStep>& steps,
           const ArithmeticModel& model)
      : judge_(judge), steps_(steps), model_(model) {}

  std::vector<DetectedChange> changes() const {
    std::vector<DetectedChange> found;
    for (std::size_t t = 0; t < steps_[0].activations.size(); ++t)
      found.push_back(changes({&ObservedStep::activations, nullptr, t}));
    for (std::size_t t = 0; t < steps_[0].after.size(); ++t)
      if (is_result(steps_[0].after[t]))
        found.push_back(changes({&ObservedStep::after, &ObservedStep::before, t}));
    return found;
  }

 private:
  /// A tensor of a step, and of what its results are the change; null where they are numbers.
  struct Place {
    TensorSet ObservedStep::*shown;
    TensorSet ObservedStep::*start;
    std::size_t tensor;

    double start_of(const ObservedStep& step, std::size_t i) const {
      if (start == nullptr) return 0;
      const Tensor& before = (step.*start)[tensor];
      return number_of(before.format, before.codes[i]);
    }
    double result_of(const ObservedStep& step, std::size_t i) const {
      const Tensor& now = (step.*shown)[tensor];
      return number_of(now.format, now.codes[i]) - start_of(step, i);
    }
    bool has_result(const ObservedStep& step) const {
      for (std::size_t i = 0; i < (step.*shown)[tensor].codes.size(); ++i)
        if (result_of(step, i) != 0) return true;
      return false;
    }
  };

  /// The first steps with a result, behind another step where there are several.
  std::vector<std::size_t> steps_of(const Place& place) const {
    std::vector<std::size_t> chosen;
    for (std::size_t s = has_before() ? 1 : 0; s < steps_.size() && chosen.size() < altered_steps;
         ++s)
      if (place.has_result(steps_[s])) chosen.push_back(s);
    return chosen;
  }

  DetectedChange changes(const Place& place) const {
    const std::vector<std::size_t> chosen = steps_of(place);
    DetectedChange found{(steps_[0].*place.shown)[place.tensor].name};
    if (chosen.empty()) return found;
    return change_of(found.tensor, has_before(), [&](const Alteration& alteration) {
      return refuses(place, chosen, alteration);
    });
  }

  bool has_before() const { return steps_.size() > 1; }

  /// Nothing where no code changes.
  std::optional<bool> refuses(const Place& place, const std::vector<std::size_t>& chosen,
                              const Alteration& alteration) const {
    const auto judge = judge_.step_judge(steps_[0].network, model_, {});
    Comparison comparison;
    bool is_changed = false;
    for (const std::size_t s : chosen) {
      ObservedStep step = steps_[s];
      Tensor& shown = (step.*place.shown)[place.tensor];
      for (std::size_t i = 0; i < shown.codes.size(); ++i)
        shown.codes[i] = code_of(
            shown.format, place.start_of(step, i) +
                              alteration(place.result_of(steps_[s], i), before_of(place, s, i)));
      if (shown == (steps_[s].*place.shown)[place.tensor]) continue;
      is_changed = true;
      judge->judge(step, comparison);
      judge_.compare_order(step, model_, comparison);
      if (comparison.has_failed()) return true;
    }
    return is_changed ? std::optional(false) : std::nullopt;
  }

  double before_of(const Place& place, std::size_t s, std::size_t i) const {
    return s == 0 ? 0 : place.result_of(steps_[s - 1], i);
  }

  const ProfileJudge& judge_;
  const std::vector<ObservedStep>& steps_;
  const ArithmeticModel& model_;
};

}  // namespace

std::vector<DetectedChange> detected_changes(const ProfileJudge& judge,
                                             std::span<const ObservedStep> steps,
                                             const ArithmeticModel& model) {
  std::vector<ObservedStep> kept;
  for (const ObservedStep& step : steps)
    if (keeps_fraction_bits(step)) kept.push_back(step);
  if (kept.empty()) return {};
  return Injector(judge, kept, model).changes();
}

DetectedChange detected_change(ArithmeticOperation operation,
                               std::span<const std::uint32_t> results,
                               const std::function<bool(std::size_t, std::uint32_t)>& is_accepted) {
  ElementFormat format;
  format.meaning = has_float_result(operation) ? ElementFormat::Meaning::binary32
                                               : ElementFormat::Meaning::fixed;
  format.bits = 32;
  const std::size_t stride = std::max<std::size_t>(1, results.size() / altered_rows);
  return change_of("result", results.size() > 1, [&](const Alteration& alteration) {
    std::optional<bool> refused;
    for (std::size_t i = stride - 1; i < results.size() && !refused.value_or(false); i += stride) {
      const double x = number_of(format, results[i]);
      const double before = i == 0 ? 0 : number_of(format, results[i - 1]);
      if (!std::isfinite(x)) continue;
      const auto altered = static_cast<std::uint32_t>(code_of(format, alteration(x, before)));
      if (altered != results[i]) refused = !is_accepted(i, altered);
    }
    return refused;
  });
}

std::vector<DetectedChange> detected_changes(const Network& network, const TrainingState& start,
                                             std::span<const TrainingState> epochs,
                                             const ReferenceTraining& reference,
                                             bool has_every_bit) {
  /// Parameters so many epochs before the last.
  const auto parameters_before = [&](std::size_t count) -> const std::vector<double>& {
    return (count < epochs.size() ? epochs[epochs.size() - 1 - count] : start).parameters;
  };
  const std::vector<double>& last = parameters_before(0);
  const std::vector<double>& begun = parameters_before(1);
  const bool has_before = epochs.size() > 1;
  const std::vector<double>& exact = reference.exact[epochs.size() - 1].parameters;
  const Interval envelope = reference.envelope(epochs.size() - 1, TrajectoryQuantity::distance);
  std::vector<DetectedChange> found;
  const auto add = [&](std::string tensor, std::size_t first, std::size_t count) {
    found.push_back(change_of(
        std::move(tensor), has_before, [&](const Alteration& alteration) -> std::optional<bool> {
          double squares = 0;
          bool is_changed = false;
          for (std::size_t i = 0; i < last.size(); ++i) {
            double number = last[i];
            if (i >= first && i < first + count) {
              const double before = has_before ? begun[i] - parameters_before(2)[i] : 0;
              number = begun[i] + alteration(last[i] - begun[i], before);
              is_changed = is_changed || number != last[i];
            }
            squares += (number - exact[i]) * (number - exact[i]);
          }
          if (!is_changed) return std::nullopt;
          return has_every_bit || !envelope.contains(std::sqrt(squares));
        }));
  };
  std::size_t first = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    add(fmt::format("W{}", l + 1), first, layer.weight_count());
    first += layer.weight_count();
    add(fmt::format("b{}", l + 1), first, layer.outputs);
    first += layer.outputs;
  }
  return found;
}

}  // namespace lsgd
