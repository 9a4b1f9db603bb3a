// SPDX-License-Identifier: Apache-2.0
#include "judging/comparison.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <mpfr.h>
#include <utility>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/int8_range.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "cases/arithmetic_operation.hpp"
#include "files/number_text.hpp"

namespace lsgd {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::string_view outside_bound = "the error is larger than the derived bound";
constexpr std::string_view wrong_bits = "the bits are not the required ones";
constexpr std::string_view not_acceptable =
    "no value within the derived bound of the exact one rounds to this";
constexpr std::string_view wrong_order =
    "the value is not that of the declared evaluation order, which is exact";

template <class Float>
std::string number_text(Float value) {
  return std::isnan(value)   ? "nan"
         : std::isinf(value) ? (value < 0 ? "-inf" : "inf")
                             : to_text(value);
}

std::string float_text(float value) {
  return fmt::format("{} (0x{})", number_text(value), hex_bits(value));
}

std::string fixed_text(std::uint64_t bits, int fraction_bits) {
  return fmt::format("{} (0x{})",
                     to_text(fixed_value(static_cast<std::int32_t>(bits), fraction_bits)),
                     hex_bits(bits, 8));
}

std::string pattern_text(std::uint64_t bits, std::size_t element_bits,
                         const TensorPlace& place = {}) {
  if (place.fraction_bits) return fixed_text(bits, *place.fraction_bits);
  if (element_bits == 64)
    return fmt::format("{} (0x{})", number_text(std::bit_cast<double>(bits)), hex_bits(bits, 16));
  if (element_bits == 32) return float_text(binary32_of(bits));
  if (element_bits == 16)
    return fmt::format("{} (0x{})", static_cast<int>(static_cast<std::int16_t>(bits)),
                       hex_bits(bits & 0xffff, 4));
  return fmt::format("{} (0x{})", static_cast<int>(static_cast<std::int8_t>(bits)),
                     hex_bits(bits & 0xff, 2));
}

/// `0.5 (0x0200)`, or `no number (0x...)` for a code that has none.
std::string code_text(const NumberCodec& codec, std::uint64_t code) {
  const auto digits = static_cast<std::size_t>(2 * bytes_of(codec.format()));
  const std::string pattern = hex_bits(code, static_cast<int>(digits));
  if (!codec.has_code(code)) return fmt::format("no number (0x{})", pattern);
  const BinaryNumber number = codec.number_of(code);
  return fmt::format(
      "{} (0x{})",
      number.is_finite() ? to_text(number.to_double()) : fmt::format("{}", number.to_double()),
      pattern);
}

std::string result_text(ArithmeticOperation operation, std::uint32_t bits) {
  if (has_float_result(operation)) return float_text(from_bits(bits));
  return fmt::format("{} (0x{})", static_cast<std::int32_t>(bits), hex_bits(bits));
}

bool is_function(ArithmeticOperation operation) {
  return operation == LSGD_OPERATION_FLOAT_SIGMOID || operation == LSGD_OPERATION_FLOAT_TANH;
}

std::string range_text(int low, int high) {
  return low == high ? fmt::format("{}", low) : fmt::format("{} to {}", low, high);
}

/// Whether an exact value is too large for binary32: its bound is then 0 (SPEC 5.8).
bool must_be_infinite(const Exact& exact, const TensorPlace& place) {
  return !place.fraction_bits && std::isinf(round_to_binary32(exact));
}

/// The exact value of an element with a bound. Its text is rounded to 40 digits, which only matters
/// where the bound is zero; then the value is a binary32 number, or too large for one.
Exact exact_value(const ExpectedElement& expected, std::optional<int> fraction_bits) {
  if (*expected.bound == 0 && (fraction_bits || std::isfinite(binary32_of(expected.bits))))
    return fraction_bits ? fixed_value(static_cast<std::int32_t>(expected.bits), *fraction_bits)
                         : binary32_of(expected.bits);
  Exact exact;
  mpfr_set_str(mpfr_of(exact), expected.exact.c_str(), 10, MPFR_RNDN);
  return exact;
}

}  // namespace

bool Comparison::is_first_failure() {
  result_.verdict = Verdict::fail;
  ++wrong_;
  if (is_from_shown_) ++wrong_from_shown_;
  return !result_.failure;
}

