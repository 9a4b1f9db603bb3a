// SPDX-License-Identifier: Apache-2.0
#include "steps/rounding_probe.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/numbers/draw_below.hpp>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

/// Draws operands by their significant bits. One draw in an expression: compilers differ in which
/// of several they make first.
class OperandDraw {
 public:
  explicit OperandDraw(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return draw_below(engine_, limit); }

  /// One of `significands`, times 2^exponent.
  float one_of(std::initializer_list<int> significands, int exponent) {
    return static_cast<float>(
        std::ldexp(*(significands.begin() + below(significands.size())), exponent));
  }

  /// An odd integer from [low, high), times 2^exponent.
  float odd(std::size_t low, std::size_t high, int exponent) {
    return static_cast<float>(
        std::ldexp(static_cast<double>(low + 2 * below((high - low) / 2) + 1), exponent));
  }

  /// All 24 bits, in [1, 2) * 2^exponent.
  float full(int exponent) {
    return odd(std::size_t{1} << 23, std::size_t{1} << 24, exponent - 23);
  }

  float sign() { return below(2) == 0 ? -1.0f : 1.0f; }

 private:
  std::mt19937_64 engine_;
};

void add_sample(DataSet& data, const std::vector<float>& inputs, std::size_t label) {
  data.inputs_flat.insert(data.inputs_flat.end(), inputs.begin(), inputs.end());
  data.labels.push_back(static_cast<std::uint32_t>(label));
}

/// The argument for which tanh is nearest to `a`, or 0 where it is not within a quarter of the
/// spacing of activations, so that an accurate tanh gives `a` itself.
float tanh_argument(float a) {
  float best = 0;
  double smallest = 0.25 * (double{std::nextafter(a, 2.0f)} - double{a});
  float candidate = static_cast<float>(std::atanh(double{a}));
  for (int k = 0; k < 8; ++k) candidate = std::nextafter(candidate, 0.0f);
  for (int k = 0; k < 16; ++k, candidate = std::nextafter(candidate, 2.0f)) {
    const double error = std::abs(std::tanh(double{candidate}) - double{a});
    if (error < smallest) {
      smallest = error;
      best = candidate;
    }
  }
  return best;
}

/// Eight arguments of all bits, odd integers from [low, high) times 2^exponent.
std::vector<float> tanh_arguments(OperandDraw& draw, std::size_t low, std::size_t high,
                                  int exponent) {
  std::vector<float> inputs;
  for (std::size_t i = 0; i < 8; ++i) {
    const float sign = draw.sign();
    inputs.push_back(sign * draw.odd(low, high, exponent));
  }
  return inputs;
}

/// Eight arguments for which tanh has 6 bits: the square of the first four is below one half, that
/// of the others above.
std::vector<float> short_tanh_arguments(OperandDraw& draw) {
  std::vector<float> inputs;
  while (inputs.size() < 8) {
    const float a = inputs.size() < 4 ? draw.odd(32, 46, -6) : draw.odd(46, 64, -6);
    if (const float argument = tanh_argument(a); argument != 0)
      inputs.push_back(draw.sign() * argument);
  }
  return inputs;
}

RoundingProbe empty_probe(std::string name, std::vector<Layer> layers, Loss loss,
                          std::uint32_t classes, float learning_rate) {
  RoundingProbe probe;
  probe.name = std::move(name);
  probe.data.inputs = layers.front().inputs;
  probe.data.classes = classes;
  probe.model.network = {std::move(layers), loss};
  for (const Layer& layer : probe.model.network.layers)
    probe.model.parameters.push_back(
        {std::vector<float>(layer.weight_count()), std::vector<float>(layer.outputs)});
  probe.learning_rate = learning_rate;
  return probe;
}

/// Products of a few bits by 22 or by all 24, next to sums as large. Biases that are zero show the
/// deltas themselves: the learning rate is a power of two.
RoundingProbe dense_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe(
      "dense",
      {{8, 8, Activation::relu}, {8, 6, Activation::identity}, {6, 3, Activation::identity}},
      Loss::mse, 3, 2);
  Parameters<float>& parameters = probe.model.parameters;
  // Times 5 or 7 these are 25 bits long.
  for (float& weight : parameters[0].weights) weight = draw.odd(3355444, std::size_t{1} << 22, -24);
  for (float& bias : parameters[0].biases) bias = draw.full(-4);
  // One sign for each neuron: partial sums have the sign of their sum, and errors away from zero
  // do not cancel. The outputs are negative, as their deltas are whatever the target.
  std::vector<float> signs(8, 1);
  for (std::size_t l = 1; l < 3; ++l) {
    const Layer& layer = probe.model.network.layers[l];
    std::vector<float> signs_above;
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      signs_above.push_back(l == 2 ? -1 : draw.sign());
      for (std::size_t i = 0; i < layer.inputs; ++i)
        parameters[l].weights[j * layer.inputs + i] =
            signs_above[j] * signs[i] * draw.one_of({3, 5, 7}, l == 1 ? -4 : -7);
    }
    signs = signs_above;
  }
  for (std::size_t step = 0; step < 200; ++step) {
    std::vector<float> inputs(8);
    inputs[0] = draw.one_of({5, 7}, -3);
    const std::size_t other = 1 + draw.below(7);
    inputs[other] = draw.one_of({5, 7}, -3 - static_cast<int>(draw.below(4)));
    add_sample(probe.data, inputs, draw.below(3));
  }
  return probe;
}

