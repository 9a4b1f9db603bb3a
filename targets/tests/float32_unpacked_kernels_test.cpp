// SPDX-License-Identifier: Apache-2.0

// float32_unpacked over the whole range of binary32, with two and with four rows or columns side by
// side: every number lies where long double says, however far apart the numbers of a layer are.
#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "lsgd/port.h"
#include "stored_parameters.h"

namespace {

using Number = long double;

std::vector<std::uint8_t> bytes_of(const std::vector<float>& numbers) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(numbers.data());
  return {first, first + 4 * numbers.size()};
}

void load(lsgd_tensor tensor, std::uint16_t layer, const std::vector<float>& numbers) {
  const std::vector<std::uint8_t> bytes = bytes_of(numbers);
  lsgd_port_load(tensor, layer, 0, bytes.data(), static_cast<std::uint32_t>(bytes.size()));
}

std::vector<float> stored(lsgd_tensor tensor, std::uint16_t layer, std::size_t count) {
  std::vector<float> numbers(count);
  lsgd_port_store(tensor, layer, 0, reinterpret_cast<std::uint8_t*>(numbers.data()),
                  static_cast<std::uint32_t>(4 * count));
  return numbers;
}

/// Draws numbers whose exponents are within `spread` binades; zeros of both signs, powers of two
/// and short numbers too.
class Draw {
 public:
  Draw(std::uint64_t seed, int lowest, int spread)
      : engine_(seed), lowest_(lowest), spread_(spread), signs_(seed % 4 == 0 ? 0 : 0x80000000u) {}

  float operator()() {
    const auto bits = static_cast<std::uint32_t>(engine_()) & (0x7fffffffu | signs_);
    const auto exponent = static_cast<std::uint32_t>(
        lowest_ + static_cast<int>(engine_() % static_cast<unsigned>(spread_)));
    std::uint32_t fraction = bits & 0x7fffff;
    switch (engine_() % 8) {
      case 0:
        return std::bit_cast<float>(bits & 0x80000000u);
      case 1:
        fraction = 0;
        break;
      case 2:
        fraction &= 0x700000;
        break;
      default:
        break;
    }
    return std::bit_cast<float>((bits & 0x80000000u) | exponent << 23 | fraction);
  }

  std::vector<float> operator()(std::size_t count) {
    std::vector<float> numbers(count);
    for (float& number : numbers) number = (*this)();
    return numbers;
  }

  std::size_t below(std::size_t bound) { return engine_() % bound; }

 private:
  std::mt19937_64 engine_;
  int lowest_;
  int spread_;
  std::uint32_t signs_;  // none where all numbers are positive, whose sums grow
};

/// A sum of products, and what SPEC 5.3 admits of it: 2^-27 of the largest product or partial sum
/// for each term.
struct Sum {
  Number value = 0;
  Number largest = 0;
  int terms = 0;

  void add(Number product) {
    value += product;
    largest = std::max({largest, std::abs(product), std::abs(value)});
    ++terms;
  }
  Number error() const { return std::ldexp(largest, -27) * terms; }
};

/// Half an ulp of binary32 at a number, subnormal ones included.
Number half_ulp(Number value) {
  const int exponent = value == 0 ? -149 : std::max(std::ilogb(value) - 23, -149);
  return std::ldexp(Number(1), exponent - 1);
}

bool may_overflow(Number value) { return std::abs(value) > std::ldexp(Number(1), 127); }

void expect_near(float got, Number exact, Number error, const char* what) {
  const Number bound = half_ulp(std::abs(exact) + error) + error + std::ldexp(std::abs(exact), -40);
  ASSERT_LE(std::abs(Number(got) - exact), bound)
      << what << ' ' << std::hexfloat << got << ", exact " << exact;
}

