// SPDX-License-Identifier: Apache-2.0
#include "steps/tensor_formats.hpp"

#include <stdexcept>

namespace lsgd {

const ElementFormat& TensorFormats::activations(Activation activation) const {
  switch (activation) {
    case Activation::sigmoid:
    case Activation::tanh:
      return bounded_activations;
    case Activation::identity:
    case Activation::relu:
      return other_activations;
  }
  throw std::invalid_argument("unknown activation");
}

}  // namespace lsgd