void Comparison::fail(const TensorPlace& place, std::size_t index, std::string expected,
                      std::string got, std::optional<std::string> tolerance,
                      std::string_view message) {
  Failure failure;
  failure.step = place.step;
  failure.layer = place.layer;
  failure.tensor = place.tensor;
  if (place.layer) failure.neuron = index / place.row_length;
  failure.index = index;
  failure.expected = std::move(expected);
  if (is_from_shown_) *failure.expected += ", from the activations that the device showed";
  failure.got = std::move(got);
  failure.tolerance = std::move(tolerance);
  failure.message = message;
  failure.flags = flags_;
  result_.failure = std::move(failure);
}

void Comparison::count_error(const TensorPlace& place, std::size_t index, double fraction,
                             double ulp) {
  if (!result_.worst || fraction > result_.worst->bound_fraction)
    result_.worst = {fraction, ulp, place.tensor, index, place.step};
}

// The nearest number is half an ulp from the exact value at most.
void Comparison::count_function_error(float nearest, float got) {
  const double error = std::abs(double{got} - double{nearest});
  if (!std::isfinite(error)) return;
  const double ulp = ulp_of(std::abs(nearest));
  function_error_ = std::max(function_error_, error + ulp);
  function_ulps_ = std::max(function_ulps_, error / ulp + 0.5);
}

void Comparison::bounded(const TensorPlace& place, std::size_t index, const Exact& exact,
                         double bound, float got) {
  judge_bounded(place, index, exact, bound, got, ulp_of(magnitude_below(exact)));
}

void Comparison::bounded_pattern(const TensorPlace& place, std::size_t index, const Exact& exact,
                                 double bound, std::uint64_t got) {
  if (!place.fraction_bits) return bounded(place, index, exact, bound, binary32_of(got));
  judge_bounded(place, index, exact, bound,
                fixed_value(static_cast<std::int32_t>(got), *place.fraction_bits),
                std::ldexp(1.0, -*place.fraction_bits));
}

bool Comparison::is_within(const TensorPlace& place, std::size_t index, const Exact& exact,
                           double bound, double got, double unit) {
  double error = infinite;
  bool within = false;
  if (std::isfinite(got)) {
    Exact difference;
    mpfr_d_sub(mpfr_of(difference), got, mpfr_of(exact), MPFR_RNDA);
    error = magnitude_above(difference);
    within =
        mpfr_cmp_d(mpfr_of(difference), bound) <= 0 && mpfr_cmp_d(mpfr_of(difference), -bound) >= 0;
  }
  count_bounded(place, index, error, bound, unit);
  return within;
}

void Comparison::count_bounded(const TensorPlace& place, std::size_t index, double error,
                               double bound, double unit) {
  const double fraction = error == 0 ? 0 : error / bound;
  count_error(place, index, fraction, error / unit);
  if (bound == 0) return;
  if (!result_.histogram) result_.histogram.emplace();
  BoundHistogram& bins = *result_.histogram;
  const double bin =
      std::min(fraction * static_cast<double>(bins.size()), static_cast<double>(bins.size() - 1));
  ++bins[static_cast<std::size_t>(bin)];
}

void Comparison::judge_bounded(const TensorPlace& place, std::size_t index, const Exact& exact,
                               double bound, double got, double unit) {
  if (bound == infinite) return;
  ++result_.elements;
  bool within = false;
  if (must_be_infinite(exact, place)) {
    within = got == static_cast<double>(round_to_binary32(exact));
    count_bounded(place, index, within ? 0 : infinite, bound, unit);
  } else {
    within = is_within(place, index, exact, bound, got, unit);
  }
  if (within) return;
  if (place.is_function_value && !place.fraction_bits)
    count_function_error(round_to_binary32(exact), static_cast<float>(got));
  if (!is_first_failure()) return;
  const auto pattern = [&](const auto& value) {
    return place.fraction_bits
               ? static_cast<std::uint32_t>(nearest_int32(value, *place.fraction_bits))
               : bits_of(round_to_binary32(value));
  };
  fail(place, index, fmt::format("{} (0x{})", to_decimal(exact, 17), hex_bits(pattern(exact), 8)),
       place.fraction_bits ? fixed_text(pattern(Exact(got)), *place.fraction_bits)
                           : float_text(static_cast<float>(got)),
       to_text(bound), outside_bound);
}