/// One step of inputs-hidden-outputs, identity, mse.
void check_step(Draw& draw, float rate) {
  const auto inputs = static_cast<std::uint16_t>(1 + draw.below(draw.below(4) == 0 ? 30 : 9));
  const auto hidden = static_cast<std::uint16_t>(1 + draw.below(9));
  const auto outputs = static_cast<std::uint16_t>(1 + draw.below(9));
  const lsgd_layer layers[] = {{inputs, hidden, LSGD_ACTIVATION_IDENTITY},
                               {hidden, outputs, LSGD_ACTIVATION_IDENTITY}};
  const lsgd_network network = {layers, 2, LSGD_LOSS_MSE};
  ASSERT_EQ(lsgd_port_configure(&network), LSGD_OK);
  const std::vector<float> w[] = {draw(std::size_t(inputs) * hidden),
                                  draw(std::size_t(hidden) * outputs)};
  const std::vector<float> b[] = {draw(hidden), draw(outputs)};
  for (std::uint16_t l = 0; l != 2; ++l) {
    load(LSGD_TENSOR_WEIGHTS, l + 1, w[l]);
    load(LSGD_TENSOR_BIASES, l + 1, b[l]);
    ASSERT_EQ(bytes_of(stored(LSGD_TENSOR_WEIGHTS, l + 1, w[l].size())), bytes_of(w[l]));
  }
  const std::vector<float> x = draw(inputs);
  const std::vector<float> t = draw(outputs);
  ASSERT_EQ(lsgd_port_train_step(x.data(), t.data(), rate), LSGD_OK);
  const std::vector<float> a[] = {x, stored(LSGD_TENSOR_ACTIVATIONS, 1, hidden),
                                  stored(LSGD_TENSOR_ACTIVATIONS, 2, outputs)};
  for (int l = 0; l != 2; ++l)
    for (std::size_t j = 0; j != b[l].size(); ++j) {
      Sum z;
      z.add(b[l][j]);
      for (std::size_t i = 0; i != a[l].size(); ++i)
        z.add(Number(w[l][j * a[l].size() + i]) * a[l][i]);
      if (may_overflow(z.largest * 10)) return;
      ASSERT_NO_FATAL_FAILURE(expect_near(a[l + 1][j], z.value, z.error(), "z"));
    }
  std::vector<Number> delta[2];
  std::vector<Number> error[2];
  for (std::size_t j = 0; j != outputs; ++j) {
    const Number difference = Number(a[2][j]) - t[j];
    delta[1].push_back(difference);
    error[1].push_back(half_ulp(difference));
  }
  for (std::size_t i = 0; i != hidden; ++i) {
    Sum sum;
    Number inherited = 0;
    for (std::size_t j = 0; j != outputs; ++j) {
      sum.add(Number(w[1][j * hidden + i]) * delta[1][j]);
      inherited += std::abs(w[1][j * hidden + i]) * error[1][j];
    }
    if (may_overflow(sum.largest * 10)) return;
    delta[0].push_back(sum.value);
    error[0].push_back(inherited * 1.01L + sum.error() * 1.01L + half_ulp(sum.value));
  }
  for (int l = 0; l != 2; ++l) {
    const std::vector<float> new_w =
        stored(LSGD_TENSOR_WEIGHTS, static_cast<std::uint16_t>(l + 1), w[l].size());
    const std::vector<float> new_b =
        stored(LSGD_TENSOR_BIASES, static_cast<std::uint16_t>(l + 1), b[l].size());
    const auto expect_updated = [&](float got, float old, Number factor, std::size_t j) {
      const Number change = rate * factor * delta[l][j];
      if (may_overflow(old) || may_overflow(change * 2)) return;
      expect_near(got, old - change,
                  std::abs(rate * factor) * error[l][j] + std::ldexp(std::abs(change), -30),
                  l == 0 ? "first layer" : "last layer");
    };
    for (std::size_t j = 0; j != b[l].size(); ++j) {
      ASSERT_NO_FATAL_FAILURE(expect_updated(new_b[j], b[l][j], 1, j));
      for (std::size_t i = 0; i != a[l].size(); ++i) {
        const std::size_t k = j * a[l].size() + i;
        ASSERT_NO_FATAL_FAILURE(expect_updated(new_w[k], w[l][k], a[l][i], j));
      }
    }
  }
}

TEST(Float32Unpacked, KeepsItsBoundsOverTheWholeRange) {
  const struct {
    int lowest;
    int spread;
    int cases;
  } ranges[] = {{126, 1, 500},  {120, 10, 1500}, {100, 40, 1500}, {64, 127, 1500},
                {1, 253, 1500}, {0, 60, 1000},   {0, 3, 500},     {180, 75, 1000}};
  std::uint64_t seed = 0;
  for (const auto& range : ranges)
    for (int k = 0; k < range.cases; ++k) {
      Draw draw(++seed, range.lowest, range.spread);
      for (const float rate : {0.0625f, 0.01f, 1.0f})
        ASSERT_NO_FATAL_FAILURE(check_step(draw, rate)) << "seed " << seed;
    }
}

TEST(Float32Unpacked, HasAWordForEveryPattern) {
  std::mt19937_64 engine(1);
  for (int k = 0; k < 1'000'000; ++k) {
    const auto bits = static_cast<std::uint32_t>(engine());
    ASSERT_EQ(lsgd_bits_from_word(lsgd_word_from_bits(bits)), bits);
  }
  for (const std::uint32_t sign : {0u, 0x80000000u})
    for (std::uint32_t exponent = 0; exponent != 256; ++exponent)
      for (const std::uint32_t fraction : {0u, 1u, 0x7fffffu}) {
        const std::uint32_t bits = sign | exponent << 23 | fraction;
        const std::uint32_t word = lsgd_word_from_bits(bits);
        ASSERT_EQ(lsgd_bits_from_word(word), bits);
        const int word_exponent = lsgd_word_exponent(word);
        if (word_exponent == 0 || word_exponent == 255 || exponent == 255) continue;
        EXPECT_EQ(std::ldexp(static_cast<double>(lsgd_word_significand(word)), word_exponent - 157),
                  std::bit_cast<float>(bits));
      }
}

}  // namespace
