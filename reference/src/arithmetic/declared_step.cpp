// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/random_stream.hpp>
#include <lsgd/arithmetic/rounded_function.hpp>

#include "arithmetic/point_scale.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

/// Fraction bits of the product of two fixed-point numbers; the numbers keep their grids.
int fraction_bits_of_product(const BinaryNumber& x, const BinaryNumber& y) {
  return static_cast<int>(-(x.exponent + y.exponent));
}

/// The declaration with a direction where it allows any.
Arithmetic with_decided_directions(Arithmetic arithmetic) {
  for (std::vector<Rounding>& roundings : arithmetic.points)
    for (Rounding& rounding : roundings) rounding = decided(rounding);
  return arithmetic;
}

bool reads_subnormals_as_zeros(const Arithmetic& arithmetic) {
  return std::ranges::any_of(arithmetic.points, [](const std::vector<Rounding>& roundings) {
    return std::ranges::any_of(roundings, [](const Rounding& rounding) {
      return rounding.format.kind == FormatKind::floating &&
             (rounding.format.subnormals == Subnormals::flush_operands ||
              rounding.format.subnormals == Subnormals::flush_both);
    });
  });
}

}  // namespace

/// What stays the same from step to step, and values of functions that come again.
struct DeclaredStep::Shape {
  Arithmetic arithmetic;
  Network network;
  bool flushes_operands = false;
  /// By layer: a for each z met so far, where z has 16 bits or fewer and nothing is drawn.
  std::vector<std::map<std::uint64_t, BinaryNumber>> known_activations = {};
};

/// The operations of a step: each result rounded as its point says.
class DeclaredStep::Numbers {
 public:
  using Number = BinaryNumber;

  Numbers(Shape& shape, DeclaredState& state, float learning_rate)
      : shape_(shape),
        arithmetic_(shape.arithmetic),
        state_(state),
        layers_(shape.network.layers.size()) {
    if (state.layers.size() != layers_.size())
      throw std::invalid_argument("parameters of every layer");
    if (draws_known_bits(arithmetic_))
      random_.emplace(arithmetic_.random.generator, state.random_state);
    learning_rate_ =
        operand(0, Point::learning_rate,
                rounded(0, Point::learning_rate, BinaryNumber::of_double(learning_rate)));
  }

  /// Writes the random state back.
  void finish() {
    if (random_) state_.random_state = random_->state();
  }

  void round_inputs(std::span<const float> inputs, std::vector<Number>& input,
                    std::vector<Number>& update_input) {
    input.clear();
    update_input.clear();
    for (const float x : inputs) {
      const Number given = BinaryNumber::of_double(x);
      input.push_back(rounded(0, Point::input, given));
      const bool keeps = arithmetic_.training.first_layer_input == FirstLayerInput::given;
      update_input.push_back(keeps ? given : input.back());
    }
  }

  /// Fixes what both passes see of a layer's weights (Point::effective_weight).
  void begin_layer(std::size_t l) {
    LayerState& layer = layers_[l];
    layer.weights = state_.layers[l].weights;
    const std::vector<Rounding>& roundings = arithmetic_.at(Point::effective_weight);
    if (!roundings.empty()) {
      const ScaleDefinition* scale = arithmetic_.scale(Point::effective_weight);
      round_tensor(roundings, scale == nullptr ? ScaleRule::given : scale->rule, inputs(l),
                   random(), layer.weights);
    }
    const Point point = roundings.empty() ? Point::weight : Point::effective_weight;
    if (shape_.flushes_operands)
      for (Number& weight : layer.weights.numbers) weight = operand(l, point, std::move(weight));
  }

  Number pre_activation(std::size_t l, std::size_t j, const std::vector<Number>& below) {
    LayerState& layer = layers_[l];
    const Number* const weights = &layer.weights.numbers[j * inputs(l)];
    const Point input_point = l == 0 ? Point::input : Point::activation;
    layer.operand_bits = fraction_bits_of_product(weights[0], below[0]);
    const Number bias = rounded(l, Point::bias_aligned,
                                operand(l, Point::bias, state_.layers[l].biases.numbers[j]));
    const auto product = [&](std::size_t i) {
      const Number exact = weights[i] * operand(l == 0 ? l : l - 1, input_point, below[i]);
      return is_fused() ? exact : rounded(l, Point::forward_product, exact);
    };
    const bool is_last = arithmetic_.order.bias == BiasPosition::last;
    const Number sum = sum_of(l, Point::forward_sum, below.size(), product,
                              is_last ? nullptr : &bias, is_last ? &bias : nullptr);
    return rounded(l, Point::pre_activation, sum);
  }

