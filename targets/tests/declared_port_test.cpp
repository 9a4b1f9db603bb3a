// SPDX-License-Identifier: Apache-2.0

// A port whose every bit a declaration says (declared_c99, q8_8_stochastic_c99) against the
// interpreter of the same declaration, which computes with rationals of any size: every code after
// every step.
#include "declared_port.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "port_network.hpp"

namespace lsgd {
namespace {

using Codes = std::vector<std::uint64_t>;

const Arithmetic& declaration() {
  static const Arithmetic arithmetic = read_arithmetic(declaration_of_port);
  return arithmetic;
}

/// Softmax is the one function that a port may lack (port.h).
bool has(Activation function) {
  return (port_has_softmax || !is_of_layer(function)) && declaration().has(function);
}

std::uint32_t code_bytes(Point point) { return bytes_of(*declaration().format(point)); }

void load_codes(lsgd_tensor tensor, std::size_t layer, const Codes& codes, std::uint32_t bytes) {
  std::vector<std::uint8_t> content;
  for (const std::uint64_t code : codes)
    for (std::uint32_t i = 0; i < bytes; ++i)
      content.push_back(static_cast<std::uint8_t>(code >> 8 * i));
  load_tensor(tensor, layer, content);
}

Codes stored_codes(lsgd_tensor tensor, std::size_t layer, std::size_t count, std::uint32_t bytes) {
  const auto content = stored_tensor<std::uint8_t>(tensor, layer, count * bytes);
  Codes codes(count);
  for (std::size_t i = 0; i < content.size(); ++i)
    codes[i / bytes] |= std::uint64_t{content[i]} << 8 * (i % bytes);
  return codes;
}

/// -0 and 0 are the same number, and how a device comes to either is nobody's concern.
Codes expected_codes(const NumberFormat& format, const DeclaredTensor& tensor,
                     std::size_t columns) {
  Codes codes;
  for (const auto& code : codes_of(format, tensor, columns)) codes.push_back(code.value());
  return codes;
}

Codes without_negative_zeros(const NumberFormat& format, Codes codes) {
  if (format.kind == FormatKind::floating)
    for (std::uint64_t& code : codes)
      if (code == std::uint64_t{1} << (format.bits - 1)) code = 0;
  if (format.kind == FormatKind::fixed && format.bits < 32)
    for (std::uint64_t& code : codes) code &= (std::uint64_t{1} << format.bits) - 1;
  return codes;
}

class DeclaredPort : public testing::TestWithParam<int> {
 protected:
  DeclaredPort() : engine_(static_cast<std::uint64_t>(GetParam())) {}

  std::uint32_t draw(std::uint32_t end) { return static_cast<std::uint32_t>(engine_() % end); }

  float real(float magnitude) {
    return magnitude * (static_cast<float>(draw(1 << 24)) * 0x1p-23f - 1);
  }

  std::vector<float> reals(std::size_t count, float magnitude) {
    std::vector<float> values(count);
    for (float& value : values) value = real(magnitude);
    return values;
  }

  void draw_network() {
    const std::uint32_t depth = 1 + draw(3);
    std::uint32_t inputs = 1 + draw(9);
    for (std::uint32_t l = 0; l < depth; ++l) {
      const std::uint32_t outputs = 1 + draw(9);
      Activation function = all_activations.at(draw(all_activations.size()));
      const bool is_output = l + 1 == depth;
      if (!has(function) || (is_of_layer(function) && !is_output)) function = Activation::relu;
      network_.layers.push_back({inputs, outputs, function});
      inputs = outputs;
    }
    network_.loss = draw(2) == 0 ? Loss::mse : Loss::bce;
    if (is_of_layer(network_.layers.back().activation)) network_.loss = Loss::cross_entropy;
    if (network_.loss == Loss::bce) network_.layers.back().activation = Activation::sigmoid;
  }

