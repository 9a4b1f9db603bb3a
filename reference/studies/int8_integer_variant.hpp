// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/fraction_bits.hpp>
#include <lsgd/numbers/quantize.hpp>

namespace lsgd {

/// Where the random bits of the update come from.
enum class RandomBits : std::uint8_t {
  xorshift_low,     ///< low bits of a new state of xorshift32 (13, 17, 5) for every weight
  xorshift_halves,  ///< one state for two weights, 16 bits each
  linear_high,      ///< high bits of a new state of a linear congruential generator
  weyl_high,        ///< high bits of a counter that grows by 2^32 / golden ratio
  linear_per_row,   ///< one draw of the linear generator for all weights of a neuron
  none              ///< rounding to nearest
};

/// One way to train in integers, to be measured; the defaults are clause 11 of the specification.
struct Int8IntegerVariant {
  std::string name;
  RandomBits random_bits = RandomBits::linear_high;
  int preactivation_bits = 4;  ///< fraction bits of z, which then ranges over +-8
  int activation_bits = 7;     ///< fraction bits of hidden activations
  bool fraction_bits_per_row = false;
  int accumulating_bits = 0;    ///< weights keep so many bits below those the forward pass reads
  int fraction_bits_floor = 5;  ///< n_W does not fall below
  std::vector<int> rate_exponents{6, 6, 7, 8, 9};  ///< k for equal parts of the epochs
};

/// A network in training by a variant, for tanh and sigmoid layers with bce: fast and readable
/// enough to be compared with, bit by bit, where the variant is that of the specification.
class Int8IntegerLearner {
 public:
  Int8IntegerLearner(Network network, Int8IntegerVariant variant, const Parameters<float>& initial,
                     std::uint32_t seed)
      : network_(std::move(network)), variant_(std::move(variant)), state_(seed) {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      LayerState& layer = layers_.emplace_back();
      layer.rows.assign(network_.layers[l].outputs, 7);
      quantize_rows(network_.layers[l], initial[l].weights, layer);
      for (const float bias : initial[l].biases)
        layer.biases.push_back(static_cast<std::int32_t>(std::lround(std::ldexp(bias, 12))));
      layer.a.resize(network_.layers[l].outputs);
      layer.delta.resize(network_.layers[l].outputs);
      layer.table = table_of(network_.layers[l].activation, l + 1 == network_.layers.size());
    }
    input_.resize(network_.inputs());
  }