  Number activation(std::size_t l, const Number& shown_z) {
    const Number z = operand(l, Point::pre_activation, shown_z);
    switch (shape_.network.layers[l].activation) {
      case Activation::identity:
        return rounded(l, Point::activation, z);
      case Activation::relu:
        return rounded(l, Point::activation, z.is_finite() && z.is_negative ? zero_like(z) : z);
      case Activation::sigmoid:
      case Activation::tanh:
        return function_value(l, z);
    }
    throw std::logic_error("an activation");
  }

  Number stored_activation(std::size_t l, const Number& a) {
    return rounded(l, Point::stored_activation, a);
  }

  Number output_error(std::size_t l, const Number& a, float target) {
    const Number t =
        operand(l, Point::target, rounded(l, Point::target, BinaryNumber::of_double(target)));
    return rounded(l, Point::output_error, operand(l, Point::activation, a) - t);
  }

  /// The sum of weights times deltas that reaches neuron i of layer l.
  Number hidden_error(std::size_t l, std::size_t i, const std::vector<Number>& delta_above) {
    LayerState& layer = layers_[l];
    const LayerState& above = layers_[l + 1];
    const std::size_t columns = inputs(l + 1);
    layer.operand_bits = fraction_bits_of_product(above.weights.numbers[i], delta_above[0]);
    const auto product = [&](std::size_t j) {
      const Number exact =
          above.weights.numbers[j * columns + i] * operand(l + 1, Point::delta, delta_above[j]);
      return is_fused() ? exact : rounded(l, Point::backward_product, exact);
    };
    const Number sum =
        sum_of(l, Point::backward_sum, delta_above.size(), product, nullptr, nullptr);
    return rounded(l, Point::hidden_error, sum);
  }

  /// delta where the error has no factor.
  Number delta(std::size_t l, const Number& error) { return rounded(l, Point::delta, error); }

  /// delta = e f', f' from the stored activation (SPEC 6.2.2).
  Number delta(std::size_t l, const Number& error, const Number& stored) {
    const Number one = BinaryNumber::of(1);
    const Number a = operand(l, stored_point(), stored);
    switch (shape_.network.layers[l].activation) {
      case Activation::identity:
        return rounded(l, Point::delta, error);
      case Activation::relu: {
        const bool passes = !a.is_finite() || (!a.is_zero() && !a.is_negative);
        return rounded(l, Point::delta, passes ? error : zero_like(error));
      }
      case Activation::sigmoid: {
        const Number rest = rounded(l, Point::derivative_term, one - a);
        return rounded(l, Point::delta, error * rounded(l, Point::derivative, a * rest));
      }
      case Activation::tanh: {
        const Number square = is_fused() ? a * a : rounded(l, Point::derivative_term, a * a);
        return rounded(l, Point::delta, error * rounded(l, Point::derivative, one - square));
      }
    }
    throw std::logic_error("an activation");
  }

  bool trains(std::size_t l) const {
    const std::vector<std::uint32_t>& trained = arithmetic_.training.trained_layers;
    return trained.empty() || std::ranges::find(trained, l + 1) != trained.end();
  }

  bool keeps_neuron(const Number& delta) const {
    return arithmetic_.random.skip_zero && delta.is_zero();
  }

  bool updates_bias_first() const {
    return arithmetic_.random.order == DrawOrder::neuron_bias_input;
  }

  Number learning_rate_times_delta(std::size_t l, const Number& shown_delta) {
    if (multiplies_activation_first()) return {};
    return rounded(l, Point::learning_rate_times_delta,
                   learning_rate_ * operand(l, Point::delta, shown_delta));
  }

  void update_weight(std::size_t l, std::size_t j, std::size_t i, const Number& step,
                     const Number& delta, const Number& shown_below) {
    const Number below = l == 0 ? operand(0, Point::input, shown_below)
                                : operand(l - 1, stored_point(), shown_below);
    const Number product = multiplies_activation_first()
                               ? learning_rate_ * rounded(l, Point::delta_times_activation,
                                                          operand(l, Point::delta, delta) * below)
                               : step * below;
    const std::size_t index = j * inputs(l) + i;
    const std::size_t group = weight_group(l, index);
    const Number change = is_fused() ? product : rounded(l, Point::change, product, group);
    Number& weight = state_.layers[l].weights.numbers[index];
    weight = updated(l, Point::weight, operand(l, Point::weight, weight) - change, group);
  }

