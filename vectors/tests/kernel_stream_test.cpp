// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <lsgd/numbers/draw_below.hpp>

#include "export/export_kernel_stream.hpp"
#include "export/observed_draws.hpp"
#include "export/recorded_formats.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using Rational = boost::multiprecision::cpp_rational;
using Large = boost::multiprecision::cpp_int;
using Integers = std::vector<Large>;

/// Definitions as vectors/kernels/README.md writes them, in exact fractions.
Large floor_of(const Rational& x) {
  const Large numerator_part = numerator(x), denominator_part = denominator(x);
  Large quotient = numerator_part / denominator_part;
  if (quotient * denominator_part > numerator_part) --quotient;
  return quotient;
}

Large power_of_two(int exponent) { return Large(1) << exponent; }
Large down(const Large& x, int bits) {
  return floor_of(Rational(x) / Rational(power_of_two(bits)));
}

Large slow_ibert_exp(const Large& d, Large x) {
  const Rational a("35815147/100000000"), ab("96963238/100000000"), log_2("6931/10000");
  const Large l = floor_of(-log_2 * d), b = floor_of(ab * d / a), c = floor_of(Rational(d * d) / a);
  x = std::max<Large>(x, 30 * l);
  const Large z = floor_of(Rational(x) / Rational(l)), r = x - l * z;
  return (r * (r + b) + c) * power_of_two(30 - static_cast<int>(z));
}

Large slow_shift_exp(const Large& d, Large x) {
  x = std::max<Large>(x + down(x, 1) - down(x, 4), -15 * d);
  const Large z = floor_of(Rational(x) / Rational(-d)), r = x + d * z;
  return (down(r, 1) + d) * power_of_two(15 - static_cast<int>(z));
}

Integers slow_softmax(const Integers& arguments, bool is_shift) {
  const Large d = arguments[0];
  const Large largest = *std::max_element(arguments.begin() + 1, arguments.end());
  int k = 0;
  if (!is_shift)
    while (down(slow_ibert_exp(d, 0), k) >= power_of_two(16)) ++k;
  Integers values;
  Large sum = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const Large x = arguments[i] - largest;
    values.push_back(is_shift ? slow_shift_exp(d, x) : down(slow_ibert_exp(d, x), k));
    sum += values.back();
  }
  const Large whole = is_shift ? Large(power_of_two(31) - 1) : power_of_two(32);
  if (is_shift) sum = std::min(sum, whole);
  for (Large& value : values) value = down(value * floor_of(Rational(whole) / Rational(sum)), 24);
  return values;
}

/// Bits of a word, as text from the lowest on, cut into elements.
Integers elements_of(const Large& word, std::size_t bits, bool is_signed) {
  Integers elements;
  for (std::size_t first = 0; first < 32; first += bits) {
    Large value = 0;
    for (std::size_t i = 0; i < bits; ++i) {
      const Large weight = power_of_two(static_cast<int>(i));
      const bool is_sign = is_signed && i + 1 == bits;
      if (bit_test(word, static_cast<unsigned>(first + i))) value += is_sign ? -weight : weight;
    }
    elements.push_back(value);
  }
  return elements;
}

/// The number of `bits` bits in two's complement that is x modulo 2^bits.
Large wrapped(Large x, int bits) {
  const Large count = power_of_two(bits);
  while (x >= count / 2) x -= count;
  while (x < -count / 2) x += count;
  return x;
}

Integers slow_dot(const std::string& name, const Integers& arguments) {
  const std::size_t bits = static_cast<std::size_t>(name[5] - '0');
  const Integers a = elements_of(arguments[1], bits, name[4] == 's');
  const Integers w = elements_of(arguments[2], bits, true);
  Large sum = arguments[0];
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * w[i];
  return {wrapped(sum, 32)};
}

Integers slow_unpacked(const Large& byte, std::size_t count) {
  // Every array of weights is tried.
  Integers weights(count, -1);
  for (;;) {
    Large packed = 0, power = 1;
    for (const Large& weight : weights) {
      packed += (count == 5 ? Large(weight + 1) : Large(weight < 0 ? 3 : weight)) * power;
      power *= count == 5 ? 3 : 4;
    }
    if (packed == byte) return weights;
    std::size_t i = 0;
    while (i < count && weights[i] == 1) weights[i++] = -1;
    if (i == count) return {};
    ++weights[i];
  }
}

