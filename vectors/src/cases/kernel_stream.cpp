// SPDX-License-Identifier: Apache-2.0
#include "cases/kernel_stream.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include <lsgd/kernels/calibration.hpp>
#include <lsgd/kernels/integer_functions.hpp>
#include <lsgd/kernels/packed_dot_product.hpp>
#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {
namespace {

using Integers = std::vector<std::int64_t>;
using TakeRow = std::function<void(const KernelRow&)>;

constexpr std::int64_t lowest_int16 = -32768, highest_int16 = 32767;
constexpr std::array<std::int64_t, 6> ibert_units{4, 10, 16, 64, 100, 1000};
/// With 65,536 units the sum of shiftmax leaves 31 bits.
constexpr std::array<std::int64_t, 6> shift_units{4, 10, 16, 64, 100, 65536};
constexpr std::size_t softmax_width = 4;
constexpr int drawn_softmaxes = 1000;
constexpr int drawn_products = 2000;
constexpr int drawn_calibrations = 1000;
constexpr std::uint64_t stream_seed = 16;

std::vector<std::string> numbered(const std::string& letter, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(letter + std::to_string(i));
  return names;
}

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::int64_t drawn_between(std::mt19937_64& engine, std::int64_t low, std::int64_t high) {
  return low +
         static_cast<std::int64_t>(draw_below(engine, static_cast<std::size_t>(high - low + 1)));
}

KernelRow row_of(Integers arguments, const Integers& results) {
  return {std::move(arguments), {results.begin(), results.end()}};
}

/// Every argument that a difference of int16 numbers and 0 can be.
template <class Exponential>
KernelStream exponential_stream(const std::string& name, std::span<const std::int64_t> all_units) {
  return {name, {"units", "x"}, {"y"}, [all_units](const TakeRow& take) {
            for (const std::int64_t units : all_units) {
              const Exponential exponential(units);
              for (std::int64_t x = lowest_int16; x <= 0; ++x)
                take(row_of({units, x}, {exponential(x)}));
            }
          }};
}

/// Layers of four: equal ones, one apart, the ends of int16, and drawn within some units of one.
KernelStream softmax_stream(const std::string& name, std::span<const std::int64_t> all_units,
                            std::vector<std::int64_t> (*softmax)(std::int64_t,
                                                                 std::span<const std::int64_t>)) {
  return {name, joined({"units"}, numbered("x", softmax_width)), numbered("y", softmax_width),
          [all_units, softmax](const TakeRow& take) {
            for (const std::int64_t units : all_units) {
              const auto take_layer = [&](const Integers& x) {
                take(row_of(
                    [&] {
                      Integers arguments{units};
                      arguments.insert(arguments.end(), x.begin(), x.end());
                      return arguments;
                    }(),
                    softmax(units, x)));
              };
              take_layer({0, 0, 0, 0});
              take_layer({highest_int16, highest_int16, highest_int16, highest_int16});
              take_layer({lowest_int16, highest_int16, lowest_int16, lowest_int16});
              for (std::size_t i = 0; i < softmax_width; ++i) {
                Integers x(softmax_width, -1);
                x[i] = 0;
                take_layer(x);
              }
              std::mt19937_64 engine(stream_seed);
              for (int k = 0; k < drawn_softmaxes; ++k) {
                const std::int64_t reach = std::min(highest_int16, units << (k % 5));
                Integers x(softmax_width);
                for (std::int64_t& each : x) each = drawn_between(engine, -reach, reach);
                take_layer(x);
              }
            }
          }};
}

KernelStream root_stream() {
  return {"ibert_sqrt/1", {"n"}, {"root"}, [](const TakeRow& take) {
            std::set<std::uint32_t> numbers;
            for (std::uint32_t n = 0; n < 1024; ++n) numbers.insert(n);
            for (std::uint64_t root = 1; root < 65536; root += root < 2048 ? 1 : 97)
              for (const std::uint64_t n : {root * root - 1, root * root, root * root + 1})
                numbers.insert(static_cast<std::uint32_t>(n));
            for (int bit = 10; bit < 32; ++bit)
              for (const std::uint32_t n : {(1u << bit) - 1, 1u << bit, (1u << bit) + 1})
                numbers.insert(n);
            for (const std::uint32_t n : {0xFFFE0000u, 0xFFFE0001u, 0xFFFE0002u, 0xFFFFFFFFu})
              numbers.insert(n);
            for (const std::uint32_t n : numbers) take(row_of({n}, {ibert_sqrt(n)}));
          }};
}

/// One element at a time, which tells their order; the extremes everywhere; sums at the ends of
/// int32; drawn words.
KernelStream packed_stream(const std::string& name, int bits, PackedSign sign) {
  return {name, {"sum", "a", "w"}, {"result"}, [bits, sign](const TakeRow& take) {
            const auto take_words = [&](std::int32_t sum, std::uint32_t a, std::uint32_t w) {
              take(row_of({sum, a, w}, {packed_dot_product(sum, a, w, bits, sign)}));
            };
            const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
            for (int i = 0; i < 32; i += bits)
              for (int k = 0; k < 32; k += bits)
                for (const std::uint32_t element : {1u, mask >> 1, (mask >> 1) + 1, mask})
                  take_words(i, element << i, (mask >> 1) << k);
            constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
            constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
            for (const std::int32_t sum : {lowest, lowest + 1, -1, 0, 1, highest - 1, highest})
              for (const std::uint32_t element : {0u, 1u, mask >> 1, (mask >> 1) + 1, mask})
                for (const std::uint32_t weight : {0u, 1u, mask >> 1, (mask >> 1) + 1, mask}) {
                  const std::uint32_t everywhere = 0xFFFFFFFFu / mask;
                  take_words(sum, element * everywhere, weight * everywhere);
                }
            std::mt19937_64 engine(stream_seed);
            for (int k = 0; k < drawn_products; ++k) {
              const auto sum = static_cast<std::int32_t>(engine() >> 32);
              const auto a = static_cast<std::uint32_t>(engine() >> 32);
              take_words(sum, a, static_cast<std::uint32_t>(engine() >> 32));
            }
          }};
}

template <class Weights>
KernelRow unpacked_row(std::uint8_t byte, const std::optional<Weights>& weights) {
  KernelRow row{{byte}, {}};
  for (std::size_t i = 0; i < std::tuple_size_v<Weights>; ++i)
    row.results.push_back(weights ? std::optional<std::int64_t>((*weights)[i]) : std::nullopt);
  return row;
}

/// All bytes to weights.
template <class Weights>
KernelStream unpacking_stream(const std::string& name,
                              std::optional<Weights> (*unpacked)(std::uint8_t)) {
  return {
      name, {"byte"}, numbered("w", std::tuple_size_v<Weights>), [unpacked](const TakeRow& take) {
        for (int byte = 0; byte < 256; ++byte)
          take(unpacked_row(static_cast<std::uint8_t>(byte),
                            unpacked(static_cast<std::uint8_t>(byte))));
      }};
}

/// All weights to bytes.
template <class Weights>
KernelStream packing_stream(const std::string& name) {
  constexpr std::size_t width = std::tuple_size_v<Weights>;
  return {name, numbered("w", width), {"byte"}, [](const TakeRow& take) {
            Weights weights;
            weights.fill(-1);
            for (;;) {
              take(row_of({weights.begin(), weights.end()}, {packed_ternary(weights)}));
              std::size_t i = 0;
              while (i < width && weights[i] == 1) weights[i++] = -1;
              if (i == width) return;
              ++weights[i];
            }
          }};
}

/// Sums at the ends of int16, the extremes of int8, drawn ones; every byte that five weights have.
KernelStream ternary_stream() {
  return {"ternary_dot/1",
          joined({"sum", "byte"}, numbered("x", 5)),
          {"result"},
          [](const TakeRow& take) {
            std::mt19937_64 engine(stream_seed);
            const auto take_sum = [&](std::int64_t sum, int byte, const Integers& x) {
              const auto weights = unpacked_five(static_cast<std::uint8_t>(byte)).value();
              Integers arguments{sum, byte};
              arguments.insert(arguments.end(), x.begin(), x.end());
              take(row_of(std::move(arguments),
                          {ternary_dot_product(static_cast<std::int16_t>(sum), weights, x)}));
            };
            for (int byte = 0; byte < 243; ++byte) {
              take_sum(0, byte, {1, 2, 4, 8, 16});
              take_sum(highest_int16, byte, Integers(5, -128));
              take_sum(lowest_int16, byte, Integers(5, 127));
              for (int k = 0; k < 8; ++k) {
                Integers x(5);
                for (std::int64_t& each : x) each = drawn_between(engine, -128, 127);
                take_sum(drawn_between(engine, lowest_int16, highest_int16), byte, x);
              }
            }
          }};
}

/// Eight numbers in units of 2^-16: zeros, magnitudes at and next to powers of two, equal errors,
/// one outlier, and drawn ones of every size.
std::vector<Integers> calibration_data() {
  constexpr std::int64_t one = 65536;
  std::vector<Integers> data{Integers(8, 0), Integers(8, one), Integers(8, -one)};
  for (int bit = 8; bit < 27; ++bit)
    for (const std::int64_t largest :
         {(std::int64_t{1} << bit) - 1, std::int64_t{1} << bit, (std::int64_t{1} << bit) + 1}) {
      data.push_back({largest, 0, 0, 0, 0, 0, 0, 0});
      // The rank of 75 % is the sixth: the largest two are cut off.
      data.push_back({1, -2, 3, largest, -largest, largest, 4 * largest, -8 * largest});
    }
  // 0.26 is 0.25 with 2, 3 and 4 bits, 7.9 is 7.875 with 3 and 4 and too large with 5.
  data.push_back({17039, 517734, 0, 0, 0, 0, 0, 0});
  data.push_back({-17039, -517734, 0, 0, 0, 0, 0, 0});
  std::mt19937_64 engine(stream_seed);
  for (int k = 0; k < drawn_calibrations; ++k) {
    const std::int64_t reach = std::int64_t{1} << (6 + k % 20);
    Integers x(8);
    for (std::int64_t& each : x) each = drawn_between(engine, -reach, reach);
    if (k % 3 == 0) x[static_cast<std::size_t>(k) % 8] *= 16;
    data.push_back(x);
  }
  return data;
}

KernelStream calibration_stream(const std::string& name,
                                int (*calibrated)(std::span<const std::int64_t>)) {
  return {name, numbered("x", 8), {"n"}, [calibrated](const TakeRow& take) {
            for (const Integers& x : calibration_data()) take(row_of(x, {calibrated(x)}));
          }};
}

int calibrated_by_three_quarters(std::span<const std::int64_t> data) {
  return calibrated_by_percentile(data, calibrated_percent);
}

std::vector<KernelStream> all_streams() {
  std::vector<KernelStream> streams{
      calibration_stream("calibrate_max/1", calibrated_by_max),
      calibration_stream("calibrate_mse/1", calibrated_by_mse),
      calibration_stream("calibrate_percentile/1", calibrated_by_three_quarters)};
  for (const int bits : {2, 4, 8}) {
    const std::string width = std::to_string(bits);
    streams.push_back(
        packed_stream("dot_s" + width + "s" + width + "/1", bits, PackedSign::is_signed));
    streams.push_back(
        packed_stream("dot_u" + width + "s" + width + "/1", bits, PackedSign::is_unsigned));
  }
  streams.push_back(exponential_stream<IbertExponential>("ibert_exp/1", ibert_units));
  streams.push_back(softmax_stream("ibert_softmax/1", ibert_units, ibert_softmax));
  streams.push_back(root_stream());
  streams.push_back(exponential_stream<ShiftExponential>("shift_exp/1", shift_units));
  streams.push_back(softmax_stream("shiftmax/1", shift_units, shiftmax));
  streams.push_back(ternary_stream());
  streams.push_back(packing_stream<TernaryQuad>("ternary_pack4/1"));
  streams.push_back(packing_stream<TernaryFive>("ternary_pack5/1"));
  streams.push_back(unpacking_stream("ternary_unpack4/1", unpacked_quad));
  streams.push_back(unpacking_stream("ternary_unpack5/1", unpacked_five));
  std::ranges::sort(streams, {}, &KernelStream::name);
  return streams;
}

}  // namespace

const std::vector<KernelStream>& kernel_streams() {
  static const std::vector<KernelStream> streams = all_streams();
  return streams;
}

const KernelStream* find_kernel_stream(std::string_view name) {
  const auto found = std::ranges::find(kernel_streams(), name, &KernelStream::name);
  return found == kernel_streams().end() ? nullptr : &*found;
}

}  // namespace lsgd
