// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>

#include "arithmetic/declared_operations.hpp"
#include "arithmetic/exact_engine.hpp"
#include "arithmetic/point_scale.hpp"
#include "arithmetic/quick_step.hpp"
#include "arithmetic/tensor_rounding.hpp"
#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

namespace {

using ExactOperations = DeclaredOperations<ExactEngine>;

bool is_parameter(Point tensor) {
  return tensor == Point::weight || tensor == Point::bias || tensor == Point::effective_weight;
}

/// Why a rule for scales is not computed.
std::optional<std::string> uncomputed(const Arithmetic& arithmetic, const ScaleDefinition& scale) {
  if (is_parameter(scale.tensor)) return std::nullopt;
  const std::string at = "scale." + std::string(name_of(scale.tensor));
  const NumberFormat& format = *arithmetic.format(scale.tensor);
  if (format.kind != FormatKind::affine || format.scale != ScaleSharing::tensor)
    return at + ": beside parameters only an affine format with one scale for each tensor";
  const bool is_state = scale.tensor == Point::input || scale.tensor == Point::activation;
  if (scale.rule != ScaleRule::fixed && !(scale.rule == ScaleRule::given && is_state))
    return at + (is_state ? ": only the rules \"given\" and \"fixed\" are computed"
                          : ": only the rule \"fixed\" is computed");
  return std::nullopt;
}

/// Why a rounding is not computed.
std::optional<std::string> uncomputed(const Arithmetic& arithmetic, Point point,
                                      const Rounding& rounding) {
  const std::string at = "at." + std::string(name_of(point));
  const NumberFormat& format = rounding.format;
  const bool is_in_sum = Point::forward_product <= point && point <= Point::bias_aligned;
  if (format.scale == ScaleSharing::operands) {
    if (!arithmetic.at(Point::effective_weight).empty())
      return at + ": scale = \"operands\" is computed without effective_weight only";
    const ScaleDefinition* const weights = arithmetic.scale(Point::weight);
    if (weights != nullptr && weights->rule != ScaleRule::given)
      return at + ": scale = \"operands\" is computed for weights with the rule \"given\" only";
    const ScaleSharing sharing = arithmetic.format(Point::weight)->scale;
    const bool is_backward = point == Point::backward_product || point == Point::backward_sum;
    if (sharing == ScaleSharing::block || (is_backward && sharing == ScaleSharing::row))
      return at + ": the terms of a sum have scales of their own";
    if (is_in_sum && arithmetic.training.algorithm == TrainingAlgorithm::target_projection)
      return at + ": projected targets have no scale of operands";
  } else if (format.fraction_bits.source == FractionBitsSource::tensor) {
    const std::optional<Point> tensor = tensor_of(point);
    if (tensor && !is_parameter(*tensor))
      return at + ": fraction bits kept with a tensor are computed for parameters only";
  }
  return std::nullopt;
}

}  // namespace

struct DeclaredStep::Shape {
  Shape(DeclaredShape declared, StepNumberKind kind)
      : numbers(kind), shape(std::move(declared)), quick(shape) {}

  bool load(const DeclaredState& state) {
    return numbers == StepNumberKind::doubles_where_they_fit && quick.load(state);
  }

  StepNumberKind numbers;
  DeclaredShape shape;
  QuickStep quick;
};

std::optional<std::string> DeclaredStep::unsupported(const Arithmetic& arithmetic) {
  for (const ScaleDefinition& scale : arithmetic.scales)
    if (auto reason = uncomputed(arithmetic, scale)) return reason;
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points[p])
      if (auto reason = uncomputed(arithmetic, static_cast<Point>(p), rounding)) return reason;
  for (const Activation function : approximated_activations) {
    const std::vector<Rounding>& roundings = arithmetic.at(Point::activation);
    if (roundings.empty() || roundings.front().direction == RoundingDirection::none ||
        roundings.front().format.kind == FormatKind::exact)
      return std::string(name_of(function)) + " has no last bit: activation is not rounded";
  }
  return std::nullopt;
}

DeclaredStep::DeclaredStep(const Arithmetic& arithmetic, const Network& network,
                           StepNumberKind numbers, const FunctionErrors& function_errors) {
  if (const std::optional<std::string> reason = unsupported(arithmetic))
    throw UnsupportedArithmetic(*reason);
  if (network.layers.empty()) throw std::invalid_argument("a network has at least one layer");
  shape_ = std::make_unique<Shape>(declared_shape(arithmetic, network, function_errors), numbers);
}

DeclaredStep::~DeclaredStep() = default;
DeclaredStep::DeclaredStep(DeclaredStep&&) noexcept = default;
DeclaredStep& DeclaredStep::operator=(DeclaredStep&&) noexcept = default;

void DeclaredStep::forward(DeclaredState& state, std::span<const float> inputs,
                           StepNumbers<BinaryNumber>& out) {
  if (shape_->load(state) && shape_->quick.forward(inputs)) {
    shape_->quick.store_forward(out);
    shape_->quick.store(state);
    return;
  }
  ExactOperations numbers(shape_->shape, state, 0);
  forward_pass(shape_->shape.network, inputs, numbers, out);
  numbers.finish();
}

void DeclaredStep::train(DeclaredState& state, const Sample& sample, float learning_rate,
                         StepNumbers<BinaryNumber>& out) {
  if (shape_->load(state) && shape_->quick.train(sample, learning_rate)) {
    shape_->quick.store_forward(out);
    shape_->quick.store_deltas(out);
    shape_->quick.store(state);
    return;
  }
  ExactOperations numbers(shape_->shape, state, learning_rate);
  forward_pass(shape_->shape.network, sample.inputs, numbers, out);
  backward_pass(shape_->shape.network, sample.target, numbers, out);
  numbers.finish();
}

void DeclaredStep::train_from_activations(DeclaredState& state, const Sample& sample,
                                          float learning_rate, StepNumbers<BinaryNumber>& out) {
  if (shape_->load(state) && shape_->quick.train_from_activations(out, sample, learning_rate)) {
    shape_->quick.store_deltas(out);
    shape_->quick.store(state);
    return;
  }
  ExactOperations numbers(shape_->shape, state, learning_rate);
  for (std::size_t l = 0; l < shape_->shape.network.layers.size(); ++l) numbers.begin_layer(l);
  backward_pass(shape_->shape.network, sample.target, numbers, out);
  numbers.finish();
}

std::optional<NumberCodec> DeclaredStep::codec(Point point, std::size_t l,
                                               const DeclaredState& state) const {
  const NumberFormat* const format = shape_->shape.arithmetic.format(point);
  if (format == nullptr || format->kind == FormatKind::exact ||
      format->fraction_bits.source == FractionBitsSource::operands)
    return std::nullopt;
  const DeclaredShape& shape = shape_->shape;
  if (has_tensor_scale(*format))
    return NumberCodec(*format, scale_of_numbers(shape.arithmetic, shape.network, point, l, state));
  return NumberCodec(*format, constant_scale(shape.network, *format, point, l, 0));
}

}  // namespace lsgd
