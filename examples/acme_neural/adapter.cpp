// SPDX-License-Identifier: Apache-2.0
#include "Neural.h"
#include "lsgd_adapter.h"

static Acme::NeuralNet& net(void* network) { return *static_cast<Acme::NeuralNet*>(network); }

static void* create(const lsgd_network* shape) {
  std::vector<std::pair<int, Acme::Transfer>> layers;
  for (int l = 0; l < shape->layer_count; ++l) {
    Acme::Transfer transfer;
    switch (shape->layers[l].activation) {
      case LSGD_ACTIVATION_IDENTITY: transfer = Acme::Transfer::Linear; break;
      case LSGD_ACTIVATION_RELU: transfer = Acme::Transfer::Rectifier; break;
      case LSGD_ACTIVATION_SIGMOID: transfer = Acme::Transfer::Logistic; break;
      case LSGD_ACTIVATION_TANH: transfer = Acme::Transfer::HyperbolicTangent; break;
      default: return nullptr;
    }
    layers.emplace_back(shape->layers[l].outputs, transfer);
  }
  return new Acme::NeuralNet(shape->layers[0].inputs, layers,
                             shape->loss == LSGD_LOSS_BCE ? Acme::Cost::MeanCrossEntropy
                                                          : Acme::Cost::MeanSquaredError);
}

static void destroy(void* network) { delete &net(network); }

static double& number(void* network, lsgd_tensor tensor, int layer, uint32_t row, uint32_t column) {
  Acme::Neuron& neuron = net(network).At(layer - 1, static_cast<int>(row));
  if (tensor == LSGD_TENSOR_ACTIVATIONS) return neuron.output;
  return tensor == LSGD_TENSOR_BIASES ? neuron.bias.weight : neuron.dendrites[column].weight;
}

static uint32_t get(void* network, lsgd_tensor tensor, uint16_t layer, uint32_t row, uint32_t column) {
  return lsgd_code_of(static_cast<float>(number(network, tensor, layer, row, column)));
}

static void set(void* network, lsgd_tensor tensor, uint16_t layer, uint32_t row, uint32_t column, uint32_t code) {
  number(network, tensor, layer, row, column) = lsgd_value_of(code);
}

static Acme::Vector vector(const float* numbers, int count) { return Acme::Vector(numbers, numbers + count); }
static int inputs() { return lsgd_shape()->layers[0].inputs; }
static int outputs() { return lsgd_shape()->layers[lsgd_shape()->layer_count - 1].outputs; }

static void forward(void* network, const float* input) { net(network).Predict(vector(input, inputs())); }

static void train(void* network, const float* input, const float* target, double learning_rate) {
  net(network).FitBatch({{vector(input, inputs()), vector(target, outputs())}}, learning_rate);
}

static double loss_scale(const lsgd_network* shape) {
  return (shape->loss == LSGD_LOSS_BCE ? 1.0 : 2.0) / outputs();
}

const struct lsgd_adapter lsgd_adapter = {
    "acme_neural", LSGD_ARITHMETIC_FLOAT32, 8, 784, 320, 1280, 98304, nullptr, create, destroy,
    get, set, forward, train, loss_scale};
