// SPDX-License-Identifier: Apache-2.0
#include "cases/arithmetic_operation.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/activation_table.hpp>
#include <lsgd/numbers/align_bias.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>
#include <lsgd/numbers/random_bits.hpp>
#include <lsgd/numbers/rate_exponent.hpp>
#include <lsgd/numbers/requantize.hpp>
#include <lsgd/numbers/rounding_model.hpp>
#include <lsgd/step/int32_fixed_step.hpp>
#include <lsgd/step/int8_integer_delta.hpp>

namespace lsgd {
namespace {

/// A list of acceptable results longer than this is none.
constexpr int most_results = 256;

struct IntegerRange {
  std::int32_t lowest = 0;
  std::int32_t highest = 0;
};

struct OperationText {
  ArithmeticOperation operation;
  std::string_view name;
  std::string_view clause;
  std::optional<IntegerRange> count = {};  ///< operand b where it is a count of bits or a shift
};

constexpr std::array<OperationText, all_arithmetic_operations.size()> operation_texts{{
    {LSGD_OPERATION_QUANTIZE, "quantize", "SPEC 4.3", IntegerRange{0, 7}},
    {LSGD_OPERATION_FRACTION_BITS, "fraction_bits", "SPEC 4.2"},
    {LSGD_OPERATION_REQUANTIZE, "requantize", "SPEC 4.4", IntegerRange{0, 16}},
    {LSGD_OPERATION_ALIGN_BIAS, "align_bias", "SPEC 4.4", IntegerRange{-7, 16}},
    {LSGD_OPERATION_RELU, "relu", "SPEC 4.5"},
    {LSGD_OPERATION_SIGMOID_TABLE, "sigmoid_table", "SPEC 4.5"},
    {LSGD_OPERATION_TANH_TABLE, "tanh_table", "SPEC 4.5"},
    {LSGD_OPERATION_FLOAT_ADD, "float_add", "SPEC 3.1"},
    {LSGD_OPERATION_FLOAT_SUBTRACT, "float_subtract", "SPEC 3.1"},
    {LSGD_OPERATION_FLOAT_MULTIPLY, "float_multiply", "SPEC 3.1"},
    {LSGD_OPERATION_FLOAT_DIVIDE, "float_divide", "SPEC 3.1"},
    {LSGD_OPERATION_FLOAT_FROM_INT8, "float_from_int8", "SPEC 4.1", IntegerRange{0, 7}},
    {LSGD_OPERATION_FLOAT_SIGMOID, "float_sigmoid", "SPEC 2.2"},
    {LSGD_OPERATION_FLOAT_TANH, "float_tanh", "SPEC 2.2"},
    {LSGD_OPERATION_QUANTIZE_INT16, "quantize_int16", "SPEC 11.1", IntegerRange{0, 12}},
    {LSGD_OPERATION_ALIGN_INT16_BIAS, "align_int16_bias", "SPEC 11.4", IntegerRange{-8, 2}},
    {LSGD_OPERATION_RATE_EXPONENT, "rate_exponent", "SPEC 11.2"},
    {LSGD_OPERATION_RANDOM_DRAW, "random_draw", "SPEC 11.3", IntegerRange{0, 30}},
    {LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE, "times_sigmoid_derivative", "SPEC 11.6"},
    {LSGD_OPERATION_TIMES_TANH_DERIVATIVE, "times_tanh_derivative", "SPEC 11.6"},
    {LSGD_OPERATION_QUANTIZE_INT32, "quantize_int32", "SPEC 13.2", IntegerRange{0, 30}},
    {LSGD_OPERATION_FIXED_SIGMOID, "fixed_sigmoid", "SPEC 13.4"},
    {LSGD_OPERATION_FIXED_TANH, "fixed_tanh", "SPEC 13.4"},
}};

const OperationText& text_of(ArithmeticOperation operation) {
  const auto found = std::ranges::find(operation_texts, operation, &OperationText::operation);
  if (found == operation_texts.end()) throw std::invalid_argument("unknown arithmetic operation");
  return *found;
}

std::int32_t integer_in(std::uint32_t bits, const IntegerRange& range, const char* what) {
  const auto value = static_cast<std::int32_t>(bits);
  if (value < range.lowest || value > range.highest) {
    throw std::invalid_argument(
        fmt::format("{} to be from {} to {}, found {}", what, range.lowest, range.highest, value));
  }
  return value;
}

constexpr IntegerRange accumulator_range{-(1 << 30), 1 << 30};

std::int32_t count_in(ArithmeticOperation operation, std::uint32_t bits) {
  return integer_in(bits, text_of(operation).count.value(), "operand b");
}

std::int8_t int8_in(std::uint32_t bits) {
  return static_cast<std::int8_t>(integer_in(bits, {-128, 127}, "operand a"));
}

std::int16_t int16_in(std::uint32_t bits) {
  return static_cast<std::int16_t>(integer_in(bits, {-32768, 32767}, "operand a"));
}

/// s times the derivative at the activation `b`, which the layer's function can have.
std::uint32_t times_derivative(std::uint32_t s, Activation activation, std::uint32_t b) {
  const std::int32_t lowest = tends_to(activation, -1) ? -128 : 0;
  const auto a = static_cast<std::int8_t>(integer_in(b, {lowest, 127}, "operand b"));
  return static_cast<std::uint32_t>(times_integer_derivative(int16_in(s), activation, a));
}

float finite_in(std::uint32_t bits, const char* what) {
  const float value = from_bits(bits);
  if (!std::isfinite(value)) throw std::invalid_argument(fmt::format("{} to be finite", what));
  return value;
}

std::uint32_t pattern_of(std::int32_t value) { return static_cast<std::uint32_t>(value); }

bool is_float_operation(ArithmeticOperation operation) {
  return operation == LSGD_OPERATION_FLOAT_ADD || operation == LSGD_OPERATION_FLOAT_SUBTRACT ||
         operation == LSGD_OPERATION_FLOAT_MULTIPLY || operation == LSGD_OPERATION_FLOAT_DIVIDE;
}

bool is_activation(ArithmeticOperation operation) {
  return operation == LSGD_OPERATION_FLOAT_SIGMOID || operation == LSGD_OPERATION_FLOAT_TANH;
}

/// The correctly rounded result, in a precision wide enough that MPFR's own rounding is exact or
/// (for quotients) cannot meet a tie of binary32; the sign of a zero is IEEE 754's.
float float_result(ArithmeticOperation operation, float a, float b) {
  using Real = RealOf<640>;
  const DoubleOperand left(a);
  const DoubleOperand right(b);
  Real result;
  switch (operation) {
    case LSGD_OPERATION_FLOAT_ADD:
      mpfr_add(mpfr_of(result), left.get(), right.get(), MPFR_RNDN);
      break;
    case LSGD_OPERATION_FLOAT_SUBTRACT:
      mpfr_sub(mpfr_of(result), left.get(), right.get(), MPFR_RNDN);
      break;
    case LSGD_OPERATION_FLOAT_MULTIPLY:
      mpfr_mul(mpfr_of(result), left.get(), right.get(), MPFR_RNDN);
      break;
    case LSGD_OPERATION_FLOAT_DIVIDE:
      if (b == 0) throw std::invalid_argument("operand b not to be zero");
      mpfr_div(mpfr_of(result), left.get(), right.get(), MPFR_RNDN);
      break;
    default:
      throw std::logic_error("an operation of two binary32 numbers");
  }
  return round_to_binary32(result);
}

bool is_fixed_activation(ArithmeticOperation operation) {
  return operation == LSGD_OPERATION_FIXED_SIGMOID || operation == LSGD_OPERATION_FIXED_TANH;
}

Activation activation_of(ArithmeticOperation operation) {
  switch (operation) {
    case LSGD_OPERATION_FLOAT_SIGMOID:
    case LSGD_OPERATION_FIXED_SIGMOID:
      return Activation::sigmoid;
    case LSGD_OPERATION_FLOAT_TANH:
    case LSGD_OPERATION_FIXED_TANH:
      return Activation::tanh;
    default:
      throw std::logic_error("an operation that is an activation function");
  }
}

Exact activation_result(ArithmeticOperation operation, double z) {
  Exact value;
  activate(activation_of(operation), value, Exact(z));
  return value;
}

Exact fixed_activation_result(ArithmeticOperation operation, std::uint32_t z) {
  return activation_result(operation,
                           fixed_value(static_cast<std::int32_t>(z), fixed_preactivation_bits));
}

/// The int32 numbers within the declared error of sigmoid or tanh of z (SPEC 13.4).
struct FixedRange {
  std::int32_t low, high;
};

FixedRange fixed_activation_range(ArithmeticOperation operation, std::uint32_t z,
                                  const ArithmeticModel& model) {
  constexpr int bits = fixed_activation_bits(Activation::tanh);
  const Exact scaled = ldexp(fixed_activation_result(operation, z), bits);
  const Exact error = ldexp(Exact(fixed_activation_error(model)), bits);
  return {static_cast<std::int32_t>(ceil(Exact(scaled - error))),
          static_cast<std::int32_t>(floor(Exact(scaled + error)))};
}

/// An operand, and what it may be read as.
std::vector<float> readings_of(float value, const ArithmeticModel& model) {
  std::vector<float> readings{value};
  if (model.flush_to_zero && std::fpclassify(value) == FP_SUBNORMAL)
    readings.push_back(std::copysign(0.0f, value));
  return readings;
}

bool float_operation_accepts(ArithmeticOperation operation, float a, float b, float result,
                             const ArithmeticModel& model) {
  const RoundingModel rounding(model);
  for (const float x : readings_of(a, model)) {
    for (const float y : readings_of(b, model)) {
      if (operation == LSGD_OPERATION_FLOAT_DIVIDE && y == 0) continue;
      const float rounded = float_result(operation, x, y);
      if (bits_of(result) == bits_of(rounded)) return true;
      const bool may_vanish = model.flush_to_zero && std::abs(rounded) <= smallest_normal_binary32;
      if (may_vanish && result == 0) return true;
      if (model.significand_bits < 24 && std::isfinite(rounded)) {
        const double magnitude = std::abs(static_cast<double>(rounded));
        const double distance = std::abs(static_cast<double>(result) - rounded);
        if (distance <= rounding.rounding_of(magnitude) + rounding.product_underflow()) return true;
      }
    }
  }
  return false;
}

bool activation_accepts(ArithmeticOperation operation, float z, float result,
                        const ArithmeticModel& model) {
  if (!std::isfinite(result)) return false;
  const RoundingModel rounding(model);
  return std::ranges::any_of(readings_of(z, model), [&](float x) {
    const Exact exact = activation_result(operation, x);
    const double bound = rounding.activation_error(magnitude_above(exact)) + rounding.flush();
    return abs(Exact(result) - exact) <= bound;
  });
}

/// The acceptable int32 numbers but the nominal one, ascending.
void append_fixed_results(ArithmeticOperation operation, std::uint32_t z,
                          const ArithmeticModel& model, std::vector<std::uint32_t>& results) {
  const FixedRange range = fixed_activation_range(operation, z, model);
  if (range.high - range.low > most_results)
    throw std::invalid_argument("too many acceptable results to list");
  const std::uint32_t nominal = arithmetic_result(operation, z, 0);
  for (std::int32_t value = range.low; value <= range.high; ++value)
    if (pattern_of(value) != nominal) results.push_back(pattern_of(value));
}

/// Neighbours of an activation's result, outwards as long as they are acceptable.
void append_activation_results(ArithmeticOperation operation, float z, float nominal,
                               const ArithmeticModel& model, std::vector<std::uint32_t>& results) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (nominal == 0) results.push_back(bits_of(-nominal));
  for (const float direction : {-infinity, infinity}) {
    float value = std::nextafter(nominal, direction);
    while (activation_accepts(operation, z, value, model)) {
      if (results.size() == most_results)
        throw std::invalid_argument("too many acceptable results to list");
      results.push_back(bits_of(value));
      value = std::nextafter(value, direction);
    }
  }
}

}  // namespace

