// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// How a simulated device rounds the exact result of one operation.
enum class DeviceRounding {
  nearest_even,
  binary64,       ///< keeps a wider intermediate
  toward_zero,    ///< defect: truncation
  half_up,        ///< defect: ties toward +infinity
  half_away,      ///< defect: ties away from zero
  flush_to_zero,  ///< defect: subnormal results become zero
  eight_bits,     ///< defect: bf16's significand
  sixteen_bits,   ///< defect
  chopped,        ///< defect: the device's significand, rounded towards zero
  noisy_nearest,  ///< defect: rms error 1.5 times that of round to nearest
};

enum class DeviceSum {
  ascending,
  descending,
  pairwise,
  four_blocks,
  eight_blocks,
  kahan,
  positive_first,  ///< then the negative terms
  either_sign      ///< in an accumulator of its own
};

enum class DeviceUpdate { rate_delta, delta_activation, rate_activation };

/// Arithmetic of a simulated device; the default is a plain port in C.
struct DeviceArithmetic {
  DeviceRounding forward_product = DeviceRounding::nearest_even;
  DeviceRounding forward_sum = DeviceRounding::nearest_even;
  DeviceRounding bias_sum = DeviceRounding::nearest_even;  ///< the addition of the bias
  /// The finished sum where the activation function, or the store, takes it.
  DeviceRounding activation_argument = DeviceRounding::nearest_even;
  DeviceRounding derivative_difference = DeviceRounding::nearest_even;  ///< 1 - a, 1 - a * a
  DeviceRounding derivative_product = DeviceRounding::nearest_even;     ///< a * a, a * (1 - a)
  DeviceRounding output_delta = DeviceRounding::nearest_even;           ///< a - t
  DeviceRounding delta_product = DeviceRounding::nearest_even;          ///< W * delta
  DeviceRounding delta_sum = DeviceRounding::nearest_even;
  DeviceRounding delta_derivative = DeviceRounding::nearest_even;  ///< sum * f'
  DeviceRounding rate_product = DeviceRounding::nearest_even;      ///< learning rate * ...
  DeviceRounding update_product = DeviceRounding::nearest_even;    ///< delta * a
  DeviceRounding update_sum = DeviceRounding::nearest_even;
  DeviceSum sum = DeviceSum::ascending;
  DeviceUpdate update = DeviceUpdate::rate_delta;
  bool bias_first = true;
  bool other_derivative_form = false;   ///< (1 - a)(1 + a) and a - a * a
  bool quotient_output_delta = false;   ///< (a - t) / (a(1 - a)) * (a(1 - a))
  bool distributed_derivative = false;  ///< multiplied into each term of a hidden delta's sum
  bool libm_activation = false;         ///< tanhf and 1 / (1 + expf(-z)) of the host
  /// Of every result that is rounded to nearest; subnormal ones are multiples of the smallest.
  int significand_bits = 24;
};

/// A float32 device of any arithmetic, legal or not, written without the headers it tests.
class SimulatedDevice {
 public:
  SimulatedDevice(DeviceArithmetic arithmetic, std::uint64_t seed)
      : arithmetic_(arithmetic), engine_(seed) {}

  /// One training step in place; shows its activations a_1..a_L.
  void step(const Network& network, Parameters<float>& parameters, const Sample& sample,
            float learning_rate, std::vector<std::vector<float>>& activations) {
    const std::size_t layers = network.layers.size();
    activations.resize(layers);
    for (std::size_t l = 0; l < layers; ++l)
      activations[l] =
          forward(network.layers[l], parameters[l], l == 0 ? sample.inputs : activations[l - 1]);
    std::vector<double> delta = output_delta(network, activations.back(), sample.target);
    for (std::size_t l = layers; l-- > 0;) {
      std::vector<double> below;
      if (l > 0)
        below = hidden_delta(network.layers[l], parameters[l].weights, delta,
                             network.layers[l - 1].activation, activations[l - 1]);
      update(network.layers[l], delta, l == 0 ? sample.inputs : activations[l - 1], learning_rate,
             parameters[l]);
      delta = below;
    }
  }