Large slow_fraction_bits(const Large& magnitude) {
  for (int n = 15; n > 0; --n)
    if (Rational(magnitude, 65536) <= Rational(128, power_of_two(n))) return n;
  return 0;
}

Rational lost_by_int8(const Rational& x, int n) {
  // The nearest of all 256 codes; of two equally near ones the even one.
  Rational least = 1000000;
  int best = 0;
  for (int code = -128; code < 128; ++code) {
    const Rational distance = abs(x - Rational(code, power_of_two(n)));
    if (distance > least || (distance == least && code % 2 != 0)) continue;
    least = distance;
    best = code;
  }
  return x - Rational(best, power_of_two(n));
}

Integers slow_calibration(const std::string& name, const Integers& x) {
  if (name == "calibrate_mse/1") {
    Large best = 0;
    Rational least = -1;
    for (int n = 0; n <= 15; ++n) {
      Rational sum = 0;
      for (const Large& each : x) {
        const Rational lost = lost_by_int8(Rational(each, 65536), n);
        sum += lost * lost;
      }
      if (least >= 0 && sum > least) continue;
      least = sum;
      best = n;
    }
    return {best};
  }
  Integers magnitudes;
  for (const Large& each : x) magnitudes.push_back(abs(each));
  std::sort(magnitudes.begin(), magnitudes.end());
  return {slow_fraction_bits(name == "calibrate_max/1" ? magnitudes[7] : magnitudes[5])};
}

/// What a call gives by the definition; empty: refused.
Integers slow_results(const std::string& name, const Integers& x) {
  if (name == "ibert_exp/1") return {slow_ibert_exp(x[0], x[1])};
  if (name == "shift_exp/1") return {slow_shift_exp(x[0], x[1])};
  if (name == "ibert_softmax/1") return slow_softmax(x, false);
  if (name == "shiftmax/1") return slow_softmax(x, true);
  if (name == "ibert_sqrt/1") return {sqrt(x[0])};
  if (name.starts_with("dot_")) return slow_dot(name, x);
  if (name.starts_with("calibrate_")) return slow_calibration(name, x);
  if (name == "ternary_unpack4/1") return slow_unpacked(x[0], 4);
  if (name == "ternary_unpack5/1") return slow_unpacked(x[0], 5);
  if (name.starts_with("ternary_pack")) {
    for (int byte = 0; byte < 256; ++byte)
      if (slow_unpacked(byte, x.size()) == x) return {byte};
    return {};
  }
  EXPECT_EQ(name, "ternary_dot/1");
  const Integers w = slow_unpacked(x[1], 5);
  Large sum = x[0];
  for (std::size_t i = 0; i < 5; ++i) sum += w[i] * x[i + 2];
  return {wrapped(sum, 16)};
}

/// Exact fractions are slow: of long streams every so manieth call is computed by the definition.
std::size_t stride_of(const std::string& name) {
  if (name.ends_with("_exp/1")) return 23;
  if (name == "calibrate_mse/1") return 29;
  return name.starts_with("ternary_pack") ? 3 : 1;
}

TEST(KernelStream, HasTheResultsOfTheDefinition) {
  for (const KernelStream& stream : kernel_streams()) {
    SCOPED_TRACE(stream.name);
    std::size_t position = 0, wrong = 0;
    const std::size_t stride = stride_of(stream.name);
    stream.for_each_row([&](const KernelRow& row) {
      ASSERT_EQ(row.arguments.size(), stream.arguments.size());
      ASSERT_EQ(row.results.size(), stream.results.size());
      if (position++ % stride != 0) return;
      const Integers expected =
          slow_results(stream.name, {row.arguments.begin(), row.arguments.end()});
      Integers found;
      for (const std::optional<std::int64_t>& result : row.results)
        if (result) found.push_back(*result);
      if (found != expected && wrong++ == 0)
        ADD_FAILURE() << "call " << position - 1 << ", first argument " << row.arguments[0];
    });
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(position, 80U);
  }
}

