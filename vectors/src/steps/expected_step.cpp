// SPDX-License-Identifier: Apache-2.0
#include "steps/expected_step.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <type_traits>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int32_fixed_step.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "files/number_text.hpp"
#include "steps/built_in_formats.hpp"

namespace lsgd {
namespace {

/// Tensors evaluated at one precision, and whether their bounds prove every printed digit.
struct Evaluation {
  std::vector<ExpectedTensor> tensors;
  bool is_proven = true;
};

/// Decimal digits of one element.
template <class Real>
std::string digits_of(const Real& value, double bound, bool& is_proven) {
  if (const auto proven = proven_decimal(value, bound)) return *proven;
  is_proven = false;
  return to_decimal(value);
}

template <class Real>
void append_binary32(Evaluation& out, const std::string& name, const BoundedTensor<Real>& values) {
  ExpectedTensor tensor{name, 32, {}};
  tensor.elements.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    // A real zero has no sign, whatever signs its factors had.
    const bool is_zero = values.exact[i] == 0;
    const float rounded = is_zero ? 0.0f : round_to_binary32(values.exact[i]);
    tensor.elements.push_back({bits_of(rounded),
                               to_text(rounded),
                               digits_of(values.exact[i], values.bound[i], out.is_proven),
                               values.judged_bound(i),
                               {}});
  }
  out.tensors.push_back(std::move(tensor));
}

/// The nearest int32 numbers (SPEC 13.2).
template <class Real>
void append_int32(Evaluation& out, const std::string& name, const BoundedTensor<Real>& values,
                  int fraction_bits) {
  ExpectedTensor tensor{name, 32, {}, fraction_bits};
  tensor.elements.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t rounded = nearest_int32(values.exact[i], fraction_bits);
    tensor.elements.push_back({static_cast<std::uint32_t>(rounded),
                               to_text(fixed_value(rounded, fraction_bits)),
                               digits_of(values.exact[i], values.bound[i], out.is_proven),
                               values.judged_bound(i),
                               {}});
  }
  out.tensors.push_back(std::move(tensor));
}

/// An int8 or int16 that must have these bits.
template <class Integer>
ExpectedElement integer_element(Integer pattern, int fraction_bits) {
  const std::string value = to_text(std::ldexp(static_cast<float>(pattern), -fraction_bits));
  return {static_cast<std::make_unsigned_t<Integer>>(pattern), value, value, std::nullopt, {}};
}

template <class Integer>
ExpectedTensor integer_tensor(const std::string& name, const std::vector<Integer>& patterns,
                              int fraction_bits) {
  ExpectedTensor tensor{name, 8 * static_cast<int>(sizeof(Integer)), {}};
  for (const Integer pattern : patterns)
    tensor.elements.push_back(integer_element(pattern, fraction_bits));
  return tensor;
}

/// A tensor of one number.
ExpectedTensor count_tensor(const std::string& name, int element_bits, std::uint32_t count) {
  const std::string text = std::to_string(count);
  return {name, element_bits, {{count, text, text, std::nullopt, {}}}};
}

/// Acceptable patterns of a new parameter besides the nominal one.
template <class Real>
std::vector<std::uint64_t> further_patterns(const Real& value, double bound,
                                            const FractionBitsRange& range, std::int8_t nominal) {
  std::vector<std::uint64_t> patterns;
  for (int n = range.lowest; n <= range.highest; ++n) {
    const Int8Range accepted = acceptable(value, bound, n);
    for (int q = accepted.low; q <= accepted.high; ++q) {
      const std::uint64_t pattern = static_cast<std::uint8_t>(q);
      const bool is_known = std::ranges::find(patterns, pattern) != patterns.end();
      if (q != nominal && !is_known) patterns.push_back(pattern);
    }
  }
  return patterns;
}

template <class Real>
void append_requantized(Evaluation& out, const std::string& name, const BoundedTensor<Real>& values,
                        const FractionBitsRange& range, const Int8Tensor& nominal) {
  out.tensors.push_back(
      count_tensor(name + ".fraction_bits", 8, static_cast<std::uint32_t>(range.nominal)));
  for (int n = range.lowest; n <= range.highest; ++n)
    if (n != range.nominal)
      out.tensors.back().elements.front().also.push_back(static_cast<std::uint32_t>(n));

  ExpectedTensor tensor{name, 8, {}};
  tensor.elements.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ExpectedElement element = integer_element(nominal.values[i], nominal.fraction_bits);
    element.exact = digits_of(values.exact[i], values.bound[i], out.is_proven);
    element.also = further_patterns(values.exact[i], values.bound[i], range, nominal.values[i]);
    tensor.elements.push_back(std::move(element));
  }
  out.tensors.push_back(std::move(tensor));
}

