// SPDX-License-Identifier: Apache-2.0
#include "cases/int8_integer_arithmetic_cases.hpp"

#include <cfloat>
#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>

#include <lsgd/numbers/binary32.hpp>

#include "cases/operation_cases.hpp"
#include "cases/seeded_numbers.hpp"

namespace lsgd {
namespace {

using Cases = std::vector<ArithmeticCase>;

void add_quantize_int16(Cases& all) {
  OperationCases cases(all, LSGD_OPERATION_QUANTIZE_INT16);
  for (const int n : {0, 7, 12}) {
    const auto add = [&](const std::string& flag, std::initializer_list<float> values) {
      for (const float value : values) {
        cases.add(flag, bits_of(std::ldexp(value, -n)), operand(n));
        cases.add(flag, bits_of(-std::ldexp(value, -n)), operand(n));
      }
    };
    add("tie", {0.5f, 1.5f, 2.5f, 1000.5f, 32766.5f, 32767.5f, 32768.5f});
    add("near_tie",
        {std::nextafter(0.5f, 0.0f), std::nextafter(0.5f, 1.0f), std::nextafter(1.5f, 0.0f),
         std::nextafter(32766.5f, 0.0f), std::nextafter(32767.5f, 0.0f)});
    add("truncation", {0.25f, 0.75f, 1, 99.7f, 12345.9f});
    add("saturation", {32767, 32768, 32769, 65536, 1e6f});
    for (const float value : {0.0f, -0.0f}) cases.add("signed_zero", bits_of(value), operand(n));
    for (const float value : {0x1p-149f, -0x1p-149f, 0x1p-126f})
      cases.add("subnormal", bits_of(value), operand(n));
    for (const float value : {FLT_MAX, -FLT_MAX, 0x1p31f, -0x1p32f})
      cases.add("huge_value", bits_of(value), operand(n));
  }
}

void add_align_int16_bias(Cases& all) {
  OperationCases cases(all, LSGD_OPERATION_ALIGN_INT16_BIAS);
  for (int shift = -8; shift <= 2; ++shift)
    for (const int bias : {-32768, -32767, -257, -256, -255, -2, -1, 0, 1, 255, 256, 257, 32767})
      cases.add(shift < 0    ? "negative_shift"
                : shift == 0 ? "zero_shift"
                             : "wide_shift",
                operand(bias), operand(shift));
}

void add_rate_exponent(Cases& all) {
  OperationCases cases(all, LSGD_OPERATION_RATE_EXPONENT);
  for (int k = -3; k <= 15; ++k) {
    const float rate = std::ldexp(1.0f, -k);
    for (const float value : {rate, std::nextafter(rate, 0.0f), std::nextafter(rate, FLT_MAX)})
      cases.add("learning_rate", bits_of(value), 0);
  }
  for (const float value : {0.01f, 0.003f, 64.0f, FLT_MAX, 0x1p-126f, 0x1p-149f})
    cases.add("learning_rate", bits_of(value), 0);
}

void add_random_draw(Cases& all) {
  OperationCases cases(all, LSGD_OPERATION_RANDOM_DRAW);
  SeededNumbers numbers("random_draw");
  for (const std::uint32_t state : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU})
    for (const int count : {0, 1, 6, 18, 24, 30}) cases.add("random_bits", state, operand(count));
  for (int count = 0; count <= 30; ++count)
    cases.add("random_bits", static_cast<std::uint32_t>(numbers.below(1ULL << 32)), operand(count));
}

void add_times_derivative(Cases& all, ArithmeticOperation operation, int lowest) {
  OperationCases cases(all, operation);
  SeededNumbers numbers(name_of(operation));
  for (const int s : {-32768, -32767, -4096, -3, -2, -1, 0, 1, 2, 3, 4096, 32767})
    for (const int a : {lowest, lowest + 1, 0, 1, 63, 64, 65, 90, 126, 127})
      cases.add("derivative", operand(s), operand(a));
  for (int i = 0; i < 64; ++i) {
    const int s = static_cast<int>(numbers.below(65536)) - 32768;
    const int a = lowest + static_cast<int>(numbers.below(static_cast<unsigned>(128 - lowest)));
    cases.add("derivative", operand(s), operand(a));
  }
}

}  // namespace

void add_int8_integer_operations(Cases& cases) {
  add_quantize_int16(cases);
  add_align_int16_bias(cases);
  add_rate_exponent(cases);
  add_random_draw(cases);
  add_times_derivative(cases, LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE, 0);
  add_times_derivative(cases, LSGD_OPERATION_TIMES_TANH_DERIVATIVE, -128);
}

}  // namespace lsgd