void Comparison::expected(const TensorPlace& place, std::size_t index,
                          const ExpectedElement& expected, std::size_t element_bits,
                          std::uint64_t got) {
  if (element_bits == 32 && expected.bound)
    return bounded_pattern(place, index, exact_value(expected, place.fraction_bits),
                           *expected.bound, got);
  ++result_.elements;
  if (got == expected.bits || std::ranges::find(expected.also, got) != expected.also.end()) return;
  if (!is_first_failure()) return;
  std::string patterns = pattern_text(expected.bits, element_bits);
  for (const std::uint64_t also : expected.also)
    patterns += " or " + pattern_text(also, element_bits);
  fail(place, index, std::move(patterns), pattern_text(got, element_bits), std::nullopt,
       expected.bound ? not_acceptable : wrong_bits);
}

void Comparison::arithmetic(const ArithmeticCase& row, std::size_t index, bool accepted,
                            std::uint32_t got) {
  ++result_.elements;
  if (accepted) return;
  if (is_function(row.operation)) count_function_error(from_bits(row.bits), from_bits(got));
  if (!is_first_failure()) return;
  std::string patterns = result_text(row.operation, row.bits);
  // A declaration may be narrower than what the row lists.
  if (std::ranges::find(row.also, got) == row.also.end())
    for (const std::uint32_t also : row.also) patterns += " or " + result_text(row.operation, also);
  fail({std::nullopt, std::nullopt, "result", 1}, index, std::move(patterns),
       result_text(row.operation, got), std::nullopt,
       fmt::format("{}: {}(0x{}, 0x{}) is wrong", row.name, name_of(row.operation), hex_bits(row.a),
                   hex_bits(row.b)));
}

void Comparison::refusal(ArithmeticOperation operation, const ArithmeticOperands& operands,
                         bool refused) {
  ++result_.elements;
  if (refused || !is_first_failure()) return;
  fail({std::nullopt, std::nullopt, "result", 1}, 0, "out of range", "another answer", std::nullopt,
       fmt::format("{}(0x{}, 0x{}) is outside the operation's range and not refused",
                   name_of(operation), hex_bits(operands.a), hex_bits(operands.b)));
}

void Comparison::fraction_bits_refusal(const TensorPlace& place, int fraction_bits, bool refused) {
  ++result_.elements;
  if (refused || !is_first_failure()) return;
  fail(place, 0, "out of range", "another answer", std::nullopt,
       fmt::format("{} fraction bits are above 7 and not refused", fraction_bits));
}

void Comparison::acceptable(const TensorPlace& place, std::size_t index, const Exact& exact,
                            double bound, int fraction_bits, std::int8_t got) {
  if (bound == infinite) return;
  ++result_.elements;
  const Int8Range range = lsgd::acceptable(exact, bound, fraction_bits);
  if (range.contains(got) || !is_first_failure()) return;
  fail(place, index,
       fmt::format("{} ({} with {} fraction bits)", range_text(range.low, range.high),
                   to_decimal(exact, 17), fraction_bits),
       fmt::format("{}", got), to_text(bound), not_acceptable);
}

void Comparison::range(const TensorPlace& place, std::size_t index, int low, int high, int got) {
  ++result_.elements;
  if (got >= low && got <= high) return;
  if (is_first_failure())
    fail(place, index, range_text(low, high), fmt::format("{}", got), std::nullopt, wrong_bits);
}

void Comparison::bits(const TensorPlace& place, std::size_t index, std::uint64_t required,
                      std::uint64_t got, std::size_t element_bits) {
  ++result_.elements;
  if (got != required && is_first_failure())
    fail(place, index, pattern_text(required, element_bits), pattern_text(got, element_bits),
         std::nullopt, wrong_bits);
}

void Comparison::code(const TensorPlace& place, std::size_t index, const NumberCodec& codec,
                      std::uint64_t required, std::uint64_t got) {
  ++result_.elements;
  if (got == required) return;
  const bool is_same =
      codec.has_code(got) && same_number(codec.number_of(required), codec.number_of(got));
  if (is_same || !is_first_failure()) return;
  fail(place, index, code_text(codec, required), code_text(codec, got), std::nullopt, wrong_bits);
}