std::string numbered(std::string_view name, std::size_t layer) {
  return fmt::format("{}{}", name, layer + 1);
}

/// Calls append(name, tensor, format) for all tensors of a step in the order of the files.
template <class Real, class Append>
void for_each_tensor(const TensorFormats& formats, const Network& network,
                     const StepTrace<Real>& trace, const Append& append) {
  for (std::size_t l = 0; l < trace.size(); ++l) {
    append(numbered("z", l), trace[l].z, formats.preactivations);
    append(numbered("a", l), trace[l].a, formats.activations_of(network.layers[l].activation));
  }
  for (std::size_t l = trace.size(); l-- > 0;)
    append(numbered("delta", l), trace[l].delta, formats.deltas);
  for (std::size_t l = 0; l < trace.size(); ++l) {
    append(numbered("W", l), trace[l].weights, formats.weights);
    append(numbered("b", l), trace[l].biases, formats.biases);
  }
}

template <class Real>
Evaluation tabulate(const TensorFormats& formats, const Network& network,
                    const StepTrace<Real>& trace) {
  Evaluation out;
  for_each_tensor(
      formats, network, trace,
      [&](const std::string& name, const BoundedTensor<Real>& values, const ElementFormat& format) {
        if (format.fraction_bits)
          append_int32(out, name, values, *format.fraction_bits);
        else
          append_binary32(out, name, values);
      });
  return out;
}

/// z and a of an integer forward pass.
template <class Delta>
std::vector<ExpectedTensor> forward_tensors(const Network& network,
                                            const StepNumbers<std::int8_t, Delta>& trace) {
  std::vector<ExpectedTensor> tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    tensors.push_back(
        integer_tensor(numbered("z", l), trace.layers[l].z, preactivation_fraction_bits));
    tensors.push_back(integer_tensor(numbered("a", l), trace.layers[l].a,
                                     output_fraction_bits(network.layers[l].activation)));
  }
  return tensors;
}

template <class Real>
Evaluation tabulate(const Network& network, const Int8StepTrace<Real>& trace) {
  const auto& layers = trace.layers;
  Evaluation out;
  out.tensors = forward_tensors(network, trace.integers);
  for (std::size_t l = layers.size(); l-- > 0;)
    append_binary32(out, numbered("delta", l), layers[l].delta);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    append_requantized(out, numbered("W", l), layers[l].new_weights,
                       layers[l].weights_fraction_bits, layers[l].weights);
    append_requantized(out, numbered("b", l), layers[l].new_biases, layers[l].biases_fraction_bits,
                       layers[l].biases);
  }
  return out;
}

/// Whether two evaluations agree in everything but the bounds, which are doubles either way.
bool same_digits(const Evaluation& one, const Evaluation& other) {
  for (std::size_t t = 0; t < one.tensors.size(); ++t) {
    const auto same = [](const ExpectedElement& x, const ExpectedElement& y) {
      return x.bits == y.bits && x.exact == y.exact && x.also == y.also;
    };
    if (!std::ranges::equal(one.tensors[t].elements, other.tensors[t].elements, same)) return false;
  }
  return true;
}

/// Values whose bound does not prove their digits (a zero that follows from cancellation has none)
/// are proven by the same digits at four times the precision, which holds any sum of products of
/// two binary32 numbers exactly.
template <unsigned bits, class Evaluate>
Evaluation proven_evaluation(const Evaluate& evaluate, Evaluation lower) {
  if (lower.is_proven) return lower;
  if constexpr (bits > 4000) {
    throw std::runtime_error("the exact values of this step need more than 4,000 bits");
  } else {
    Evaluation higher = evaluate.template operator()<RealOf<4 * bits>>();
    if (same_digits(lower, higher)) return lower;
    return proven_evaluation<4 * bits>(evaluate, std::move(higher));
  }
}

template <class Evaluate>
std::vector<ExpectedTensor> proven_tensors(const Evaluate& evaluate) {
  return proven_evaluation<250>(evaluate, evaluate.template operator()<Exact>()).tensors;
}

Int8Tensor quantized_tensor(const std::vector<float>& values) {
  float maximum = 0;
  for (const float value : values) maximum = std::max(maximum, std::abs(value));
  Int8Tensor result;
  result.fraction_bits = fraction_bits_of(maximum);
  for (const float value : values) result.values.push_back(quantize(value, result.fraction_bits));
  return result;
}

}  // namespace