std::string_view name_of(ArithmeticOperation operation) { return text_of(operation).name; }

std::string_view clause_of(ArithmeticOperation operation) { return text_of(operation).clause; }

std::optional<ArithmeticOperation> arithmetic_operation_from_text(std::string_view name) {
  const auto found = std::ranges::find(operation_texts, name, &OperationText::name);
  if (found == operation_texts.end()) return std::nullopt;
  return found->operation;
}

std::uint32_t arithmetic_result(ArithmeticOperation operation, std::uint32_t a, std::uint32_t b) {
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
      return pattern_of(quantize(finite_in(a, "operand a"), count_in(operation, b)));
    case LSGD_OPERATION_FRACTION_BITS: {
      const float maximum = finite_in(a, "operand a");
      if (std::signbit(maximum)) throw std::invalid_argument("operand a not to be negative");
      return pattern_of(fraction_bits_of(maximum));
    }
    case LSGD_OPERATION_REQUANTIZE:
      return pattern_of(
          requantize(integer_in(a, accumulator_range, "operand a"), count_in(operation, b)));
    case LSGD_OPERATION_ALIGN_BIAS:
      return pattern_of(align_bias(int8_in(a), count_in(operation, b)));
    case LSGD_OPERATION_RELU:
      return pattern_of(cached_activation_table(Activation::relu)[table_index(int8_in(a))]);
    case LSGD_OPERATION_SIGMOID_TABLE:
      return pattern_of(cached_activation_table(Activation::sigmoid)[table_index(int8_in(a))]);
    case LSGD_OPERATION_TANH_TABLE:
      return pattern_of(cached_activation_table(Activation::tanh)[table_index(int8_in(a))]);
    case LSGD_OPERATION_QUANTIZE_INT16:
      return pattern_of(quantize_int16(finite_in(a, "operand a"), count_in(operation, b)));
    case LSGD_OPERATION_ALIGN_INT16_BIAS:
      return pattern_of(shifted(int16_in(a), count_in(operation, b)));
    case LSGD_OPERATION_RATE_EXPONENT: {
      const float rate = finite_in(a, "operand a");
      if (!(rate > 0)) throw std::invalid_argument("operand a to be above 0");
      return pattern_of(rate_exponent(rate));
    }
    case LSGD_OPERATION_RANDOM_DRAW:
      return pattern_of(RandomBits{a}.draw(count_in(operation, b)));
    case LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE:
      return times_derivative(a, Activation::sigmoid, b);
    case LSGD_OPERATION_TIMES_TANH_DERIVATIVE:
      return times_derivative(a, Activation::tanh, b);
    case LSGD_OPERATION_QUANTIZE_INT32:
      return pattern_of(quantize_int32(finite_in(a, "operand a"), count_in(operation, b)));
    case LSGD_OPERATION_FIXED_SIGMOID:
    case LSGD_OPERATION_FIXED_TANH:
      return pattern_of(nearest_int32(fixed_activation_result(operation, a),
                                      fixed_activation_bits(Activation::tanh)));
    case LSGD_OPERATION_FLOAT_FROM_INT8:
      return bits_of(dequantize(int8_in(a), count_in(operation, b)));
    case LSGD_OPERATION_FLOAT_SIGMOID:
    case LSGD_OPERATION_FLOAT_TANH:
      return bits_of(round_to_binary32(activation_result(operation, finite_in(a, "operand a"))));
    case LSGD_OPERATION_FLOAT_ADD:
    case LSGD_OPERATION_FLOAT_SUBTRACT:
    case LSGD_OPERATION_FLOAT_MULTIPLY:
    case LSGD_OPERATION_FLOAT_DIVIDE:
      return bits_of(float_result(operation, finite_in(a, "operand a"), finite_in(b, "operand b")));
  }
  throw std::invalid_argument("unknown arithmetic operation");
}