/// One product, exact, and one addition in each sum. Neurons 0 to 3: the addition of the bias is a
/// tie. Neurons 4 to 7: no bias, and a - 1 is one. The weights of inputs 1 to 3 are zero and become
/// their updates, delta * 3: for neurons 4 to 7 a has 24 bits below 2^25 / 3, so that these are
/// ties.
RoundingProbe sum_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe("sum", {{8, 8, Activation::identity}}, Loss::mse, 8, 1);
  LayerParameters<float>& parameters = probe.model.parameters[0];
  for (std::size_t j = 0; j < 8; ++j) {
    parameters.weights[8 * j] = draw.odd(2048, 2364, j < 4 ? -11 : -12);
    if (j < 4) parameters.biases[j] = draw.odd(1 << 22, 1 << 23, -23);
  }
  for (std::size_t step = 0; step < 100; ++step) {
    std::vector<float> inputs(8);
    inputs[0] = draw.odd(4096, 4730, -13);
    for (std::size_t i = 1; i < 4; ++i)
      inputs[i] = draw.one_of({3}, -static_cast<int>(draw.below(4)));
    add_sample(probe.data, inputs, 4 + draw.below(4));
  }
  return probe;
}

/// Exact down to the deltas of a layer, which times the learning rate of 3 are half-way in neurons
/// 0 to 3, where zero biases show them: deltas of 24 bits below 2^25 / 3. In neurons 4 to 7 deltas
/// have 22 bits, 3 * delta is exact, and its difference from a bias of 24 bits is half-way. The
/// weight of input 1 balances that bias in the forward pass. In neurons 8 to 11 the product of the
/// forward pass, 25 bits, is half-way.
RoundingProbe rate_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe("rate", {{8, 12, Activation::identity}}, Loss::mse, 12, 3);
  LayerParameters<float>& parameters = probe.model.parameters[0];
  for (std::size_t j = 0; j < 4; ++j) parameters.weights[8 * j] = draw.odd(2048, 2364, -12);
  for (std::size_t j = 4; j < 8; ++j) {
    parameters.weights[8 * j] = draw.odd(512, 591, -10);
    parameters.weights[8 * j + 1] = draw.odd(21 << 18, 13 << 19, -21);
    parameters.biases[j] = -parameters.weights[8 * j + 1] + draw.odd(0, 1 << 16, -21);
  }
  for (std::size_t j = 8; j < 12; ++j) parameters.weights[8 * j + 2] = draw.odd(4096, 5792, -12);
  for (std::size_t step = 0; step < 100; ++step) {
    std::vector<float> inputs(8);
    inputs[0] = draw.odd(4096, 4730, -12);
    inputs[1] = 1;
    inputs[2] = draw.odd(4096, 5792, -12);
    add_sample(probe.data, inputs, draw.below(8));
  }
  return probe;
}

/// Exact down to the output deltas. Each hidden neuron leads to one output, so that its delta is
/// one product: half-way where the output's target is 0, 5 or 7 times an odd number of 22 bits or
/// more that is below 2^25 / 7.
RoundingProbe delta_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe(
      "delta", {{8, 8, Activation::identity}, {8, 4, Activation::identity}}, Loss::mse, 4, 2);
  Parameters<float>& parameters = probe.model.parameters;
  std::vector<float> signs;
  for (std::size_t i = 0; i < 8; ++i) {
    signs.push_back(draw.sign());
    parameters[0].weights[9 * i] = 1;
    parameters[1].weights[8 * (i % 4) + i] = -signs[i] * (i < 4 ? 0.3125f : 0.4375f);
  }
  for (std::size_t step = 0; step < 100; ++step) {
    std::vector<float> inputs;
    for (std::size_t i = 0; i < 8; ++i)
      inputs.push_back(signs[i] *
                       (i < 4 ? draw.odd(279622, 399457, -20) : draw.odd(139811, 199728, -19)));
    add_sample(probe.data, inputs, draw.below(4));
  }
  return probe;
}