  void update_bias(std::size_t l, std::size_t j, const Number& step, const Number& delta) {
    Number change;
    if (!multiplies_activation_first()) {
      change = rounded(l, Point::bias_change, step);
    } else {
      const Number product = learning_rate_ * operand(l, Point::delta, delta);
      change = is_fused() ? product : rounded(l, Point::bias_change, product);
    }
    Number& bias = state_.layers[l].biases.numbers[j];
    bias = updated(l, Point::bias, operand(l, Point::bias, bias) - change, 0);
  }

  /// Chooses new scales and rounds to them, or widens the range of what saturated.
  void finish_update(std::size_t l) {
    finish_tensor(Point::weight, inputs(l), state_.layers[l].weights);
    finish_tensor(Point::bias, 1, state_.layers[l].biases);
    const ScaleDefinition* scale = arithmetic_.scale(Point::weight);
    const bool widens = scale != nullptr && scale->rule == ScaleRule::widen_on_saturation;
    DeclaredTensor& weights = state_.layers[l].weights;
    if (!widens || !layers_[l].weight_saturated ||
        weights.scales.front().fraction_bits <= scale->minimum)
      return;
    for (TensorScale& own : weights.scales) --own.fraction_bits;
    round_tensor_from(0, arithmetic_.at(Point::weight_widened), inputs(l), random(), weights);
  }

 private:
  struct LayerState {
    DeclaredTensor weights;  ///< as both passes see them
    int operand_bits = 0;    ///< fraction bits of the products of the sum at hand
    bool weight_saturated = false;
    /// By point: for each of its roundings the codec of each scale of the tensor.
    std::array<std::vector<std::vector<NumberCodec>>, point_count> codecs;
  };

  std::size_t inputs(std::size_t l) const { return shape_.network.layers[l].inputs; }
  RandomStream* random() { return random_ ? &*random_ : nullptr; }
  bool is_fused() const { return arithmetic_.order.fused == FusedMultiplyAdd::yes; }
  bool multiplies_activation_first() const {
    return arithmetic_.order.update == UpdateProduct::delta_times_activation;
  }
  Point stored_point() const {
    return arithmetic_.at(Point::stored_activation).empty() ? Point::activation
                                                            : Point::stored_activation;
  }

  static Number zero_like(Number x) {
    x.magnitude = 0;
    x.is_negative = false;
    return x;
  }

  std::size_t weight_group(std::size_t l, std::size_t index) const {
    const NumberFormat* format = arithmetic_.format(Point::weight);
    return format == nullptr ? 0 : scale_position(*format, index, inputs(l));
  }

  const std::vector<std::vector<NumberCodec>>& codecs_of(std::size_t l, Point point,
                                                         int operand_bits) {
    auto& codecs = layers_[l].codecs[static_cast<std::size_t>(point)];
    if (!codecs.empty()) return codecs;
    const DeclaredLayer& parameters = state_.layers[l];
    const std::vector<TensorScale>& state_scales =
        is_bias_point(point) ? parameters.biases.scales : parameters.weights.scales;
    for (const Rounding& rounding : arithmetic_.at(point)) {
      std::vector<NumberCodec>& own = codecs.emplace_back();
      if (has_tensor_scale(rounding.format))
        for (const TensorScale& scale : state_scales) own.emplace_back(rounding.format, scale);
      else
        own.emplace_back(rounding.format,
                         constant_scale(shape_.network, rounding.format, point, l, operand_bits));
    }
    return codecs;
  }

  /// The first `count` roundings of a point.
  Number rounded_by(std::size_t count, std::size_t l, Point point, Number x, std::size_t group,
                    bool* overflowed) {
    if (count == 0) return x;
    const bool is_in_sum = (Point::forward_sum <= point && point <= Point::pre_activation) ||
                           point == Point::backward_sum || point == Point::hidden_error;
    const int operand_bits = is_in_sum ? layers_[l].operand_bits : static_cast<int>(-x.exponent);
    const auto& codecs = codecs_of(l, point, operand_bits);
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    for (std::size_t k = 0; k < count; ++k) {
      const NumberCodec& codec = codecs[k].size() == 1 ? codecs[k].front() : codecs[k].at(group);
      x = codec.rounded(x, roundings[k], random(), overflowed);
    }
    return x;
  }

  Number rounded(std::size_t l, Point point, Number x, std::size_t group = 0) {
    return rounded_by(arithmetic_.at(point).size(), l, point, std::move(x), group, nullptr);
  }

