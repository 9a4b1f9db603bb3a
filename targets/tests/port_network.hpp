// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <lsgd/port.h>

namespace lsgd {

/// A network in the port that is linked in: shapes that outlive the calls, and whole tensors.
class PortNetwork {
 public:
  PortNetwork(std::uint16_t inputs, const std::vector<std::uint16_t>& outputs,
              const std::vector<lsgd_activation>& activations, lsgd_loss loss) {
    for (std::size_t l = 0; l < outputs.size(); ++l) {
      layers_.push_back({inputs, outputs[l], static_cast<std::uint8_t>(activations[l])});
      inputs = outputs[l];
    }
    network_ = {layers_.data(), static_cast<std::uint16_t>(layers_.size()),
                static_cast<std::uint8_t>(loss)};
  }
  PortNetwork(const PortNetwork&) = delete;
  PortNetwork& operator=(const PortNetwork&) = delete;

  int configure() const { return lsgd_port_configure(&network_); }

  const std::vector<lsgd_layer>& layers() const { return layers_; }
  lsgd_loss loss() const { return static_cast<lsgd_loss>(network_.loss); }

 private:
  std::vector<lsgd_layer> layers_;
  lsgd_network network_;
};

template <class Element>
void load_tensor(lsgd_tensor tensor, std::size_t layer, const std::vector<Element>& values) {
  lsgd_port_load(tensor, static_cast<std::uint16_t>(layer), 0,
                 reinterpret_cast<const std::uint8_t*>(values.data()),
                 static_cast<std::uint32_t>(values.size() * sizeof(Element)));
}

template <class Element>
std::vector<Element> stored_tensor(lsgd_tensor tensor, std::size_t layer, std::size_t count) {
  std::vector<Element> values(count);
  lsgd_port_store(tensor, static_cast<std::uint16_t>(layer), 0,
                  reinterpret_cast<std::uint8_t*>(values.data()),
                  static_cast<std::uint32_t>(count * sizeof(Element)));
  return values;
}

/// Random numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// Uniform in [lowest, highest]; the slight bias of a remainder does not matter here.
  int integer(int lowest, int highest) {
    return lowest + static_cast<int>(engine_() % static_cast<std::uint64_t>(highest - lowest + 1));
  }
  /// A multiple of 2^-20 in [-magnitude, magnitude].
  float real(float magnitude) {
    return magnitude * static_cast<float>(integer(-(1 << 20), 1 << 20)) * 0x1p-20f;
  }
  std::vector<float> reals(std::size_t count, float magnitude) {
    std::vector<float> values(count);
    for (float& value : values) value = real(magnitude);
    return values;
  }
  std::vector<std::int8_t> bytes(std::size_t count) {
    std::vector<std::int8_t> values(count);
    for (std::int8_t& value : values) value = static_cast<std::int8_t>(integer(-128, 127));
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lsgd
