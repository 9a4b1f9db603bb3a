// SPDX-License-Identifier: Apache-2.0
#include "judging/device_tensors.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <stdexcept>

#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "device/device_error.hpp"

namespace lsgd {
namespace {

/// The inverse of bytes_of.
std::vector<std::uint64_t> codes_of(std::span<const std::uint8_t> bytes, std::size_t code_bytes) {
  std::vector<std::uint64_t> codes;
  codes.reserve(bytes.size() / code_bytes);
  for (std::size_t first = 0; first < bytes.size(); first += code_bytes) {
    std::uint64_t code = 0;
    for (std::size_t i = code_bytes; i-- > 0;) code = code << 8 | bytes[first + i];
    codes.push_back(code);
  }
  return codes;
}

}  // namespace

TensorPlace place_of(const Tensor& tensor, std::optional<std::size_t> step) {
  return {step, tensor.layer == 0 ? std::nullopt : std::optional(tensor.layer), tensor.name,
          tensor.row_length, tensor.format.bits == 32 ? tensor.format.fraction_bits : std::nullopt};
}

lsgd_tensor interface_kind(TensorKind kind) {
  switch (kind) {
    case TensorKind::input:
      return LSGD_TENSOR_INPUT;
    case TensorKind::target:
      return LSGD_TENSOR_TARGET;
    case TensorKind::weights:
      return LSGD_TENSOR_WEIGHTS;
    case TensorKind::fraction_bits_of_weights:
      return LSGD_TENSOR_WEIGHT_FRACTION_BITS;
    case TensorKind::biases:
      return LSGD_TENSOR_BIASES;
    case TensorKind::fraction_bits_of_biases:
      return LSGD_TENSOR_BIAS_FRACTION_BITS;
    case TensorKind::random_state:
      return LSGD_TENSOR_RANDOM_STATE;
    case TensorKind::activations:
      return LSGD_TENSOR_ACTIVATIONS;
    case TensorKind::scales_of_weights:
      return LSGD_TENSOR_WEIGHT_SCALES;
    case TensorKind::zero_points_of_weights:
      return LSGD_TENSOR_WEIGHT_ZERO_POINTS;
    case TensorKind::scales_of_activations:
      return LSGD_TENSOR_ACTIVATION_SCALES;
    case TensorKind::zero_points_of_activations:
      return LSGD_TENSOR_ACTIVATION_ZERO_POINTS;
    case TensorKind::scale_of_input:
      return LSGD_TENSOR_INPUT_SCALE;
    case TensorKind::zero_point_of_input:
      return LSGD_TENSOR_INPUT_ZERO_POINT;
    case TensorKind::preactivations:
    case TensorKind::deltas:
      break;
  }
  throw std::logic_error("a tensor that a device does not show");
}

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(tensor.codes.size() * tensor.format.bytes());
  for (const std::uint64_t code : tensor.codes)
    for (std::size_t i = 0; i < tensor.format.bytes(); ++i)
      bytes.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
  return bytes;
}

void load(AgentSession& session, const TensorSet& tensors) {
  std::vector<TensorBytes> loaded;
  for (const Tensor& tensor : tensors)
    loaded.push_back(
        {interface_kind(tensor.kind), tensor.layer, tensor.format.bytes(), bytes_of(tensor)});
  session.load(loaded);
}

void load_from(AgentSession& session, const Tensor& tensor, std::size_t first) {
  const std::vector<std::uint8_t> bytes = bytes_of(tensor);
  const std::size_t offset = first * tensor.format.bytes();
  session.load(interface_kind(tensor.kind), tensor.layer, std::span(bytes).subspan(offset), offset);
}

void load(AgentSession& session, const Sample& sample) { load(session, sample_tensors(sample)); }

void store(AgentSession& session, TensorSet& tensors) {
  std::vector<TensorBytes> stored;
  for (const Tensor& tensor : tensors) {
    TensorBytes& own = stored.emplace_back(TensorBytes{interface_kind(tensor.kind), tensor.layer,
                                                       tensor.format.bytes(), bytes_of(tensor)});
    own.is_expected = !own.bytes.empty();
    own.bytes.resize(tensor.count * tensor.format.bytes());
  }
  session.store(stored);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    tensors[i].codes = codes_of(stored[i].bytes, tensors[i].format.bytes());
}

std::optional<CaseResult> configure(AgentSession& session, const Network& network) {
  switch (session.configure(network)) {
    case Configured::yes:
      return std::nullopt;
    case Configured::unsupported:
      return CaseResult::skipped(std::string(network_unsupported));
    case Configured::capacity_exceeded:
      break;
  }
  const Capacities& stated = session.description().capacities;
  if (const Capacities needed = capacities_for(network); covers(stated, needed))
    throw DeviceError(fmt::format(
        "the device refused {} as too large, which fits the capacities it states: it needs {}, and "
        "there is room for {}",
        network_text(network), capacities_text(needed), capacities_text(stated)));
  return CaseResult::refused(std::string(network_too_large));
}

}  // namespace lsgd