  /// A new parameter, as far as it is rounded before the scale of its tensor is chosen.
  Number updated(std::size_t l, Point point, Number x, std::size_t group) {
    const ScaleDefinition* scale = arithmetic_.scale(point);
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    const bool waits = scale != nullptr && follows_numbers(scale->rule);
    bool overflowed = false;
    x = rounded_by(waits ? first_scaled(roundings) : roundings.size(), l, point, std::move(x),
                   group, &overflowed);
    if (point == Point::weight && overflowed) layers_[l].weight_saturated = true;
    return x;
  }

  void finish_tensor(Point point, std::size_t columns, DeclaredTensor& tensor) {
    const ScaleDefinition* scale = arithmetic_.scale(point);
    if (scale == nullptr || !follows_numbers(scale->rule)) return;
    const std::vector<Rounding>& roundings = arithmetic_.at(point);
    const std::size_t first = first_scaled(roundings);
    tensor.scales = chosen_scales(roundings.at(first).format, scale->rule, tensor.numbers, columns);
    round_tensor_from(first, roundings, columns, random(), tensor);
  }

  /// What an operation reads of a number that ended at `point` of layer l.
  Number operand(std::size_t l, Point point, Number x) {
    if (!shape_.flushes_operands || arithmetic_.at(point).empty()) return x;
    const auto fraction_bits = static_cast<int>(-x.exponent);
    return codecs_of(l, point, fraction_bits).back().front().operand(std::move(x));
  }

  /// A sum of `count` products in the declared order. `first` starts it, `last` is added to the
  /// finished sum; either may be null.
  template <class Product>
  Number sum_of(std::size_t l, Point point, std::size_t count, const Product& product,
                const Number* first, const Number* last) {
    const EvaluationOrder& order = arithmetic_.order;
    const bool at_the_end = order.saturate == SumSaturation::end;
    const bool by_lane = order.saturate == SumSaturation::lane;
    const auto added = [&](const Number& sum, const Number& term) {
      return at_the_end ? sum + term : rounded(l, point, sum + term);
    };
    const auto added_in_lane = [&](const Number& sum, const Number& term) {
      return at_the_end || by_lane ? sum + term : rounded(l, point, sum + term);
    };
    const auto finished_lane = [&](Number sum) {
      return by_lane ? rounded(l, point, std::move(sum)) : sum;
    };
    Number sum = first == nullptr ? Number{} : *first;
    switch (order.sum) {
      case SumOrder::any:
      case SumOrder::ascending:
        for (std::size_t i = 0; i < count; ++i) sum = added_in_lane(sum, product(i));
        sum = finished_lane(std::move(sum));
        break;
      case SumOrder::descending:
        for (std::size_t i = count; i-- > 0;) sum = added_in_lane(sum, product(i));
        sum = finished_lane(std::move(sum));
        break;
      case SumOrder::lanes: {
        std::vector<Number> lanes(static_cast<std::size_t>(order.width));
        lanes.front() = sum;
        for (std::size_t i = 0; i < count; ++i) {
          Number& lane = lanes[i % lanes.size()];
          lane = added_in_lane(lane, product(i));
        }
        sum = finished_lane(lanes.front());
        for (std::size_t k = 1; k < lanes.size(); ++k) sum = added(sum, finished_lane(lanes[k]));
        break;
      }
      case SumOrder::tree: {
        std::vector<Number> nodes;
        if (first != nullptr) nodes.push_back(sum);
        for (std::size_t i = 0; i < count; ++i) nodes.push_back(product(i));
        const auto width = static_cast<std::size_t>(order.width);
        do {
          std::vector<Number> parents;
          for (std::size_t i = 0; i < nodes.size(); i += width) {
            Number parent;
            for (std::size_t k = i; k < std::min(i + width, nodes.size()); ++k)
              parent = added_in_lane(parent, nodes[k]);
            parents.push_back(finished_lane(std::move(parent)));
          }
          nodes = std::move(parents);
        } while (nodes.size() > 1);
        sum = nodes.front();
        break;
      }
    }
    if (last != nullptr) sum = added(sum, *last);
    return at_the_end ? rounded(l, point, std::move(sum)) : sum;
  }

