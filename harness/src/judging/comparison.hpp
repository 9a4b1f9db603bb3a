// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/real.hpp>
#include <lsgd/statistics/statistic_verdict.hpp>

#include "cases/arithmetic_operation.hpp"
#include "cases/golden_set.hpp"
#include "result/case_result.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {

/// The tensor that is being compared.
struct TensorPlace {
  std::optional<std::size_t> step;        ///< from 0
  std::optional<std::size_t> layer;       ///< from 1
  std::string tensor;                     ///< W1, b1, z1, a1, delta1, result, ...
  std::size_t row_length = 1;             ///< elements per neuron
  std::optional<int> fraction_bits = {};  ///< of int32 fixed-point numbers; nothing for others
  bool is_function_value = false;         ///< of sigmoid or tanh, which a port may approximate
};

/// What a changed input or target means.
inline constexpr std::string_view sample_overwritten =
    "the port wrote to its input or target, which are the application's";

/// All comparisons of one case: counts elements, keeps the worst error, the histogram of |error| /
/// bound and the first wrong element in the order of the calls.
class Comparison {
 public:
  /// |got - exact| <= bound (SPEC 5). NaN and infinities from the device are always wrong. An
  /// element whose bound is infinite is outside the domain and not judged.
  void bounded(const TensorPlace& place, std::size_t index, const Exact& exact, double bound,
               float got);

  /// The same of a pattern: binary32, or int32 where the place has fraction bits.
  void bounded_pattern(const TensorPlace& place, std::size_t index, const Exact& exact,
                       double bound, std::uint64_t got);

  /// An element of an expected tensor: within its bound, or one of its patterns.
  void expected(const TensorPlace& place, std::size_t index, const ExpectedElement& expected,
                std::size_t element_bits, std::uint64_t got);

  /// The result of one arithmetic operation, judged by the caller (SPEC 5.3).
  void arithmetic(const ArithmeticCase& row, std::size_t index, bool accepted, std::uint32_t got);

  /// Operands outside an operation's range, which have to be refused.
  void refusal(ArithmeticOperation operation, const ArithmeticOperands& operands, bool refused);

  /// An int8 that some value within `bound` of `exact` rounds to at `fraction_bits` (SPEC 4.8).
  void acceptable(const TensorPlace& place, std::size_t index, const Exact& exact, double bound,
                  int fraction_bits, std::int8_t got);

  /// An integer within low..high, such as fraction bits.
  void range(const TensorPlace& place, std::size_t index, int low, int high, int got);

  /// A pattern that is required.
  void bits(const TensorPlace& place, std::size_t index, std::uint64_t required, std::uint64_t got,
            std::size_t element_bits);

  /// A code of a declared format that is required. Codes of the same number are equal: zeros of
  /// either sign, and those that are no number (SPEC 6.2).
  void code(const TensorPlace& place, std::size_t index, const NumberCodec& codec,
            std::uint64_t required, std::uint64_t got);

  /// The number of a declared format's code, as bounded(): |got - exact| <= bound.
  void bounded_code(const TensorPlace& place, std::size_t index, const NumberCodec& codec,
                    const Exact& exact, double bound, std::uint64_t got);

  /// Fraction bits out of range, which have to be refused.
  void fraction_bits_refusal(const TensorPlace& place, int fraction_bits, bool refused);

  /// Bits equal to those of an earlier reading: `message` says of what.
  void unchanged(const TensorPlace& place, std::span<const std::uint64_t> before,
                 std::span<const std::uint64_t> after, std::size_t element_bits,
                 std::string_view message);

  /// A pattern of the simulation of the declared evaluation order (SPEC 6.2); zeros of either sign
  /// are equal, and of a binary32 number that is NaN nothing is required.
  void exact_order(const TensorPlace& place, std::size_t index, std::uint64_t simulated,
                   std::uint64_t got, std::size_t element_bits);

  void statistic(const StatisticVerdict& statistic);

  /// The case could not go on after `step`; a failure even where no element was judged wrong.
  void stopped(std::size_t step, std::string_view message);

  /// Notes of the vector, shown with a failure.
  void set_flags(std::vector<Flag> flags) { flags_ = std::move(flags); }

  /// Whether anything was judged wrong so far.
  bool has_failed() const { return result_.failure.has_value(); }

  /// Whether anything was compared so far.
  bool has_compared() const { return result_.elements > 0 || result_.exact_order.has_value(); }

  /// Whether what is compared from now on follows from the activations that the device shows: if
  /// only that fails, the message says how it is declared that the device goes on with others.
  void judge_from_shown(bool from_shown) { is_from_shown_ = from_shown; }

  /// The finished result; peaks of memory are the caller's to add.
  CaseResult result() &&;

 private:
  bool is_first_failure();
  void fail(const TensorPlace& place, std::size_t index, std::string expected, std::string got,
            std::optional<std::string> tolerance, std::string_view message);
  void judge_bounded(const TensorPlace& place, std::size_t index, const Exact& exact, double bound,
                     double got, double unit);
  /// Whether |got - exact| <= bound; counts the error.
  bool is_within(const TensorPlace& place, std::size_t index, const Exact& exact, double bound,
                 double got, double unit);
  void count_bounded(const TensorPlace& place, std::size_t index, double error, double bound,
                     double unit);
  void count_function_error(float nearest, float got);
  void count_error(const TensorPlace& place, std::size_t index, double fraction, double ulp);

  CaseResult result_;
  std::size_t wrong_ = 0;
  bool is_from_shown_ = false;
  std::size_t wrong_from_shown_ = 0;
  double function_error_ = 0;  ///< largest of sigmoid and tanh among what is wrong
  double function_ulps_ = 0;   ///< the same in ulps of the result
  std::vector<Flag> flags_;
};

}  // namespace lsgd