void Comparison::bounded_code(const TensorPlace& place, std::size_t index, const NumberCodec& codec,
                              const Exact& exact, double bound, std::uint64_t got) {
  if (bound == infinite) return;
  ++result_.elements;
  const double number = codec.has_code(got) ? codec.number_of(got).to_double()
                                            : std::numeric_limits<double>::quiet_NaN();
  const double unit = codec.unit_at(magnitude_below(exact));
  if (is_within(place, index, exact, bound, number, unit) || !is_first_failure()) return;
  fail(place, index, to_decimal(exact, 17), code_text(codec, got), to_text(bound), outside_bound);
}

void Comparison::unchanged(const TensorPlace& place, std::span<const std::uint64_t> before,
                           std::span<const std::uint64_t> after, std::size_t element_bits,
                           std::string_view message) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    ++result_.elements;
    if (before[i] != after[i] && is_first_failure())
      fail(place, i, pattern_text(before[i], element_bits, place),
           pattern_text(after[i], element_bits, place), std::nullopt, message);
  }
}

void Comparison::exact_order(const TensorPlace& place, std::size_t index, std::uint64_t simulated,
                             std::uint64_t got, std::size_t element_bits) {
  // Of an infinity times zero: a port may leave out products with zero.
  if (element_bits == 32 && std::isnan(binary32_of(simulated))) return;
  const bool matches =
      element_bits == 32 ? same_value(binary32_of(simulated), binary32_of(got)) : simulated == got;
  if (!result_.exact_order) result_.exact_order.emplace();
  ++result_.exact_order->compared;
  if (matches) return;
  ++result_.exact_order->mismatches;
  if (is_first_failure())
    fail(place, index, pattern_text(simulated, element_bits), pattern_text(got, element_bits),
         std::nullopt, wrong_order);
}

namespace {

std::string mean_in_words(const StatisticVerdict& statistic) {
  const std::string size = fmt::format(" of {:.2g} units of the last digit", statistic.value);
  if (statistic.statistic == "bias") return "mean error" + size;
  if (statistic.statistic == "directed_bias") return "mean error" + size + " away from zero";
  if (statistic.statistic == "update_bias") return "mean error" + size + " along the update";
  return "root mean square error" + size;
}

/// What makes such a mean too small or too large, in most cases.
std::string_view what_it_tells(const StatisticVerdict& statistic) {
  const bool is_low = statistic.value < statistic.low;
  if (statistic.statistic == "bias")
    return is_low ? "something rounds down" : "something rounds up";
  if (statistic.statistic == "directed_bias")
    return is_low ? "something rounds towards zero" : "something rounds away from zero";
  if (statistic.statistic == "update_bias")
    return is_low ? "updates come out too small" : "updates come out too large";
  return is_low ? "smaller than roundings make it" : "larger than roundings make it";
}

}  // namespace

void Comparison::statistic(const StatisticVerdict& statistic) {
  result_.statistics.push_back(statistic);
  if (statistic.passed || !is_first_failure()) return;
  Failure failure;
  failure.tensor = statistic.tensor;
  failure.expected = fmt::format("{} to {}", to_text(statistic.low), to_text(statistic.high));
  failure.got = to_text(statistic.value);
  failure.message =
      fmt::format("{} over the whole case: {}", mean_in_words(statistic), what_it_tells(statistic));
  failure.flags = flags_;
  result_.failure = std::move(failure);
}

void Comparison::stopped(std::size_t step, std::string_view message) {
  if (!is_first_failure()) return;
  Failure failure;
  failure.step = step;
  failure.message = message;
  result_.failure = std::move(failure);
}

// Beyond that it is rather another function.
constexpr double most_ulps_declared = 64;

CaseResult Comparison::result() && {
  if (wrong_ > 1) result_.failure->message += fmt::format(" (the first of {})", wrong_);
  // Only small results show an error of less than half an ulp of 1: that of a formula, no mistake.
  if (function_error_ > 0 && function_error_ < 0x1p-24)
    result_.failure->message +=
        fmt::format("; functions no nearer than that declare activation_absolute_error = {:.2g}",
                    1.01 * function_error_);
  else if (function_ulps_ > 0 && function_ulps_ <= most_ulps_declared)
    result_.failure->message += fmt::format(
        "; functions no nearer than that declare activation_ulps = {}", std::ceil(function_ulps_));
  if (wrong_ > 0 && wrong_from_shown_ == wrong_)
    result_.failure->message +=
        "; only what follows from the activations shown is wrong: a port that goes on with wider "
        "ones declares kept_wider = \"activations\"";
  return std::move(result_);
}

}  // namespace lsgd