  void load(const DeclaredState& state) {
    std::vector<std::uint16_t> outputs;
    std::vector<lsgd_activation> activations;
    for (const Layer& layer : network_.layers) {
      outputs.push_back(static_cast<std::uint16_t>(layer.outputs));
      activations.push_back(static_cast<lsgd_activation>(layer.activation));
    }
    port_.emplace(static_cast<std::uint16_t>(network_.inputs()), outputs, activations,
                  static_cast<lsgd_loss>(network_.loss));
    ASSERT_EQ(port_->configure(), LSGD_OK);
    const auto& tensors = lsgd_port_describe()->arithmetic.tensors;
    load_scales(LSGD_TENSOR_INPUT_SCALE, LSGD_TENSOR_INPUT_ZERO_POINT, 0, {state.input_scale});
    for (std::size_t l = 0; l < state.layers.size(); ++l) {
      const DeclaredLayer& layer = state.layers[l];
      load_scales(LSGD_TENSOR_WEIGHT_SCALES, LSGD_TENSOR_WEIGHT_ZERO_POINTS, l + 1,
                  layer.weights.scales);
      load_scales(LSGD_TENSOR_ACTIVATION_SCALES, LSGD_TENSOR_ACTIVATION_ZERO_POINTS, l + 1,
                  {layer.activation_scale});
      if (tensors[LSGD_TENSOR_WEIGHT_FRACTION_BITS].bytes != 0)
        load_codes(LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1, fraction_bits(layer.weights), 1);
      if (tensors[LSGD_TENSOR_BIAS_FRACTION_BITS].bytes != 0)
        load_codes(LSGD_TENSOR_BIAS_FRACTION_BITS, l + 1, fraction_bits(layer.biases), 1);
      load_codes(LSGD_TENSOR_WEIGHTS, l + 1,
                 expected_codes(weights_, layer.weights, network_.layers[l].inputs),
                 code_bytes(Point::weight));
      load_codes(LSGD_TENSOR_BIASES, l + 1, expected_codes(biases_, layer.biases, 1),
                 code_bytes(Point::bias));
    }
    if (tensors[LSGD_TENSOR_RANDOM_STATE].bytes != 0)
      load_codes(LSGD_TENSOR_RANDOM_STATE, 0, {state.random_state}, 4);
  }

  /// Where the arithmetic keeps them.
  static void load_scales(lsgd_tensor scale_tensor, lsgd_tensor zero_point_tensor,
                          std::size_t layer, const std::vector<TensorScale>& scales) {
    const auto& tensors = lsgd_port_describe()->arithmetic.tensors;
    Codes codes, zero_points;
    for (const TensorScale& scale : scales) {
      codes.push_back(bits_of(static_cast<float>(scale.scale.to_double())));
      zero_points.push_back(static_cast<std::uint32_t>(scale.zero_point));
    }
    if (tensors[scale_tensor].bytes != 0) load_codes(scale_tensor, layer, codes, 4);
    if (tensors[zero_point_tensor].bytes != 0) load_codes(zero_point_tensor, layer, zero_points, 4);
  }

  static Codes fraction_bits(const DeclaredTensor& tensor) {
    return {static_cast<std::uint32_t>(tensor.scales.front().fraction_bits)};
  }