/// What each call of a kernel is there for.
TEST(KernelStream, HasTheTiesAndTheEnds) {
  std::map<std::string, std::set<std::vector<std::int64_t>>> calls;
  for (const KernelStream& stream : kernel_streams())
    if (stream.name.starts_with("calibrate_"))
      stream.for_each_row([&](const KernelRow& row) { calls[stream.name].insert(row.arguments); });
  // A maximum that is a power of two, rank 6 of 8 among equal magnitudes, equal errors of two n.
  EXPECT_TRUE(calls["calibrate_max/1"].contains({65536, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(calls["calibrate_percentile/1"].contains(
      {1, -2, 3, 65536, -65536, 65536, 4 * 65536, -8 * 65536}));
  const std::vector<std::int64_t> tie{17039, 517734, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(calls["calibrate_mse/1"].contains(tie));
  const auto error = [&](int n) {
    Rational sum = 0;
    for (const std::int64_t x : tie) {
      const Rational lost = lost_by_int8(Rational(x, 65536), n);
      sum += lost * lost;
    }
    return sum;
  };
  EXPECT_EQ(error(3), error(4));
  EXPECT_GT(error(3), 0);
  EXPECT_GT(error(5), error(4));
}

/// The published functions come near to the real ones.
TEST(KernelStream, ExponentialsAreExponentials) {
  for (const char* const name : {"ibert_exp/1", "shift_exp/1"}) {
    const KernelStream& stream = *find_kernel_stream(name);
    double at_zero = 1;
    stream.for_each_row([&](const KernelRow& row) {
      if (row.arguments[0] != 100) return;
      if (row.arguments[1] == 0) at_zero = static_cast<double>(*row.results[0]);
    });
    stream.for_each_row([&](const KernelRow& row) {
      if (row.arguments[0] != 100 || row.arguments[1] < -300) return;
      const double value = static_cast<double>(*row.results[0]) / at_zero;
      const double exact = std::exp(static_cast<double>(row.arguments[1]) / 100);
      EXPECT_NEAR(value / exact, 1, 0.1) << name << " of " << row.arguments[1];
    });
  }
}

TEST(KernelStream, HasTheRecordedDigests) {
  const std::string digests = kernel_digests();
  EXPECT_THAT(lines_missing_in(digests, recorded_kernel_digests()), testing::IsEmpty());
  EXPECT_THAT(lines_missing_in(recorded_kernel_digests(), digests), testing::IsEmpty());
}

/// A program that calls the C kernels and counts what differs from exported headers.
constexpr const char* judging_program = R"(
#include "integer_kernels.h"
#include <stdio.h>
HEADERS
static int failures;
static void expect(const char *name, int64_t found, int64_t expected) {
  if (found == expected) return;
  if (failures++ == 0) printf("%s: %lld instead of %lld\n", name, (long long)found, (long long)expected);
}
#define FOR_EACH(kernel, body) \
  for (int i = 0; i < lsgd_##kernel##_count; ++i) { const int64_t *r = lsgd_##kernel[i]; body }
static void narrow(const int64_t *from, int8_t *to, int n) { for (int i = 0; i < n; ++i) to[i] = (int8_t)from[i]; }
static void single(const int64_t *from, int32_t *to, int n) { for (int i = 0; i < n; ++i) to[i] = (int32_t)from[i]; }
int main(void) {
  int8_t w[8];
  int32_t x[8], y[8];
  FOR_EACH(ibert_exp_1, expect("ibert_exp", lsgd_ibert_exp((int32_t)r[0], (int32_t)r[1]), r[2]);)
  FOR_EACH(shift_exp_1, expect("shift_exp", lsgd_shift_exp((int32_t)r[0], (int32_t)r[1]), r[2]);)
  FOR_EACH(ibert_softmax_1, single(r + 1, x, 4); lsgd_ibert_softmax((int32_t)r[0], x, y, 4);
           for (int k = 0; k < 4; ++k) expect("ibert_softmax", y[k], r[5 + k]);)
  FOR_EACH(shiftmax_1, single(r + 1, x, 4); lsgd_shiftmax((int32_t)r[0], x, x, 4);
           for (int k = 0; k < 4; ++k) expect("shiftmax", x[k], r[5 + k]);)
  FOR_EACH(ibert_sqrt_1, expect("ibert_sqrt", lsgd_ibert_sqrt((uint32_t)r[0]), r[1]);)
#define DOTS(bits) \
  FOR_EACH(dot_s##bits##s##bits##_1, expect("dot_s" #bits, lsgd_dot_signed((int32_t)r[0], (uint32_t)r[1], (uint32_t)r[2], bits), r[3]);) \
  FOR_EACH(dot_u##bits##s##bits##_1, expect("dot_u" #bits, lsgd_dot_unsigned((int32_t)r[0], (uint32_t)r[1], (uint32_t)r[2], bits), r[3]);)
  DOTS(2) DOTS(4) DOTS(8)
  FOR_EACH(ternary_pack4_1, narrow(r, w, 4); expect("pack4", lsgd_ternary_pack4(w), r[4]);)
  FOR_EACH(ternary_pack5_1, narrow(r, w, 5); expect("pack5", lsgd_ternary_pack5(w), r[5]);)
#define UNPACKED(count) \
  FOR_EACH(ternary_unpack##count##_1, int taken = lsgd_ternary_unpack##count((uint8_t)r[0], w); \
           expect("unpack" #count, taken, r[1] != INT64_MIN); \
           for (int k = 0; taken && k < count; ++k) expect("unpack" #count, w[k], r[1 + k]);)
  UNPACKED(4) UNPACKED(5)
  FOR_EACH(ternary_dot_1, narrow(r + 2, w, 5); expect("ternary_dot", lsgd_ternary_dot((int16_t)r[0], (uint8_t)r[1], w), r[7]);)
  FOR_EACH(calibrate_max_1, single(r, x, 8); expect("max", lsgd_calibrate_max(x, 8), r[8]);)
  FOR_EACH(calibrate_percentile_1, single(r, x, 8); expect("percentile", lsgd_calibrate_percentile(x, 8, 75), r[8]);)
  FOR_EACH(calibrate_mse_1, single(r, x, 8); expect("mse", lsgd_calibrate_mse(x, 8), r[8]);)
  return failures != 0;
}
)";

/// Compiles the judging program once, a kernel file again and again.
class CKernels : public ::testing::Test {
 protected:
  CKernels() {
    std::string headers;
    for (const KernelStream& stream : kernel_streams()) {
      const std::string name = kernel_file_name(stream) + ".h";
      directory_.file(name, kernel_text(stream, StreamFileFormat::c).bytes);
      headers += "#include \"" + name + "\"\n";
    }
    std::string program = judging_program;
    program.replace(program.find("HEADERS"), 7, headers);
    directory_.file("judge.c", program);
    source_ = read_text(std::string(LSGD_KERNELS) + "/integer_kernels.c", 1 << 20);
    EXPECT_EQ(run("-c {0}/judge.c -o {0}/judge.o"), 0);
  }

  int run(const std::string& arguments) const {
    const std::string command =
        std::string(LSGD_C_COMPILER) +
        " -std=c99 -O1 -Wall -Wextra -Werror -Wno-unused-function -I" LSGD_KERNELS " " + arguments;
    return std::system(fmt::format(fmt::runtime(command), (directory_ / "").string()).c_str());
  }

  /// Whether a kernel file passes; it must compile.
  bool passes(const std::string& source) {
    directory_.file("kernels.c", source);
    EXPECT_EQ(run("{0}/judge.o {0}/kernels.c -o {0}/judge"), 0);
    return std::system((directory_ / "judge > /dev/null").string().c_str()) == 0;
  }

  TemporaryDirectory directory_;
  std::string source_;
};

TEST_F(CKernels, PassAsTheyAreAndNoneWithAMistake) {
  EXPECT_TRUE(passes(source_));
  struct Mistake {
    const char* from;
    const char* to;
  };
  const std::vector<Mistake> mistakes{
      {"6931 * units + 9999) / 10000", "6931 * units) / 10000"},
      {"96963238 * units / 35815147", "96963238 * units / 36815147"},
      {"x < -ibert_shifts * log_2", "x < -(ibert_shifts - 1) * log_2"},
      {"while (down >= log_2)", "while (down > log_2)"},
      {"(x >> 1) - (x >> 4)", "(x >> 1) - (x >> 5)"},
      {"(x >> 1) - (x >> 4)", "x / 2 - (x >> 4)"},
      {"(x >> 1) - (x >> 4)", "(x >> 1) - x / 16"},
      {"((down + 1) >> 1)", "(down >> 1)"},
      {"width > 16 ? width - 16", "width > 15 ? width - 15"},
      {"x[i] - largest) >> cut", "x[i] - largest + 1) >> cut"},
      {"if (sum > INT32_MAX) sum = INT32_MAX;", ""},
      {"(INT32_MAX / sum)", "(((int64_t)1 << 31) / sum)"},
      {"(((int64_t)1 << 32) / sum)", "((((int64_t)1 << 32) - 1) / sum)"},
      {"(bit_width(n) + 1) / 2", "bit_width(n) / 2"},
      {"if (n == 0) return 0;", "if (n < 2) return 0;"},
      {"const uint64_t next = (root + n / root) >> 1",
       "const uint64_t next = (root + n / root + 1) >> 1"},
      {"(word >> (bits * i))", "(word >> (32 - bits - bits * i))"},
      {"element(a, bits, i, is_signed)", "element(a, bits, i, !is_signed)"},
      {"element(w, bits, i, 1)", "element(w, bits, i, is_signed)"},
      {"return dot(sum, a, w, bits, 1);", "return dot(sum, w, a, bits, 0);"},
      {"((uint32_t)w[i] & 3u) << (2 * i)", "((uint32_t)w[i] & 3u) << (6 - 2 * i)"},
      {"byte & 0xAAu & ~(byte << 1)", "byte & 0xAAu & (byte << 1)"},
      {"if (byte >= 243) return 0;", "if (byte > 243) return 0;"},
      {"(w[i] + 1) * power", "w[i] * power"},
      {"int16_t)(uint16_t)total", "int16_t)((int32_t)total > 32767 ? 32767 : (int32_t)total)"},
      {"total -= (uint32_t)(int32_t)x[i];",
       "total -= (uint32_t)(int32_t)(int8_t)(x[i] + (x[i] == -128));"},
      {"largest > (uint32_t)1 << (23 - bits)", "largest >= (uint32_t)1 << (23 - bits)"},
      {"(percent * count + 99) / 100", "percent * count / 100 + 1"},
      {"if (sum <= least)", "if (sum < least)"},
      {"rest > half ||", "rest > half + 1 ||"},
      {"if (code > 127) code = 127;", "if (code > 128) code = 128;"},
      {"return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;", "return x < 0 ? 0u : (uint32_t)x;"}};
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(std::string(mistake.from) + " -> " + mistake.to);
    std::string source = source_;
    const std::size_t place = source.find(mistake.from);
    ASSERT_NE(place, std::string::npos);
    source.replace(place, std::string(mistake.from).size(), mistake.to);
    EXPECT_FALSE(passes(source));
  }
}

TEST(KernelStream, ResultsOfADeviceAreJudgedRowByRow) {
  const TemporaryDirectory directory;
  const KernelStream& stream = *find_kernel_stream("ternary_unpack5/1");
  const std::string right = kernel_text(stream, StreamFileFormat::csv).bytes;
  const auto compared = [&](const std::string& text) {
    return compare_kernel_results(stream, directory.file("results.csv", text));
  };
  EXPECT_EQ(compared(right).wrong, 0U);
  EXPECT_EQ(compared(right).rows, 256U);
  std::string wrong = right;
  const std::string refused = "243,none,none,none,none,none";
  wrong.replace(wrong.find(refused), refused.size(), "243,-1,-1,-1,-1,2");
  const KernelComparison comparison = compared(wrong);
  EXPECT_EQ(comparison.wrong, 1U);
  EXPECT_THAT(comparison.first,
              testing::HasSubstr("results.csv:245: w0,w1,w2,w3,w4 is none,none,none,none,none of "
                                 "243, found -1,-1,-1,-1,2"));
  // No row is lost, doubled, or about other arguments.
  const auto refuses = [&](const std::string& text, const std::string& expected) {
    try {
      compared(text);
      ADD_FAILURE() << "accepted; expected " << expected;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(expected));
    }
  };
  refuses("", ":1: expected the columns byte,w0");
  refuses(right.substr(0, right.find("\n255,") + 1), ":257: expected a row that begins with 255,");
  refuses(right + "256,1,1,1,1,1\n", ":258: expected the end of the file");
  refuses(std::string("byte,w0,w1,w2,w3,w4\n1,0,-1,-1,-1,-1\n"),
          ":2: expected a row that begins with 0,");
  refuses(std::string("byte,w0,w1,w2,w3,w4\n0,-1,-1,-1\n"),
          ":2: expected a row that begins with 0,");
}

/// A damaged file is refused with one line or judged, and a damaged result never passes.
TEST(KernelStream, DamagedResultsNeverPass) {
  const TemporaryDirectory directory;
  const KernelStream& stream = *find_kernel_stream("ternary_unpack5/1");
  const std::string right = kernel_text(stream, StreamFileFormat::csv).bytes;
  std::mt19937_64 engine(16);
  for (int k = 0; k < 300; ++k) {
    std::string text = right;
    const std::size_t place = draw_below(engine, text.size());
    switch (draw_below(engine, 3)) {
      case 0:
        text[place] = static_cast<char>(text[place] ^ (1 + draw_below(engine, 255)));
        break;
      case 1:
        text.erase(place, 1 + draw_below(engine, 4));
        break;
      default:
        text.insert(place, 1, static_cast<char>(draw_below(engine, 256)));
    }
    if (text == right) continue;
    // The last end of line may be missing, and lines may end as on Windows.
    std::string plain = text;
    std::erase(plain, '\r');
    if (plain == right || plain + "\n" == right) continue;
    try {
      EXPECT_NE(compare_kernel_results(stream, directory.file("results.csv", text)).wrong, 0U)
          << "edit " << k << " at " << place;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("results.csv:"));
    }
  }
}

TEST(ObservedDraws, AreThoseThatWereToBeMade) {
  const TemporaryDirectory directory;
  const std::vector<std::uint32_t> fractions = fractions_to_draw();
  std::string text = "fraction,up\n";
  for (std::size_t i = 0; i < fractions.size(); ++i)
    text += std::to_string(fractions[i]) + (i % 3 == 0 ? ",1\n" : ",0\n");
  EXPECT_EQ(draws_to_make().size(), text.size() - 3 - 2 * fractions.size());
  const auto read = [&](const std::string& bytes) {
    return read_observed_draws(directory.file("draws.csv", bytes));
  };
  const std::vector<ObservedDraw> draws = read(text);
  ASSERT_EQ(draws.size(), fractions.size());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    ASSERT_EQ(draws[i].fraction, fractions[i]);
    ASSERT_EQ(draws[i].went_up, i % 3 == 0);
  }
  const auto refusal = [&](const std::string& bytes) -> std::string {
    try {
      read(bytes);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal(""), testing::HasSubstr(":1: expected the columns fraction,up"));
  EXPECT_THAT(refusal("fraction,up\n32768,2\n"),
              testing::HasSubstr(":2: expected 32768,0 or 32768,1"));
  EXPECT_THAT(refusal("fraction,up\n32767,1\n"),
              testing::HasSubstr(":2: expected 32768,0 or 32768,1"));
  EXPECT_THAT(refusal("fraction,up\n32768,1\n"),
              testing::HasSubstr(":3: expected 32768,0 or 32768,1"));
  EXPECT_THAT(refusal(text + "1,1\n"), testing::HasSubstr("expected the end of the file"));
}

}  // namespace
}  // namespace lsgd