std::vector<ExpectedTensor> expected_float32_step(const Network& network,
                                                  const Parameters<float>& parameters,
                                                  const Sample& sample, float learning_rate,
                                                  const ArithmeticModel& model) {
  return proven_tensors([&]<class Real>() {
    StepTrace<Real> trace;
    float32_step(network, parameters, sample, learning_rate, model, trace);
    return tabulate(float32_formats, network, trace);
  });
}

std::vector<ExpectedTensor> expected_int8_hybrid_step(const Network& network,
                                                      const Int8Parameters& parameters,
                                                      const Sample& sample, float learning_rate,
                                                      const ArithmeticModel& model) {
  return proven_tensors([&]<class Real>() {
    Int8StepTrace<Real> trace;
    int8_hybrid_step(network, parameters, sample, learning_rate, model, trace);
    return tabulate(network, trace);
  });
}

std::vector<ExpectedTensor> expected_int8_integer_step(const Network& network,
                                                       const Int8IntegerParameters& parameters,
                                                       const Sample& sample, float learning_rate) {
  Int8IntegerParameters updated = parameters;
  Int8IntegerTrace trace;
  int8_integer_step(network, updated, sample, learning_rate, trace);
  const std::size_t layers = network.layers.size();
  std::vector<ExpectedTensor> tensors = forward_tensors(network, trace);
  for (std::size_t l = layers; l-- > 0;)
    tensors.push_back(
        integer_tensor(numbered("delta", l), trace.layers[l].delta, delta_fraction_bits));
  for (std::size_t l = 0; l < layers; ++l) {
    const auto& [weights, biases] = updated.layers[l];
    tensors.push_back(count_tensor(numbered("W", l) + ".fraction_bits", 8,
                                   static_cast<std::uint32_t>(weights.fraction_bits)));
    tensors.push_back(integer_tensor(numbered("W", l), weights.values, weights.fraction_bits));
    tensors.push_back(integer_tensor(numbered("b", l), biases, bias_fraction_bits));
  }
  tensors.push_back(count_tensor("random_state", 32, updated.random_bits.state));
  return tensors;
}

std::vector<ExpectedTensor> expected_int32_fixed_step(const Network& network,
                                                      const Int32Parameters& parameters,
                                                      const Sample& sample, float learning_rate,
                                                      const ArithmeticModel& model) {
  return proven_tensors([&]<class Real>() {
    StepTrace<Real> trace;
    int32_fixed_step(network, parameters, sample, learning_rate, model, trace);
    return tabulate(int32_fixed_formats, network, trace);
  });
}

TensorSet parameters_after(const TensorFormats& formats, const Network& network,
                           const std::vector<ExpectedTensor>& expected) {
  TensorSet after = parameter_tensors(formats, network);
  for (Tensor& tensor : after) {
    const auto found = std::ranges::find(expected, tensor.name, &ExpectedTensor::name);
    if (found == expected.end()) throw std::logic_error("a step without " + tensor.name);
    for (const ExpectedElement& element : found->elements) tensor.codes.push_back(element.bits);
  }
  return after;
}

Int32Parameters int32_fixed_parameters(const Parameters<float>& parameters) {
  const auto quantized = [](const std::vector<float>& values) {
    std::vector<std::int32_t> result;
    for (const float value : values) result.push_back(quantize_int32(value, fixed_parameter_bits));
    return result;
  };
  Int32Parameters result;
  for (const auto& layer : parameters)
    result.push_back({quantized(layer.weights), quantized(layer.biases)});
  return result;
}

Int8IntegerParameters int8_integer_parameters(const Parameters<float>& parameters,
                                              std::uint32_t random_state) {
  Int8IntegerParameters result;
  for (const auto& layer : parameters) {
    Int8IntegerLayerParameters quantized{quantized_tensor(layer.weights), {}};
    for (const float bias : layer.biases)
      quantized.biases.push_back(quantize_int16(bias, bias_fraction_bits));
    result.layers.push_back(std::move(quantized));
  }
  result.random_bits.state = random_state;
  return result;
}

Int8Parameters quantized_parameters(const Parameters<float>& parameters) {
  Int8Parameters result;
  for (const auto& layer : parameters)
    result.push_back({quantized_tensor(layer.weights), quantized_tensor(layer.biases)});
  return result;
}

bool update_is_unambiguous(const std::vector<ExpectedTensor>& expected) {
  return std::ranges::all_of(expected, [](const ExpectedTensor& tensor) {
    return std::ranges::all_of(tensor.elements,
                               [](const ExpectedElement& element) { return element.also.empty(); });
  });
}

}  // namespace lsgd