  void expect_same(const DeclaredState& state, const DeclaredStep& step,
                   const StepNumbers<BinaryNumber>& numbers) {
    const auto& tensors = lsgd_port_describe()->arithmetic.tensors;
    for (std::size_t l = 0; l < state.layers.size(); ++l) {
      const Layer& shape = network_.layers[l];
      const DeclaredLayer& layer = state.layers[l];
      const std::string place = "layer " + std::to_string(l + 1);
      const NumberFormat& format = *declaration().format(Point::activation);
      Codes activations;
      for (const BinaryNumber& a : numbers.layers[l].a)
        activations.push_back(step.codec(Point::activation, l, state).value().code_of(a).value());
      EXPECT_EQ(
          without_negative_zeros(format, stored_codes(LSGD_TENSOR_ACTIVATIONS, l + 1, shape.outputs,
                                                      code_bytes(Point::activation))),
          without_negative_zeros(format, activations))
          << place;
      if (tensors[LSGD_TENSOR_WEIGHT_FRACTION_BITS].bytes != 0) {
        EXPECT_EQ(stored_codes(LSGD_TENSOR_WEIGHT_FRACTION_BITS, l + 1, 1, 1),
                  fraction_bits(layer.weights))
            << place;
      }
      if (tensors[LSGD_TENSOR_BIAS_FRACTION_BITS].bytes != 0) {
        EXPECT_EQ(stored_codes(LSGD_TENSOR_BIAS_FRACTION_BITS, l + 1, 1, 1),
                  fraction_bits(layer.biases))
            << place;
      }
      EXPECT_EQ(
          without_negative_zeros(weights_,
                                 stored_codes(LSGD_TENSOR_WEIGHTS, l + 1, shape.weight_count(),
                                              code_bytes(Point::weight))),
          without_negative_zeros(weights_, expected_codes(weights_, layer.weights, shape.inputs)))
          << place;
      EXPECT_EQ(
          without_negative_zeros(biases_, stored_codes(LSGD_TENSOR_BIASES, l + 1, shape.outputs,
                                                       code_bytes(Point::bias))),
          without_negative_zeros(biases_, expected_codes(biases_, layer.biases, 1)))
          << place;
    }
    if (tensors[LSGD_TENSOR_RANDOM_STATE].bytes != 0) {
      EXPECT_EQ(stored_codes(LSGD_TENSOR_RANDOM_STATE, 0, 1, 4), Codes{state.random_state});
    }
  }

  Parameters<float> draw_parameters() {
    const float magnitude = draw(4) == 0 ? 9.0f : draw(2) == 0 ? 1.0f : 0.05f;
    Parameters<float> parameters;
    for (const Layer& layer : network_.layers)
      parameters.push_back(
          {reals(layer.weight_count(), magnitude), reals(layer.outputs, magnitude)});
    return parameters;
  }

  std::mt19937_64 engine_;
  Network network_;
  std::optional<PortNetwork> port_;
  const NumberFormat& weights_ = *declaration().format(Point::weight);
  const NumberFormat& biases_ = *declaration().format(Point::bias);
};

/// Whether training has diverged so far that an activation is no number, or that the declaration
/// does not say what it is.
bool has_diverged(const StepNumbers<BinaryNumber>& numbers) {
  using Kind = BinaryNumber::Kind;
  return std::ranges::any_of(numbers.layers, [](const auto& layer) {
    return std::ranges::any_of(layer.a, [](const BinaryNumber& a) {
      return a.kind == Kind::not_a_number || a.kind == Kind::outside_domain;
    });
  });
}

TEST_P(DeclaredPort, TrainsInEveryBitAsItsDeclarationSays) {
  draw_network();
  const std::uint32_t random_state = draw(0xffffffff) | 1;
  DeclaredState state = initial_state(declaration(), network_, draw_parameters(), random_state);
  DeclaredStep step(declaration(), network_);
  load(state);
  StepNumbers<BinaryNumber> numbers;
  const float rate = draw(3) == 0 ? 2.0f : 0.03f;
  for (int count = 0; count < 6 && !HasFailure(); ++count) {
    const Sample sample{reals(network_.inputs(), draw(3) == 0 ? 8.0f : 1.0f),
                        reals(network_.outputs(), 1)};
    step.train(state, sample, rate, numbers);
    ASSERT_EQ(lsgd_port_train_step(sample.inputs.data(), sample.target.data(), rate), LSGD_OK);
    if (has_diverged(numbers)) break;
    expect_same(state, step, numbers);
  }
}

INSTANTIATE_TEST_SUITE_P(DrawnNetworks, DeclaredPort, testing::Range(0, 60));

}  // namespace
}  // namespace lsgd