std::vector<ArithmeticOperands> operands_out_of_range(ArithmeticOperation operation) {
  std::vector<ArithmeticOperands> operands;
  if (const auto& range = text_of(operation).count)
    for (const std::int32_t b :
         {range->lowest - 1, range->highest + 1, std::numeric_limits<std::int32_t>::min(),
          std::numeric_limits<std::int32_t>::max()})
      operands.push_back({0, pattern_of(b)});
  if (operation == LSGD_OPERATION_REQUANTIZE)
    for (const std::int32_t a : {accumulator_range.lowest - 1, accumulator_range.highest + 1})
      operands.push_back({pattern_of(a), 0});
  return operands;
}

bool arithmetic_accepts(ArithmeticOperation operation, std::uint32_t a, std::uint32_t b,
                        std::uint32_t result, const ArithmeticModel& model) {
  if (arithmetic_result(operation, a, b) == result) return true;
  if (is_float_operation(operation))
    return float_operation_accepts(operation, from_bits(a), from_bits(b), from_bits(result), model);
  if (is_fixed_activation(operation)) {
    const FixedRange range = fixed_activation_range(operation, a, model);
    const auto value = static_cast<std::int32_t>(result);
    return value >= range.low && value <= range.high;
  }
  return is_activation(operation) &&
         activation_accepts(operation, from_bits(a), from_bits(result), model);
}

