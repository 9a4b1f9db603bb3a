// SPDX-License-Identifier: Apache-2.0
#include "Neural.h"

#include <cmath>

namespace Acme {

static double Apply(Transfer transfer, double sum) {
  switch (transfer) {
    case Transfer::Rectifier: return sum > 0 ? sum : 0;
    case Transfer::Logistic: return 1 / (1 + std::exp(-sum));
    case Transfer::HyperbolicTangent: return std::tanh(sum);
    default: return sum;
  }
}

static double Slope(Transfer transfer, double output) {
  switch (transfer) {
    case Transfer::Rectifier: return output > 0 ? 1 : 0;
    case Transfer::Logistic: return output * (1 - output);
    case Transfer::HyperbolicTangent: return 1 - output * output;
    default: return 1;
  }
}

NeuralNet::NeuralNet(int inputs, const std::vector<std::pair<int, Transfer>>& layers, Cost cost)
    : mCost(cost) {
  for (const auto& shape : layers) {
    Layer layer{{}, shape.second};
    for (int i = 0; i < shape.first; ++i) {
      layer.neurons.push_back(std::make_unique<Neuron>());
      layer.neurons.back()->dendrites.resize(inputs);
    }
    mLayers.push_back(std::move(layer));
    inputs = shape.first;
  }
}

Vector NeuralNet::Predict(const Vector& question) {
  Vector signal = question;
  for (Layer& layer : mLayers) {
    Vector next;
    for (auto& neuron : layer.neurons) {
      double sum = neuron->bias.weight;
      for (size_t i = 0; i < signal.size(); ++i) sum += neuron->dendrites[i].weight * signal[i];
      neuron->output = Apply(layer.transfer, sum);
      next.push_back(neuron->output);
    }
    signal = next;
  }
  return signal;
}

void NeuralNet::Accumulate(const Example& example, double share) {
  Predict(example.question);
  for (size_t l = mLayers.size(); l-- > 0;) {
    Layer& layer = mLayers[l];
    const bool isLast = l + 1 == mLayers.size();
    for (size_t j = 0; j < layer.neurons.size(); ++j) {
      Neuron& neuron = *layer.neurons[j];
      const double slope = Slope(layer.transfer, neuron.output);
      if (isLast) {
        const double off = (neuron.output - example.answer[j]) / layer.neurons.size();
        neuron.error = mCost == Cost::MeanCrossEntropy ? off : 2 * off * slope;
      } else {
        neuron.error = 0;
        for (auto& above : mLayers[l + 1].neurons) neuron.error += above->error * above->dendrites[j].weight;
        neuron.error *= slope;
      }
      for (size_t i = 0; i < neuron.dendrites.size(); ++i) {
        const double input = l > 0 ? mLayers[l - 1].neurons[i]->output : example.question[i];
        neuron.dendrites[i].gradient += share * neuron.error * input;
      }
      neuron.bias.gradient += share * neuron.error;
    }
  }
}

void NeuralNet::FitBatch(const std::vector<Example>& batch, double rate) {
  for (const Example& example : batch) Accumulate(example, 1.0 / batch.size());
  for (Layer& layer : mLayers)
    for (auto& neuron : layer.neurons) {
      neuron->dendrites.push_back(neuron->bias);
      for (Synapse& synapse : neuron->dendrites) {
        synapse.weight -= rate * synapse.gradient;
        synapse.gradient = 0;
      }
      neuron->bias = neuron->dendrites.back();
      neuron->dendrites.pop_back();
    }
}

}  // namespace Acme
