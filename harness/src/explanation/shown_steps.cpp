// SPDX-License-Identifier: Apache-2.0
#include "explanation/shown_steps.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <lsgd/protocol.h>

#include "device/little_endian.hpp"
#include "judging/device_tensors.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_kept_numbers = 500'000;

constexpr std::size_t tensor_header = 6;  // of LOAD and STORE: tensor, layer, offset

constexpr std::uint8_t most_accepted_fraction_bits = 7;

constexpr std::size_t heap_of_measure = 20;  // behind cycles, instructions and stack

bool is_known(const Tensor& tensor) { return tensor.codes.size() == tensor.count; }

bool crosses_the_interface(TensorKind kind) {
  return kind != TensorKind::preactivations && kind != TensorKind::deltas;
}

}  // namespace

void ShownSteps::hear(std::span<const std::uint8_t> request, std::span<const std::uint8_t> reply) {
  const std::uint8_t opcode = request.front();
  const auto payload = request.subspan(1);
  if (reply.front() != LSGD_OK) {
    if (opcode == LSGD_OPCODE_CONFIGURE) network_.reset();
    return;
  }
  if (opcode == LSGD_OPCODE_CONFIGURE) return configure(payload);
  if (opcode == LSGD_OPCODE_ARITHMETIC) return arithmetic(payload, reply.subspan(1));
  if (opcode == LSGD_OPCODE_MEASURE && reply.size() >= 1 + heap_of_measure + 4)
    heap_bytes_ =
        std::max(heap_bytes_, little_endian<std::uint32_t>(reply.subspan(1 + heap_of_measure)));
  if (!network_) return;
  if (opcode == LSGD_OPCODE_LOAD && payload.size() > tensor_header) return load(payload);
  if (opcode == LSGD_OPCODE_STORE && payload.size() > tensor_header)
    return store(payload, reply.subspan(1));
  if (opcode == LSGD_OPCODE_FORWARD) return step(false, 0);
  if (opcode == LSGD_OPCODE_TRAIN_STEP)
    return step(true, std::bit_cast<float>(little_endian<std::uint32_t>(payload)));
}

void ShownSteps::configure(std::span<const std::uint8_t> payload) {
  Network network;
  network.loss = all_losses.at(payload[0]);
  std::uint32_t inputs = little_endian<std::uint16_t>(payload.subspan(1));
  for (std::size_t at = 3; at + 3 <= payload.size(); at += 3) {
    const std::uint32_t outputs = little_endian<std::uint16_t>(payload.subspan(at));
    network.layers.push_back({inputs, outputs, all_activations.at(payload[at + 2])});
    inputs = outputs;
  }
  network_ = std::make_shared<const Network>(std::move(network));
  parameters_ = zeros_of(parameter_tensors(profile_.formats(), *network_));
  sample_ = sample_tensors(*network_);
  for (Tensor& tensor : sample_) tensor.codes.assign(tensor.count, 0);
  is_first_ = true;
  is_loaded_ = false;
  is_shown_ = false;
}

Tensor* ShownSteps::find(TensorSet& tensors, std::uint8_t kind, std::uint8_t layer) {
  const auto found = std::ranges::find_if(tensors, [&](const Tensor& tensor) {
    return tensor.layer == layer && crosses_the_interface(tensor.kind) &&
           interface_kind(tensor.kind) == kind;
  });
  return found == tensors.end() ? nullptr : &*found;
}

void ShownSteps::put(Tensor& tensor, std::size_t offset, std::span<const std::uint8_t> bytes) {
  const std::size_t size = tensor.format.bytes();
  const std::size_t first = offset / size;
  if (first > tensor.codes.size()) return tensor.codes.clear();
  for (std::size_t i = 0; (i + 1) * size <= bytes.size() && first + i < tensor.count; ++i) {
    std::uint64_t code = 0;
    for (std::size_t byte = size; byte-- > 0;) code = code << 8 | bytes[i * size + byte];
    if (first + i < tensor.codes.size())
      tensor.codes[first + i] = code;
    else
      tensor.codes.push_back(code);
  }
}