std::vector<std::uint32_t> further_arithmetic_results(ArithmeticOperation operation,
                                                      std::uint32_t a, std::uint32_t b,
                                                      const ArithmeticModel& model) {
  std::vector<std::uint32_t> results;
  if (is_fixed_activation(operation)) {
    append_fixed_results(operation, a, model, results);
    return results;
  }
  const float nominal = from_bits(arithmetic_result(operation, a, b));
  if (is_activation(operation)) {
    append_activation_results(operation, from_bits(a), nominal, model, results);
  } else if (is_float_operation(operation) && model.flush_to_zero) {
    for (const float x : readings_of(from_bits(a), model)) {
      for (const float y : readings_of(from_bits(b), model)) {
        if (operation == LSGD_OPERATION_FLOAT_DIVIDE && y == 0) continue;
        results.push_back(bits_of(float_result(operation, x, y)));
      }
    }
    for (const float zero : {0.0f, -0.0f}) results.push_back(bits_of(zero));
    std::erase_if(results, [&](std::uint32_t result) {
      return result == bits_of(nominal) || !arithmetic_accepts(operation, a, b, result, model);
    });
    std::ranges::sort(results);
    results.erase(std::unique(results.begin(), results.end()), results.end());
  }
  return results;
}

}  // namespace lsgd
