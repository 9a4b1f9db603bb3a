// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// Classic SGD written from the textbook for any number type: whole matrices, every gradient stored
/// and applied at the end, derivatives from the pre-activations. Shares nothing with the reference.
template <class Number>
class TextbookSgd {
 public:
  using Vector = std::vector<Number>;
  using Matrix = std::vector<Vector>;

  struct LayerResult {
    Vector z, a, delta;
    Matrix weight_gradients;
    Matrix weights;  ///< after the update
    Vector biases;   ///< after the update
  };

  static std::vector<LayerResult> step(const Network& network, const Parameters<float>& parameters,
                                       const Sample& sample, float learning_rate) {
    std::vector<LayerResult> layers = forward(network, parameters, to_vector(sample.inputs));
    const std::size_t last = layers.size() - 1;
    layers[last].delta = loss_derivative(network, layers[last], to_vector(sample.target));
    for (std::size_t l = last; l-- > 0;) {
      const Matrix weights = to_matrix(network.layers[l + 1], parameters[l + 1]);
      layers[l].delta = product(transposed(weights), layers[l + 1].delta);
      for (std::size_t i = 0; i < layers[l].delta.size(); ++i)
        layers[l].delta[i] *= derivative(network.layers[l].activation, layers[l].z[i]);
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Vector inputs = l == 0 ? to_vector(sample.inputs) : layers[l - 1].a;
      for (const Number& delta : layers[l].delta) {
        Vector& row = layers[l].weight_gradients.emplace_back();
        for (const Number& input : inputs) row.push_back(delta * input);
      }
    }
    for (std::size_t l = 0; l < layers.size(); ++l)
      apply(network.layers[l], parameters[l], learning_rate, layers[l]);
    return layers;
  }

  static std::vector<LayerResult> forward(const Network& network,
                                          const Parameters<float>& parameters, Vector inputs) {
    std::vector<LayerResult> layers;
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      LayerResult layer;
      layer.z = product(to_matrix(network.layers[l], parameters[l]), inputs);
      for (std::size_t j = 0; j < layer.z.size(); ++j) {
        layer.z[j] += Number(parameters[l].biases[j]);
        layer.a.push_back(activation(network.layers[l].activation, layer.z[j]));
      }
      if (network.layers[l].activation == Activation::softmax) layer.a = softmax(layer.z);
      inputs = layer.a;
      layers.push_back(layer);
    }
    return layers;
  }

  static Number loss(const Network& network, const Parameters<float>& parameters,
                     const Vector& inputs, const std::vector<float>& target) {
    const Vector a = forward(network, parameters, inputs).back().a;
    Number sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
      const Number t = target[j];
      if (network.loss == Loss::mse)
        sum += (a[j] - t) * (a[j] - t) / 2;
      else if (network.loss == Loss::cross_entropy)
        sum -= t * log(a[j]);
      else
        sum -= t * log(a[j]) + (1 - t) * log(1 - a[j]);
    }
    return sum;
  }

  static Vector to_vector(const std::vector<float>& values) {
    return Vector(values.begin(), values.end());
  }

 private:
  static Matrix to_matrix(const Layer& layer, const LayerParameters<float>& parameters) {
    Matrix matrix(layer.outputs, Vector(layer.inputs));
    for (std::size_t k = 0; k < parameters.weights.size(); ++k)
      matrix[k / layer.inputs][k % layer.inputs] = Number(parameters.weights[k]);
    return matrix;
  }

  static Matrix transposed(const Matrix& matrix) {
    Matrix result(matrix.front().size());
    for (const Vector& row : matrix)
      for (std::size_t i = 0; i < row.size(); ++i) result[i].push_back(row[i]);
    return result;
  }

  static Vector product(const Matrix& matrix, const Vector& vector) {
    Vector result;
    for (const Vector& row : matrix) {
      Number sum = 0;
      for (std::size_t i = 0; i < row.size(); ++i) sum += row[i] * vector[i];
      result.push_back(sum);
    }
    return result;
  }

  static Number activation(Activation kind, const Number& z) {
    if (kind == Activation::sigmoid) return 1 / (1 + exp(-z));
    if (kind == Activation::tanh) return sinh(z) / cosh(z);
    if (kind == Activation::relu && z < 0) return Number(0);
    if (kind == Activation::leaky_relu && z < 0) return z / 8;
    return z;
  }

  /// One quotient for each output, without a largest one.
  static Vector softmax(const Vector& z) {
    Vector a;
    for (const Number& own : z) {
      Number sum = 0;
      for (const Number& other : z) sum += exp(other - own);
      a.push_back(1 / sum);
    }
    return a;
  }

  /// The derivative -t / a of the loss by each activation, through the Jacobian of softmax.
  static Vector through_softmax(const Vector& a, const Vector& target) {
    Vector delta;
    for (std::size_t i = 0; i < a.size(); ++i) {
      Number sum = 0;
      for (std::size_t k = 0; k < a.size(); ++k)
        sum += -target[k] / a[k] * (k == i ? Number(a[k] * (1 - a[k])) : Number(-a[k] * a[i]));
      delta.push_back(sum);
    }
    return delta;
  }

  static Number derivative(Activation kind, const Number& z) {
    if (kind == Activation::sigmoid) return 1 / (2 + exp(z) + exp(-z));
    if (kind == Activation::tanh) return 1 / (cosh(z) * cosh(z));
    if (kind == Activation::relu && z <= 0) return Number(0);
    if (kind == Activation::leaky_relu && z <= 0) return Number(1) / 8;
    return Number(1);
  }

  static Vector loss_derivative(const Network& network, const LayerResult& output,
                                const Vector& target) {
    if (network.loss == Loss::cross_entropy) return through_softmax(output.a, target);
    Vector delta;
    for (std::size_t j = 0; j < target.size(); ++j) {
      const Number& a = output.a[j];
      const Number slope = derivative(network.layers.back().activation, output.z[j]);
      const bool is_bce = network.loss == Loss::bce;
      const Number by_activation =
          is_bce ? Number((1 - target[j]) / (1 - a) - target[j] / a) : Number(a - target[j]);
      delta.push_back(by_activation * slope);
    }
    return delta;
  }

  static void apply(const Layer& shape, const LayerParameters<float>& before, float learning_rate,
                    LayerResult& layer) {
    layer.weights = to_matrix(shape, before);
    layer.biases = to_vector(before.biases);
    for (std::size_t j = 0; j < shape.outputs; ++j) {
      layer.biases[j] -= Number(learning_rate) * layer.delta[j];
      for (std::size_t i = 0; i < shape.inputs; ++i)
        layer.weights[j][i] -= Number(learning_rate) * layer.weight_gradients[j][i];
    }
  }
};

}  // namespace lsgd
