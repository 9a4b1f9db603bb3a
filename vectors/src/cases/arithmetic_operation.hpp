// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/port.h>

namespace lsgd {

/// Operations of level 0, as port.h numbers and defines them.
using ArithmeticOperation = lsgd_operation;

inline constexpr std::array all_arithmetic_operations{LSGD_OPERATION_QUANTIZE,
                                                      LSGD_OPERATION_FRACTION_BITS,
                                                      LSGD_OPERATION_REQUANTIZE,
                                                      LSGD_OPERATION_ALIGN_BIAS,
                                                      LSGD_OPERATION_RELU,
                                                      LSGD_OPERATION_SIGMOID_TABLE,
                                                      LSGD_OPERATION_TANH_TABLE,
                                                      LSGD_OPERATION_FLOAT_ADD,
                                                      LSGD_OPERATION_FLOAT_SUBTRACT,
                                                      LSGD_OPERATION_FLOAT_MULTIPLY,
                                                      LSGD_OPERATION_FLOAT_DIVIDE,
                                                      LSGD_OPERATION_FLOAT_FROM_INT8,
                                                      LSGD_OPERATION_FLOAT_SIGMOID,
                                                      LSGD_OPERATION_FLOAT_TANH,
                                                      LSGD_OPERATION_QUANTIZE_INT16,
                                                      LSGD_OPERATION_ALIGN_INT16_BIAS,
                                                      LSGD_OPERATION_RATE_EXPONENT,
                                                      LSGD_OPERATION_RANDOM_DRAW,
                                                      LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE,
                                                      LSGD_OPERATION_TIMES_TANH_DERIVATIVE,
                                                      LSGD_OPERATION_QUANTIZE_INT32,
                                                      LSGD_OPERATION_FIXED_SIGMOID,
                                                      LSGD_OPERATION_FIXED_TANH};

/// Name of an operation as files spell it: "quantize", "float_add", ...
std::string_view name_of(ArithmeticOperation operation);
std::optional<ArithmeticOperation> arithmetic_operation_from_text(std::string_view name);

/// Whether results are binary32 numbers rather than integers.
constexpr bool has_float_result(ArithmeticOperation operation) {
  return operation >= LSGD_OPERATION_FLOAT_ADD && operation <= LSGD_OPERATION_FLOAT_TANH;
}

/// The clause that defines an operation, such as "SPEC 4.2".
std::string_view clause_of(ArithmeticOperation operation);

/// Two operands of an operation, as 32-bit patterns.
struct ArithmeticOperands {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

/// Integer operands just outside an operation's ranges, and far outside, which a port must refuse
/// with LSGD_OUT_OF_RANGE (port.h): counts of bits and accumulators. Empty for other operations.
std::vector<ArithmeticOperands> operands_out_of_range(ArithmeticOperation operation);

/// The result of an operation, correctly rounded where it is a real one. Operands and result are
/// the 32-bit patterns of port.h. Throws std::invalid_argument for operands outside its ranges.
std::uint32_t arithmetic_result(ArithmeticOperation operation, std::uint32_t a, std::uint32_t b);

/// Whether a device of the declared arithmetic may answer `result` (SPEC 5.3): integer and exact
/// operations by their bits; binary32 sums, products and quotients by correct rounding of the
/// operands, or of flushed ones where the model flushes to zero, or within the unit roundoff of a
/// shorter significand; sigmoid and tanh within the declared activation error. Results of fixed
/// sigmoid and tanh are int32 within it.
bool arithmetic_accepts(ArithmeticOperation operation, std::uint32_t a, std::uint32_t b,
                        std::uint32_t result, const ArithmeticModel& model);

/// Acceptable results besides arithmetic_result, nearest first. For models whose set is small: the
/// default one, or one that flushes to zero.
std::vector<std::uint32_t> further_arithmetic_results(ArithmeticOperation operation,
                                                      std::uint32_t a, std::uint32_t b,
                                                      const ArithmeticModel& model);

}  // namespace lsgd