  double round(DeviceRounding rounding, double x) {
    const float nearest = static_cast<float>(x);
    if (!std::isfinite(nearest)) return nearest;
    switch (rounding) {
      case DeviceRounding::nearest_even:
        return arithmetic_.significand_bits == 24
                   ? nearest
                   : round_to_format(x, arithmetic_.significand_bits);
      case DeviceRounding::binary64:
        return x;
      case DeviceRounding::toward_zero:
        return std::abs(nearest) > std::abs(x) ? std::nextafter(nearest, 0.0f) : nearest;
      case DeviceRounding::half_up:
        return is_tie(nearest, x) ? std::max(nearest, other_side(nearest, x)) : nearest;
      case DeviceRounding::half_away: {
        const float other = other_side(nearest, x);
        return is_tie(nearest, x) && std::abs(other) > std::abs(nearest) ? other : nearest;
      }
      case DeviceRounding::flush_to_zero:
        return std::abs(nearest) < 0x1p-126f ? 0 : nearest;
      case DeviceRounding::eight_bits:
        return round_to_bits(x, 8);
      case DeviceRounding::sixteen_bits:
        return round_to_bits(x, 16);
      case DeviceRounding::chopped: {
        int exponent = 0;
        const double significand = std::frexp(x, &exponent);
        const int bits = arithmetic_.significand_bits;
        return std::ldexp(std::trunc(std::ldexp(significand, bits)), exponent - bits);
      }
      case DeviceRounding::noisy_nearest: {
        // Round to nearest has a variance of 1/12 ulp^2; a step of one ulp with probability p adds
        // p ulp^2, and 1/12 + p = 1.5^2 / 12.
        const std::uint64_t drawn = engine_() % 48;
        if (drawn >= 5 || nearest == 0) return nearest;
        return std::nextafter(nearest, engine_() % 2 == 0 ? HUGE_VALF : -HUGE_VALF);
      }
    }
    return nearest;
  }

