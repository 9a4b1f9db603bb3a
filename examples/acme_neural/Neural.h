// SPDX-License-Identifier: Apache-2.0
// A library as vendors have them: neurons as objects on the heap, doubles inside, batches, a mean as its cost. It knows
// nothing of L-SGD, of the suite, or of how it is tested.
#ifndef ACME_NEURAL_H
#define ACME_NEURAL_H

#include <memory>
#include <utility>
#include <vector>

namespace Acme {

enum class Transfer { Linear, Rectifier, Logistic, HyperbolicTangent };
enum class Cost { MeanSquaredError, MeanCrossEntropy };

using Vector = std::vector<double>;

struct Synapse {
  double weight = 0;
  double gradient = 0;
};

struct Neuron {
  std::vector<Synapse> dendrites;
  Synapse bias;
  double output = 0;
  double error = 0;
};

struct Layer {
  std::vector<std::unique_ptr<Neuron>> neurons;
  Transfer transfer;
};

struct Example {
  Vector question;
  Vector answer;
};

class NeuralNet {
 public:
  NeuralNet(int inputs, const std::vector<std::pair<int, Transfer>>& layers, Cost cost);
  Vector Predict(const Vector& question);
  // Gradient descent by the mean gradient of the batch.
  void FitBatch(const std::vector<Example>& batch, double rate);
  Neuron& At(int layer, int neuron) { return *mLayers[layer].neurons[neuron]; }

 private:
  void Accumulate(const Example& example, double share);
  std::vector<Layer> mLayers;
  Cost mCost;
};

}  // namespace Acme

#endif