void ShownSteps::load(std::span<const std::uint8_t> payload) {
  is_shown_ = false;
  const std::uint8_t kind = payload[0];
  const bool is_fraction_bits =
      kind == LSGD_TENSOR_WEIGHT_FRACTION_BITS || kind == LSGD_TENSOR_BIAS_FRACTION_BITS;
  if (is_fraction_bits && payload[tensor_header] > most_accepted_fraction_bits)
    accepted_fraction_bits_ = true;
  is_loaded_ = is_loaded_ || find(parameters_, kind, payload[1]) != nullptr;
  for (TensorSet* set : {&parameters_, &sample_})
    if (Tensor* const tensor = find(*set, payload[0], payload[1]))
      put(*tensor, little_endian<std::uint32_t>(payload.subspan(2)),
          payload.subspan(tensor_header));
}

void ShownSteps::store(std::span<const std::uint8_t> payload, std::span<const std::uint8_t> bytes) {
  const std::size_t offset = little_endian<std::uint32_t>(payload.subspan(2));
  if (Tensor* const tensor = find(parameters_, payload[0], payload[1]);
      tensor && !is_known(*tensor))
    put(*tensor, offset, bytes);
  if (!is_shown_) return;
  ShownStep& last = steps_.back();
  for (TensorSet* set : {&last.activations, &last.after, &last.kept_sample})
    if (Tensor* const tensor = find(*set, payload[0], payload[1]); tensor && !is_known(*tensor))
      put(*tensor, offset, bytes);
}

void ShownSteps::step(bool trains, float learning_rate) {
  is_shown_ = kept_ <= most_kept_numbers && std::ranges::all_of(parameters_, is_known) &&
              std::ranges::all_of(sample_, is_known);
  if (is_shown_) {
    ShownStep& added = steps_.emplace_back();
    added.network = network_;
    added.is_first = std::exchange(is_first_, false);
    added.trains = trains;
    added.is_loaded = is_loaded_;
    added.before = parameters_;
    added.sample = sample_of(sample_);
    added.learning_rate = learning_rate;
    added.activations = activation_tensors(profile_.formats(), *network_);
    added.after = parameter_tensors(profile_.formats(), *network_);
    added.kept_sample = sample_tensors(*network_);
    for (const Tensor& tensor : parameters_) kept_ += 2 * tensor.count;
  }
  if (!trains) return;
  is_loaded_ = false;
  for (Tensor& tensor : parameters_) tensor.codes.clear();
}

void ShownSteps::arithmetic(std::span<const std::uint8_t> payload,
                            std::span<const std::uint8_t> results) {
  const auto operation =
      std::ranges::find(all_arithmetic_operations, payload.empty() ? -1 : int{payload.front()},
                        [](ArithmeticOperation each) { return static_cast<int>(each); });
  if (operation == all_arithmetic_operations.end()) return;
  const auto operands = payload.subspan(1);
  for (std::size_t i = 0; 8 * (i + 1) <= operands.size() && 4 * (i + 1) <= results.size(); ++i)
    operations_.push_back({*operation, little_endian<std::uint32_t>(operands.subspan(8 * i)),
                           little_endian<std::uint32_t>(operands.subspan(8 * i + 4)),
                           little_endian<std::uint32_t>(results.subspan(4 * i))});
}

std::vector<ShownOperation> ShownSteps::take_operations() { return std::exchange(operations_, {}); }

std::uint32_t ShownSteps::take_heap_bytes() { return std::exchange(heap_bytes_, 0); }

bool ShownSteps::take_accepted_fraction_bits() {
  return std::exchange(accepted_fraction_bits_, false);
}

std::vector<ShownStep> ShownSteps::take() {
  kept_ = 0;
  is_shown_ = false;
  return std::exchange(steps_, {});
}

}  // namespace lsgd
