// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>

#include "explanation/operation_change.hpp"
#include "steps/profile.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// Samples of a training that was watched, which a device may have kept.
struct EarlierSamples {
  std::vector<Sample> samples;       ///< of all steps, in order
  std::size_t taken_last = 0;        ///< the one that fitted where one was sought last
  std::size_t searches_in_vain = 0;  ///< through all samples, by whatever hypothesis
};

/// A forward pass or a training step of a device, and what the device showed of it.
struct ShownStep {
  std::shared_ptr<const Network> network;
  bool is_first = false;   ///< since the network was configured
  bool trains = false;     ///< or only a forward pass
  bool is_loaded = false;  ///< whether the parameters were loaded since the last training step
  TensorSet before;        ///< parameters
  Sample sample;
  float learning_rate = 0;
  TensorSet activations;  ///< of these three, tensors that were not shown have no codes
  TensorSet after;        ///< parameters
  TensorSet kept_sample;  ///< x and t behind the step
  std::shared_ptr<EarlierSamples> earlier = {};  ///< null where no training was watched
};

/// Listens to a conversation with a device and keeps the steps whose parameters are known, up to a
/// million numbers. It takes part in nothing: what it does not understand it leaves out.
class ShownSteps {
 public:
  explicit ShownSteps(const Profile& profile) : profile_(profile) {}

  /// One request, its opcode and payload, and the reply, its status and payload.
  void hear(std::span<const std::uint8_t> request, std::span<const std::uint8_t> reply);

  /// All that were kept since the last call.
  std::vector<ShownStep> take();
  /// Likewise what was answered to operations.
  std::vector<ShownOperation> take_operations();
  /// The most heap that was measured since the last call.
  std::uint32_t take_heap_bytes();
  /// Whether counts of fraction bits above 7 were accepted since the last call (SPEC 4.1).
  bool take_accepted_fraction_bits();

 private:
  void configure(std::span<const std::uint8_t> payload);
  void load(std::span<const std::uint8_t> payload);
  void store(std::span<const std::uint8_t> payload, std::span<const std::uint8_t> bytes);
  void step(bool trains, float learning_rate);
  void arithmetic(std::span<const std::uint8_t> payload, std::span<const std::uint8_t> results);
  /// Writes part of a tensor; codes behind what is known are nobody's, and make it unknown.
  static void put(Tensor& tensor, std::size_t offset, std::span<const std::uint8_t> bytes);
  static Tensor* find(TensorSet& tensors, std::uint8_t kind, std::uint8_t layer);

  const Profile& profile_;
  std::shared_ptr<const Network> network_;
  TensorSet parameters_;  ///< as far as they are known
  TensorSet sample_;
  std::vector<ShownStep> steps_;
  std::vector<ShownOperation> operations_;
  std::uint32_t heap_bytes_ = 0;
  bool accepted_fraction_bits_ = false;
  bool is_first_ = true;
  bool is_loaded_ = false;
  bool is_shown_ = false;  ///< whether what is stored belongs to the last of the steps
  std::size_t kept_ = 0;
};

}  // namespace lsgd
