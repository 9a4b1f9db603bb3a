// SPDX-License-Identifier: Apache-2.0
#include "steps/tensor_set.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <stdexcept>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "files/number_text.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t fraction_bits_of_zeros = 7;

bool is_fraction_bits(TensorKind kind) {
  return kind == TensorKind::fraction_bits_of_weights ||
         kind == TensorKind::fraction_bits_of_biases;
}

void append_parameter(TensorSet& tensors, const Tensor& tensor, TensorKind fraction_bits) {
  if (tensor.format.has_own_fraction_bits())
    tensors.push_back({tensor.name + ".fraction_bits",
                       fraction_bits,
                       tensor.layer,
                       1,
                       1,
                       {ElementFormat::Meaning::count, 8, std::nullopt, tensor.format.number}});
  tensors.push_back(tensor);
}

struct ScaleKinds {
  TensorKind scale;
  TensorKind zero_point;
};

void append_scales(TensorSet& tensors, const KeptScales& kept, const ScaleKinds& kinds,
                   const std::string& name, std::size_t layer, std::size_t neurons) {
  const std::size_t count = kept.is_per_neuron ? neurons : 1;
  if (kept.has_scale) tensors.push_back({name + ".scale", kinds.scale, layer, count, 1, {}});
  if (kept.has_zero_point)
    tensors.push_back(
        {name + ".zero_point", kinds.zero_point, layer, count, 1, fixed_format(32, 0)});
}

bool is_scale(TensorKind kind) {
  return kind == TensorKind::scales_of_weights || kind == TensorKind::scales_of_activations ||
         kind == TensorKind::scale_of_input;
}

/// A tensor with one element for each neuron of layer l (from 0).
Tensor neurons(const char* name, TensorKind kind, const Network& network, std::size_t l,
               const ElementFormat& format) {
  return {fmt::format("{}{}", name, l + 1), kind, l + 1, network.layers[l].outputs, 1, format};
}

Tensor activations(const TensorFormats& formats, const Network& network, std::size_t l) {
  return neurons("a", TensorKind::activations, network, l,
                 formats.activations_of(network.layers[l].activation));
}

TensorSet sample_of_sizes(std::size_t inputs, std::size_t outputs) {
  return {{"x", TensorKind::input, 0, inputs, 1, {}}, {"t", TensorKind::target, 0, outputs, 1, {}}};
}

/// A code of a fixed format as the integer that it is.
std::int64_t integer_of(std::uint64_t code, int bits) {
  const int unused = 64 - bits;
  return static_cast<std::int64_t>(code << unused) >> unused;
}

std::string fixed_text(std::uint64_t code, int bits, int fraction_bits) {
  const std::int64_t integer = integer_of(code, bits);
  // The shortest text of a number depends on the type that is to hold it.
  if (bits < 32) return to_text(std::ldexp(static_cast<float>(integer), -fraction_bits));
  return to_text(std::ldexp(static_cast<double>(integer), -fraction_bits));
}

/// What the elements stand for, in decimal.
class ValueText {
 public:
  ValueText(const TensorSet& tensors, const Tensor& tensor)
      : format_(tensor.format),
        fraction_bits_(format_.fraction_bits.value_or(0)),
        scales_(find_tensor(tensors, tensor.name + ".scale")),
        zero_points_(find_tensor(tensors, tensor.name + ".zero_point")),
        row_length_(tensor.row_length) {
    if (!format_.has_own_fraction_bits()) return;
    const Tensor* const own = find_tensor(tensors, tensor.name + ".fraction_bits");
    if (own == nullptr) throw std::logic_error(tensor.name + " without its fraction bits");
    fraction_bits_ = static_cast<int>(own->codes.front());
  }

  std::string of(std::uint64_t code, std::size_t index) const {
    switch (format_.meaning) {
      case ElementFormat::Meaning::binary32:
        return to_text(binary32_of(code));
      case ElementFormat::Meaning::fixed:
        return fixed_text(code, format_.bits, fraction_bits_);
      case ElementFormat::Meaning::count:
        return std::to_string(code);
      case ElementFormat::Meaning::declared:
        return to_text(NumberCodec(*format_.number, scale_at(index)).number_of(code).to_double());
    }
    throw std::logic_error("unknown meaning of a code");
  }