 private:
  static float other_side(float nearest, double x) {
    return x == nearest ? nearest : std::nextafter(nearest, x > nearest ? HUGE_VALF : -HUGE_VALF);
  }
  static bool is_tie(float nearest, double x) {
    const double other = other_side(nearest, x);
    return x != nearest && x - nearest == other - x;
  }
  static double round_to_bits(double x, int bits) {
    int exponent = 0;
    const double significand = std::frexp(x, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(significand, bits)), exponent - bits);
  }

  /// Of a format with binary32's exponents.
  static double round_to_format(double x, int bits) {
    if (std::abs(x) >= 0x1p-126) return round_to_bits(x, bits);
    return std::ldexp(std::nearbyint(std::ldexp(x, 125 + bits)), -125 - bits);
  }

  /// Sum of `terms` by the declared kind of summation; each addition is rounded.
  double sum(const std::vector<double>& terms, DeviceRounding rounding) {
    switch (arithmetic_.sum) {
      case DeviceSum::ascending: {
        double total = 0;
        for (const double term : terms) total = round(rounding, total + term);
        return total;
      }
      case DeviceSum::descending: {
        double total = 0;
        for (std::size_t i = terms.size(); i-- > 0;) total = round(rounding, total + terms[i]);
        return total;
      }
      case DeviceSum::pairwise:
        return pairwise(terms, 0, terms.size(), rounding);
      case DeviceSum::four_blocks:
        return blocks(terms, 4, rounding);
      case DeviceSum::eight_blocks:
        return blocks(terms, 8, rounding);
      case DeviceSum::positive_first:
      case DeviceSum::either_sign: {
        double total = 0, apart = 0;
        for (const bool negative : {false, true}) {
          double& sum = negative && arithmetic_.sum == DeviceSum::either_sign ? apart : total;
          for (const double term : terms)
            if ((term < 0) == negative) sum = round(rounding, sum + term);
        }
        return round(rounding, total + apart);
      }
      case DeviceSum::kahan: {
        double total = 0, compensation = 0;
        for (const double term : terms) {
          const double corrected = round(rounding, term - compensation);
          const double next = round(rounding, total + corrected);
          compensation = round(rounding, round(rounding, next - total) - corrected);
          total = next;
        }
        return total;
      }
    }
    return 0;
  }

  double pairwise(const std::vector<double>& terms, std::size_t first, std::size_t last,
                  DeviceRounding rounding) {
    if (last - first == 1) return terms[first];
    const std::size_t middle = first + (last - first) / 2;
    const double left = pairwise(terms, first, middle, rounding);
    return round(rounding, left + pairwise(terms, middle, last, rounding));
  }

  double blocks(const std::vector<double>& terms, std::size_t count, DeviceRounding rounding) {
    std::vector<double> totals(count, 0);
    for (std::size_t i = 0; i < terms.size(); ++i)
      totals[i % count] = round(rounding, totals[i % count] + terms[i]);
    double total = totals[0];
    for (std::size_t k = 1; k < count; ++k) total = round(rounding, total + totals[k]);
    return total;
  }

  /// z of one neuron. An accumulator that starts with the bias adds it to the first term.
  float pre_activation(std::vector<double> terms, double bias) {
    double z = 0;
    if (arithmetic_.bias_first) {
      terms[0] = round(arithmetic_.bias_sum, bias + terms[0]);
      z = sum(terms, arithmetic_.forward_sum);
    } else {
      z = round(arithmetic_.bias_sum, sum(terms, arithmetic_.forward_sum) + bias);
    }
    return static_cast<float>(round(arithmetic_.activation_argument, z));
  }

  float activation(Activation function, float z) const {
    if (arithmetic_.significand_bits < 24)
      return static_cast<float>(
          round_to_format(correctly_rounded_activation(function, z), arithmetic_.significand_bits));
    if (arithmetic_.libm_activation && function == Activation::tanh) return std::tanh(z);
    if (arithmetic_.libm_activation && function == Activation::sigmoid)
      return 1 / (1 + std::exp(-z));
    return correctly_rounded_activation(function, z);
  }

  std::vector<float> forward(const Layer& layer, const LayerParameters<float>& parameters,
                             const std::vector<float>& input) {
    std::vector<float> a;
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      std::vector<double> terms;
      for (std::size_t i = 0; i < layer.inputs; ++i)
        terms.push_back(round(arithmetic_.forward_product,
                              double{parameters.weights[j * layer.inputs + i]} * input[i]));
      a.push_back(activation(layer.activation, pre_activation(terms, parameters.biases[j])));
    }
    return a;
  }

  double times_derivative(Activation function, double value, double a) {
    if (function == Activation::identity) return value;
    if (function == Activation::relu) return a > 0 ? value : 0;
    if (function == Activation::leaky_relu)
      return a > 0 ? value : round(arithmetic_.delta_derivative, value / 8);
    const auto product = [&](double x, double y) {
      return round(arithmetic_.derivative_product, x * y);
    };
    const auto sum = [&](double x, double y) {
      return round(arithmetic_.derivative_difference, x + y);
    };
    const bool sigmoid = function == Activation::sigmoid;
    const bool expanded = arithmetic_.other_derivative_form == sigmoid;
    const double derivative = expanded ? sum(sigmoid ? a : 1, -product(a, a))
                                       : product(sum(1, -a), sigmoid ? a : sum(1, a));
    return round(arithmetic_.delta_derivative, value * derivative);
  }

  std::vector<double> output_delta(const Network& network, const std::vector<float>& a,
                                   const std::vector<float>& target) {
    std::vector<double> delta;
    for (std::size_t j = 0; j < a.size(); ++j) {
      double difference = round(arithmetic_.output_delta, double{a[j]} - target[j]);
      if (network.loss == Loss::mse)
        difference = times_derivative(network.layers.back().activation, difference, a[j]);
      const double slope = round(arithmetic_.derivative_product,
                                 a[j] * round(arithmetic_.derivative_difference, 1 - double{a[j]}));
      if (network.loss == Loss::bce && arithmetic_.quotient_output_delta && slope != 0)
        difference = round(arithmetic_.delta_derivative,
                           round(arithmetic_.delta_derivative, difference / slope) * slope);
      delta.push_back(difference);
    }
    return delta;
  }

  std::vector<double> hidden_delta(const Layer& above, const std::vector<float>& weights,
                                   const std::vector<double>& delta_above, Activation function,
                                   const std::vector<float>& a) {
    std::vector<double> delta;
    for (std::size_t i = 0; i < above.inputs; ++i) {
      std::vector<double> terms;
      for (std::size_t j = 0; j < above.outputs; ++j)
        terms.push_back(
            round(arithmetic_.delta_product, weights[j * above.inputs + i] * delta_above[j]));
      if (arithmetic_.distributed_derivative)
        for (double& term : terms) term = times_derivative(function, term, a[i]);
      const double total = sum(terms, arithmetic_.delta_sum);
      delta.push_back(arithmetic_.distributed_derivative ? total
                                                         : times_derivative(function, total, a[i]));
    }
    return delta;
  }

  void update(const Layer& layer, const std::vector<double>& delta, const std::vector<float>& input,
              double learning_rate, LayerParameters<float>& parameters) {
    const auto rate_product = [&](double x) {
      return round(arithmetic_.rate_product, learning_rate * x);
    };
    const auto product = [&](double x, double y) {
      return round(arithmetic_.update_product, x * y);
    };
    for (std::size_t j = 0; j < layer.outputs; ++j) {
      const double rate_delta = rate_product(delta[j]);
      for (std::size_t i = 0; i < layer.inputs; ++i) {
        const double x = input[i];
        double change = 0;
        if (arithmetic_.update == DeviceUpdate::rate_delta)
          change = product(rate_delta, x);
        else if (arithmetic_.update == DeviceUpdate::delta_activation)
          change = rate_product(product(delta[j], x));
        else
          change = product(delta[j], rate_product(x));
        float& weight = parameters.weights[j * layer.inputs + i];
        weight = static_cast<float>(round(arithmetic_.update_sum, weight - change));
      }
      parameters.biases[j] =
          static_cast<float>(round(arithmetic_.update_sum, parameters.biases[j] - rate_delta));
    }
  }

  DeviceArithmetic arithmetic_;
  std::mt19937_64 engine_;
};

}  // namespace lsgd