  Number function_value(std::size_t l, const Number& z) {
    const Activation function = shape_.network.layers[l].activation;
    const ActivationDefinition& definition = arithmetic_.activation(function);
    const std::vector<Rounding>& roundings = arithmetic_.at(Point::activation);
    const auto& codecs = codecs_of(l, Point::activation, 0);
    const bool draws = std::ranges::any_of(roundings, [](const Rounding& rounding) {
      return rounding.direction == RoundingDirection::stochastic;
    });
    const NumberFormat* const z_format = arithmetic_.format(Point::pre_activation);
    std::optional<std::uint64_t> code;
    if (z_format != nullptr && z_format->bits <= 16 && z.is_finite())
      code = codecs_of(l, Point::pre_activation, 0).back().front().code_of(z);
    if (definition.rule == ActivationRule::table && code) {
      const NumberCodec& z_codec = codecs_of(l, Point::pre_activation, 0).back().front();
      const Integer lowest = z_codec.smallest().significand();
      const auto position = (z.significand() - lowest).convert_to<std::size_t>();
      const std::int64_t entry = definition.table.at(position);
      const std::uint64_t mask = (std::uint64_t{1} << codecs.back().front().format().bits) - 1;
      return codecs.back().front().number_of(static_cast<std::uint64_t>(entry) & mask);
    }
    auto& known = shape_.known_activations[l];
    if (code && !draws) {
      const auto found = known.find(*code);
      if (found != known.end()) return found->second;
    }
    Number value =
        rounded_function(function, z, codecs.front().front(), roundings.front(), random());
    for (std::size_t k = 1; k < roundings.size(); ++k)
      value = codecs[k].front().rounded(value, roundings[k], random());
    if (code && !draws) known.emplace(*code, value);
    return value;
  }

  Shape& shape_;
  const Arithmetic& arithmetic_;
  DeclaredState& state_;
  std::vector<LayerState> layers_;
  std::optional<RandomStream> random_;
  Number learning_rate_;
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
        return at + ": stochastic rounding is computed with generator lcg32/1 or xorshift32/1";
    }
  for (const Activation function : {Activation::sigmoid, Activation::tanh}) {
    const std::vector<Rounding>& roundings = arithmetic.at(Point::activation);
    if (roundings.empty() || roundings.front().direction == RoundingDirection::none ||
        roundings.front().format.kind == FormatKind::exact)
      return std::string(name_of(function)) + " has no last bit: activation is not rounded";
  }
  return std::nullopt;
}

DeclaredStep::DeclaredStep(const Arithmetic& arithmetic, const Network& network) {
  if (const std::optional<std::string> reason = unsupported(arithmetic))
    throw UnsupportedArithmetic(*reason);
  if (network.layers.empty()) throw std::invalid_argument("a network has at least one layer");
  shape_ = std::make_unique<Shape>(
      Shape{with_decided_directions(arithmetic), network, reads_subnormals_as_zeros(arithmetic)});
  shape_->known_activations.resize(network.layers.size());
}

DeclaredStep::~DeclaredStep() = default;
DeclaredStep::DeclaredStep(DeclaredStep&&) noexcept = default;
DeclaredStep& DeclaredStep::operator=(DeclaredStep&&) noexcept = default;

void DeclaredStep::forward(DeclaredState& state, std::span<const float> inputs,
                           StepNumbers<BinaryNumber>& out) {
  Numbers numbers(*shape_, state, 0);
  declared_forward(shape_->network, inputs, numbers, out);
  numbers.finish();
}

void DeclaredStep::train(DeclaredState& state, const Sample& sample, float learning_rate,
                         StepNumbers<BinaryNumber>& out) {
  Numbers numbers(*shape_, state, learning_rate);
  declared_forward(shape_->network, sample.inputs, numbers, out);
  declared_backward(shape_->network, sample.target, numbers, out);
  numbers.finish();
}

void DeclaredStep::train_from_activations(DeclaredState& state, const Sample& sample,
                                          float learning_rate, StepNumbers<BinaryNumber>& out) {
  Numbers numbers(*shape_, state, learning_rate);
  for (std::size_t l = 0; l < shape_->network.layers.size(); ++l) numbers.begin_layer(l);
  declared_backward(shape_->network, sample.target, numbers, out);
  numbers.finish();
}

std::optional<NumberCodec> DeclaredStep::codec(Point point, std::size_t l) const {
  const NumberFormat* const format = shape_->arithmetic.format(point);
  if (format == nullptr || format->kind == FormatKind::exact || has_tensor_scale(*format) ||
      format->fraction_bits.source == FractionBitsSource::operands)
    return std::nullopt;
  return NumberCodec(*format, constant_scale(shape_->network, *format, point, l, 0));
}

}  // namespace lsgd