 private:
  TensorScale scale_at(std::size_t index) const {
    TensorScale scale{.fraction_bits = fraction_bits_};
    if (scales_ == nullptr) return scale;
    const std::size_t position = scales_->count == 1 ? 0 : index / row_length_;
    scale.scale = BinaryNumber::of_double(binary32_of(scales_->codes[position]));
    if (zero_points_ != nullptr)
      scale.zero_point = static_cast<std::int32_t>(zero_points_->codes[position]);
    return scale;
  }

  const ElementFormat& format_;
  int fraction_bits_;
  const Tensor* scales_;
  const Tensor* zero_points_;
  std::size_t row_length_;
};

}  // namespace

TensorSet parameter_tensors(const TensorFormats& formats, const Network& network) {
  TensorSet tensors;
  append_scales(tensors, formats.input_scale,
                {TensorKind::scale_of_input, TensorKind::zero_point_of_input}, "x", 0, 1);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    append_scales(tensors, formats.weight_scales,
                  {TensorKind::scales_of_weights, TensorKind::zero_points_of_weights},
                  fmt::format("W{}", l + 1), l + 1, layer.outputs);
    append_parameter(tensors,
                     {fmt::format("W{}", l + 1), TensorKind::weights, l + 1, layer.weight_count(),
                      layer.inputs, formats.weights},
                     TensorKind::fraction_bits_of_weights);
    append_parameter(tensors, neurons("b", TensorKind::biases, network, l, formats.biases),
                     TensorKind::fraction_bits_of_biases);
    append_scales(tensors, formats.activation_scales,
                  {TensorKind::scales_of_activations, TensorKind::zero_points_of_activations},
                  fmt::format("a{}", l + 1), l + 1, layer.outputs);
  }
  if (formats.has_random_state)
    tensors.push_back({"random_state", TensorKind::random_state, 0, 1, 1, count_format(32)});
  return tensors;
}

TensorSet activation_tensors(const TensorFormats& formats, const Network& network) {
  TensorSet tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    tensors.push_back(activations(formats, network, l));
  return tensors;
}

TensorSet step_tensors(const TensorFormats& formats, const Network& network) {
  TensorSet tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    tensors.push_back(neurons("z", TensorKind::preactivations, network, l, formats.preactivations));
    tensors.push_back(activations(formats, network, l));
  }
  for (std::size_t l = network.layers.size(); l-- > 0;)
    tensors.push_back(neurons("delta", TensorKind::deltas, network, l, formats.deltas));
  std::ranges::move(parameter_tensors(formats, network), std::back_inserter(tensors));
  return tensors;
}

TensorSet sample_tensors(const Network& network) {
  return sample_of_sizes(network.inputs(), network.outputs());
}

TensorSet sample_tensors(const Sample& sample) {
  TensorSet tensors = sample_of_sizes(sample.inputs.size(), sample.target.size());
  for (const float value : sample.inputs) tensors[0].codes.push_back(bits_of(value));
  for (const float value : sample.target) tensors[1].codes.push_back(bits_of(value));
  return tensors;
}

Sample sample_of(const TensorSet& tensors) {
  Sample sample;
  for (const std::uint64_t code : tensors[0].codes) sample.inputs.push_back(binary32_of(code));
  for (const std::uint64_t code : tensors[1].codes) sample.target.push_back(binary32_of(code));
  return sample;
}

TensorSet zeros_of(TensorSet tensors) {
  for (Tensor& tensor : tensors)
    tensor.codes.assign(tensor.count, is_fraction_bits(tensor.kind) ? fraction_bits_of_zeros
                                      : is_scale(tensor.kind)       ? bits_of(1.0f)
                                                                    : 0);
  return tensors;
}

const Tensor* find_tensor(const TensorSet& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &Tensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

void write_tensor_lines(const TensorSet& tensors, std::string_view before, std::string_view after,
                        const LineSink& lines) {
  for (const Tensor& tensor : tensors) {
    const ValueText text(tensors, tensor);
    for (std::size_t i = 0; i < tensor.codes.size(); ++i)
      lines(fmt::format("{}{},{},{},{}{}", before, tensor.name, i,
                        hex_bits(tensor.codes[i], tensor.format.bits / 4),
                        text.of(tensor.codes[i], i), after));
  }
}

}  // namespace lsgd
