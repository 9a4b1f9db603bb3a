// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/declared_step.hpp>

#include "arithmetic/declared_operations.hpp"
#include "arithmetic/exact_engine.hpp"
#include "arithmetic/point_scale.hpp"
#include "arithmetic/quick_step.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

using ExactOperations = DeclaredOperations<ExactEngine>;

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
  if (arithmetic.training.algorithm != TrainingAlgorithm::backpropagation)
    return "algorithm: only backpropagation is computed";
  if (arithmetic.training.gradient_scale != GradientScale::none)
    return "gradient_scale: only none is computed";
  for (const ScaleDefinition& scale : arithmetic.scales)
    if (scale.tensor != Point::weight && scale.tensor != Point::bias &&
        scale.tensor != Point::effective_weight)
      return "scale." + std::string(name_of(scale.tensor)) +
             ": only scales of weight, bias and effective_weight are computed";
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points[p]) {
      const auto point = static_cast<Point>(p);
      const std::string at = "at." + std::string(name_of(point));
      const bool is_parameter = point == Point::weight || point == Point::bias ||
                                point == Point::effective_weight || point == Point::change ||
                                point == Point::bias_change || point == Point::initial_weight ||
                                point == Point::initial_bias || point == Point::weight_widened;
      if (has_tensor_scale(rounding.format) && !is_parameter)
        return at + ": a scale kept with a tensor is computed for parameters only";
      if (rounding.format.scale == ScaleSharing::operands)
        return at + ": scale = \"operands\" is not computed";
      if (rounding.requantization != Requantization::exact)
        return at + ": only requantization = \"exact\" is computed";
      if (rounding.direction == RoundingDirection::stochastic && !draws_known_bits(arithmetic))
        return at + ": stochastic rounding is computed with a generator whose bits are known";
    }
  for (const Activation function : {Activation::sigmoid, Activation::tanh}) {
    const std::vector<Rounding>& roundings = arithmetic.at(Point::activation);
    if (roundings.empty() || roundings.front().direction == RoundingDirection::none ||
        roundings.front().format.kind == FormatKind::exact)
      return std::string(name_of(function)) + " has no last bit: activation is not rounded";
  }
  return std::nullopt;
}

DeclaredStep::DeclaredStep(const Arithmetic& arithmetic, const Network& network,
                           StepNumberKind numbers) {
  if (const std::optional<std::string> reason = unsupported(arithmetic))
    throw UnsupportedArithmetic(*reason);
  if (network.layers.empty()) throw std::invalid_argument("a network has at least one layer");
  shape_ = std::make_unique<Shape>(declared_shape(arithmetic, network), numbers);
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

std::optional<NumberCodec> DeclaredStep::codec(Point point, std::size_t l) const {
  const NumberFormat* const format = shape_->shape.arithmetic.format(point);
  if (format == nullptr || format->kind == FormatKind::exact || has_tensor_scale(*format) ||
      format->fraction_bits.source == FractionBitsSource::operands)
    return std::nullopt;
  return NumberCodec(*format, constant_scale(shape_->shape.network, *format, point, l, 0));
}

}  // namespace lsgd