  /// Activations of the output layer.
  std::span<const std::int32_t> forward(std::span<const float> inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) input_[i] = quantize(inputs[i], 7);
    int below_bits = 7;
    const std::int32_t* below = input_.data();
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = network_.layers[l];
      LayerState& state = layers_[l];
      for (std::size_t j = 0; j < layer.outputs; ++j) {
        const std::int32_t* row = &state.weights[j * layer.inputs];
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < layer.inputs; ++i)
          sum += std::int64_t{row[i] >> variant_.accumulating_bits} * below[i];
        const int product_bits = state.rows[j] + below_bits;
        sum += shifted(state.biases[j], product_bits - 12);
        const int shift = product_bits - variant_.preactivation_bits;
        const std::int64_t z = (sum + (shift > 0 ? std::int64_t{1} << (shift - 1) : 0)) >> shift;
        const std::int64_t limit = static_cast<std::int64_t>(state.table.size() / 2);
        state.a[j] = state.table[static_cast<std::size_t>(
            std::clamp<std::int64_t>(z, -limit, limit - 1) + limit)];
      }
      below = state.a.data();
      below_bits = variant_.activation_bits;
    }
    return layers_.back().a;
  }

  void step(std::span<const float> inputs, std::span<const float> target, int k) {
    forward(inputs);
    LayerState& last = layers_.back();
    for (std::size_t j = 0; j < last.a.size(); ++j)
      last.delta[j] = (last.a[j] - 128 * static_cast<std::int32_t>(target[j])) * 32;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      if (l > 0) hidden_delta(l);
      update(l, k);
    }
  }

  const std::vector<int>& fraction_bits(std::size_t layer) const { return layers_[layer].rows; }

 private:
  struct LayerState {
    std::vector<std::int32_t> weights, biases, a, delta, table;
    std::vector<int> rows;  ///< fraction bits of each neuron's weights
  };

  static std::int64_t shifted(std::int64_t value, int shift) {
    return shift >= 0 ? value << shift : value >> -shift;
  }

  std::int32_t weight_limit() const { return 128 << variant_.accumulating_bits; }

  std::vector<std::int32_t> table_of(Activation activation, bool is_output) const {
    const int bits = is_output ? 7 : variant_.activation_bits;
    const int range = 8 << variant_.preactivation_bits;
    std::vector<std::int32_t> table;
    for (int z = -range; z < range; ++z) {
      const double x = std::ldexp(z, -variant_.preactivation_bits);
      const double f = activation == Activation::tanh ? std::tanh(x) : 1 / (1 + std::exp(-x));
      table.push_back(
          std::min(static_cast<std::int32_t>(std::round(std::ldexp(f, bits))), (1 << bits) - 1));
    }
    return table;
  }

  void quantize_rows(const Layer& layer, const std::vector<float>& weights, LayerState& state) {
    state.weights.resize(layer.weight_count());
    float maximum = 0;
    for (const float weight : weights) maximum = std::max(maximum, std::abs(weight));
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      if (variant_.fraction_bits_per_row) {
        maximum = 0;
        for (std::size_t i = 0; i < layer.inputs; ++i)
          maximum = std::max(maximum, std::abs(weights[j * layer.inputs + i]));
      }
      state.rows[j] = fraction_bits_of(maximum);
      for (std::size_t i = 0; i < layer.inputs; ++i)
        state.weights[j * layer.inputs + i] = std::clamp(
            static_cast<std::int32_t>(std::round(std::ldexp(
                weights[j * layer.inputs + i], state.rows[j] + variant_.accumulating_bits))),
            -weight_limit(), weight_limit() - 1);
    }
  }

  void hidden_delta(std::size_t l) {
    const Layer& layer = network_.layers[l];
    const LayerState& state = layers_[l];
    LayerState& below = layers_[l - 1];
    const int highest = *std::max_element(state.rows.begin(), state.rows.end());
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      std::int64_t sum = 0;
      for (std::size_t j = 0; j < layer.outputs; ++j)
        sum += (std::int64_t{state.delta[j]} *
                (state.weights[j * layer.inputs + i] >> variant_.accumulating_bits))
               << (highest - state.rows[j]);
      const std::int64_t s = std::clamp<std::int64_t>(sum >> highest, -32768, 32767);
      const int one = 2 * variant_.activation_bits;
      const std::int64_t a = below.a[i];
      below.delta[i] = static_cast<std::int32_t>(
          (s * ((std::int64_t{1} << one) - a * a) + (std::int64_t{1} << (one - 1))) >> one);
    }
  }

  std::uint32_t next() {
    switch (variant_.random_bits) {
      case RandomBits::xorshift_low:
      case RandomBits::xorshift_halves:
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        break;
      case RandomBits::weyl_high:
        state_ += 0x9e3779b9u;
        break;
      default:
        state_ = state_ * 1664525u + 1013904223u;
    }
    return state_;
  }

  std::int64_t draw(int bits) {
    if (bits == 0) return 0;
    if (variant_.random_bits == RandomBits::none) return std::int64_t{1} << (bits - 1);
    const std::uint32_t r = next();
    return variant_.random_bits == RandomBits::xorshift_low ||
                   variant_.random_bits == RandomBits::xorshift_halves
               ? r & ((std::uint64_t{1} << bits) - 1)
               : r >> (32 - bits);
  }

  std::int64_t draw_for_weight(int bits, std::size_t i) {
    switch (variant_.random_bits) {
      case RandomBits::linear_per_row:
        if (i == 0) shared_ = draw(bits);
        return shared_;
      case RandomBits::xorshift_halves: {
        if (i % 2 == 0) halves_ = next();
        const std::uint32_t half = i % 2 == 0 ? halves_ & 0xffff : halves_ >> 16;
        return shifted(half, bits - 16);
      }
      default:
        return draw(bits);
    }
  }

  void update(std::size_t l, int k) {
    const Layer& layer = network_.layers[l];
    LayerState& state = layers_[l];
    const std::int32_t* below = l == 0 ? input_.data() : layers_[l - 1].a.data();
    const int below_bits = l == 0 ? 7 : variant_.activation_bits;
    std::vector<char> overflowed(layer.outputs, 0);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const std::int64_t delta = state.delta[j];
      if (delta == 0) continue;
      const int shift = 12 + below_bits - state.rows[j] - variant_.accumulating_bits + k;
      std::int32_t* row = &state.weights[j * layer.inputs];
      for (std::size_t i = 0; i < layer.inputs; ++i) {
        const std::int64_t change = (delta * below[i] + draw_for_weight(shift, i)) >> shift;
        const std::int64_t weight = row[i] - change;
        row[i] = static_cast<std::int32_t>(
            std::clamp<std::int64_t>(weight, -weight_limit(), weight_limit() - 1));
        overflowed[j] |= row[i] != weight;
      }
      state.biases[j] = static_cast<std::int32_t>(
          std::clamp<std::int64_t>(state.biases[j] - ((delta + draw(k)) >> k), -32768, 32767));
    }
    if (!variant_.fraction_bits_per_row &&
        std::ranges::any_of(overflowed, [](char row) { return row != 0; }))
      std::ranges::fill(overflowed, 1);
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      if (overflowed[j] == 0 || state.rows[j] <= variant_.fraction_bits_floor) continue;
      --state.rows[j];
      for (std::size_t i = 0; i < layer.inputs; ++i) {
        std::int32_t& weight = state.weights[j * layer.inputs + i];
        weight = static_cast<std::int32_t>((weight + draw(1)) >> 1);
      }
    }
  }

  Network network_;
  Int8IntegerVariant variant_;
  std::uint32_t state_;
  std::uint32_t halves_ = 0;
  std::int64_t shared_ = 0;
  std::vector<LayerState> layers_;
  std::vector<std::int32_t> input_;
};

}  // namespace lsgd