/// Each neuron of the first layer takes its own input as it is, an argument of tanh. Three chunks:
/// arguments in [0.5625, 0.875), where a * a is in [1/4, 1/2) and every other 1 - a * a a tie; in
/// [1, 1.75), where it is above and the rounding of a * a remains; activations of 6 bits, where
/// nothing rounds but delta * (1 - a * a).
RoundingProbe tanh_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe(
      "tanh", {{8, 8, Activation::tanh}, {8, 1, Activation::identity}}, Loss::mse, 2, 64);
  Parameters<float>& parameters = probe.model.parameters;
  for (std::size_t j = 0; j < 8; ++j) {
    parameters[0].weights[9 * j] = draw.sign();
    const float sign = draw.sign();
    // The small one makes delta any odd number of 2^-13: ties whose even neighbour is on either
    // side.
    parameters[1].weights[j] =
        sign * std::ldexp(1.0f, j == 0 ? -7 : -static_cast<int>(draw.below(3)));
  }
  probe.chunks = 3;
  while (probe.data.size() < 400) {
    const std::size_t label = draw.below(2);
    add_sample(probe.data,
               probe.data.size() < 200 ? tanh_arguments(draw, 9 << 20, 14 << 20, -24)
                                       : tanh_arguments(draw, 1 << 23, 14 << 20, -23),
               label);
  }
  while (probe.data.size() < 600) {
    const std::size_t label = draw.below(2);
    const std::vector<float> inputs = short_tanh_arguments(draw);
    double delta = -static_cast<double>(label);
    for (std::size_t i = 0; i < 8; ++i) {
      const double z = double{parameters[0].weights[9 * i]} * double{inputs[i]};
      delta += double{parameters[1].weights[i]} * double{static_cast<float>(std::tanh(z))};
    }
    // Of these 14 bits, the product with the 12 of 1 - a * a has 25.
    if (std::abs(delta) > 1 && std::abs(delta) < 1.33) add_sample(probe.data, inputs, label);
  }
  return probe;
}

/// Hidden activations of all bits; outputs where the sigmoid grows as e^z, so that the last bit of
/// z counts; one activation that is subnormal, and its derivative.
RoundingProbe sigmoid_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe(
      "sigmoid", {{8, 8, Activation::sigmoid}, {8, 4, Activation::sigmoid}}, Loss::bce, 4, 64);
  Parameters<float>& parameters = probe.model.parameters;
  for (std::size_t j = 0; j < 7; ++j) parameters[0].weights[9 * j] = 1;
  parameters[0].biases[7] = -draw.full(-2) - 88;
  for (float& weight : parameters[1].weights) weight = -draw.full(1);
  for (float& bias : parameters[1].biases) bias = -draw.full(4);
  for (std::size_t step = 0; step < 150; ++step) {
    std::vector<float> inputs;
    for (std::size_t i = 0; i < 8; ++i) inputs.push_back(-draw.odd(1 << 23, 5 << 21, -22));
    add_sample(probe.data, inputs, draw.below(4));
  }
  return probe;
}

/// Every activation and delta is subnormal, or near. Products of the first and the last layer are
/// exact: of those that round, legal sums differ in whole units, and in few steps by all of them.
RoundingProbe subnormal_probe(std::uint64_t seed) {
  OperandDraw draw(seed);
  RoundingProbe probe = empty_probe(
      "subnormal",
      {{4, 4, Activation::identity}, {4, 4, Activation::tanh}, {4, 1, Activation::identity}},
      Loss::mse, 2, 0.75f);
  for (std::size_t l = 0; l < 3; ++l) {
    LayerParameters<float>& parameters = probe.model.parameters[l];
    for (float& weight : parameters.weights) {
      const float sign = draw.sign();
      weight = sign * (l == 0   ? draw.full(-131 - static_cast<int>(draw.below(4)))
                       : l == 1 ? draw.full(-1)
                                : draw.one_of({1, 2}, 0));
    }
    for (float& bias : parameters.biases) {
      const float sign = draw.sign();
      bias = sign * draw.full(-132);
    }
  }
  for (std::size_t step = 0; step < 16; ++step) {
    std::vector<float> inputs;
    for (std::size_t i = 0; i < 4; ++i) {
      const float sign = draw.sign();
      inputs.push_back(sign * draw.one_of({1, 2}, 0));
    }
    add_sample(probe.data, inputs, 0);
  }
  return probe;
}

}  // namespace

std::vector<RoundingProbe> rounding_probes(std::uint64_t seed) {
  return {sum_probe(seed),  dense_probe(seed),   rate_probe(seed),     delta_probe(seed),
          tanh_probe(seed), sigmoid_probe(seed), subnormal_probe(seed)};
}

void generate_rounding_probes(const std::filesystem::path& directory) {
  for (const RoundingProbe& probe : rounding_probes(rounding_probe_seed)) {
    const std::filesystem::path below = directory / probe.name;
    std::error_code error;
    std::filesystem::create_directories(below, error);
    if (error)
      throw InputError(below.string(), 0, "a writable directory (" + error.message() + ")");
    write_model(below / "model.json", probe.model);
    write_data(below / "data.csv", probe.data);
  }
}

}  // namespace lsgd
