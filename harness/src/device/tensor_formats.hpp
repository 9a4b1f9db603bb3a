// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <stdexcept>

#include <lsgd/step/profile.hpp>

namespace lsgd {

/// How a profile's tensors cross the interface (targets/include/lsgd/port.h).
struct TensorFormats {
  std::size_t weight_bytes = 4;
  std::size_t bias_bytes = 4;
  std::size_t activation_bytes = 4;
  bool has_weight_fraction_bits = false;
};

constexpr TensorFormats tensor_formats(Profile profile) {
  switch (profile) {
    case Profile::float32:
    case Profile::int32_fixed:
      return {4, 4, 4, false};
    case Profile::int8_hybrid:
      return {1, 1, 1, true};
    case Profile::int8_integer:
      return {1, 2, 1, true};
  }
  throw std::invalid_argument("unknown profile");
}

}  // namespace lsgd
