// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mpfr.h>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// A second reading of the language of declarations: rational numbers by name, one function for
/// each point, roundings by the definition of the two neighbours. Slow, without infinities, NaN and
/// signs of zero. It shares nothing with the library but the parsed declaration.
class DeclarationInterpreter {
 public:
  using Q = boost::multiprecision::cpp_rational;
  using Z = boost::multiprecision::cpp_int;

  /// A number left the range of a format that does not saturate or wrap.
  struct OutOfRange : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  DeclarationInterpreter(Arithmetic declaration, Network network)
      : d_(std::move(declaration)), net_(std::move(network)) {}

  std::map<std::string, Q> numbers;          ///< "W1 0 2", "b1 0", "z1 0", "a0 1", "delta2 0", ...
  std::map<std::string, int> fraction_bits;  ///< "W1", "b1": of the parameters before the step
  /// S and Z where they are state: "x", "W1", "a1", ...; of weights one, or one for each row.
  std::map<std::string, std::vector<Q>> scales;
  std::map<std::string, std::vector<Z>> zero_points;
  std::uint32_t random_state = 0;
  std::function<std::uint32_t(std::uint32_t&)>
      next_word;  ///< of the generator, from the state, which it changes
  std::function<std::uint32_t(std::uint32_t&)> next_projection_word;

  static std::string at(const std::string& tensor, std::size_t layer, std::size_t i) {
    return tensor + std::to_string(layer) + ' ' + std::to_string(i);
  }
  static std::string at(const std::string& tensor, std::size_t layer, std::size_t j,
                        std::size_t i) {
    return at(tensor, layer, j) + ' ' + std::to_string(i);
  }

  /// One training step; layers count from 1.
  void step(const std::vector<float>& x, const std::vector<float>& t, float learning_rate) {
    const std::size_t last = net_.layers.size();
    clamped_.clear();
    target_ = t;
    r_ = round(Point::learning_rate, 1, Q(learning_rate), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      numbers[at("a", 0, i)] = round(Point::input, 1, Q(x[i]), 0);
      const bool given = d_.training.first_layer_input == FirstLayerInput::given;
      numbers[at("s", 0, i)] = given ? Q(x[i]) : numbers[at("a", 0, i)];
    }
    for (std::size_t l = 1; l <= last; ++l) {
      effective_weights(l);
      const bool is_softmax = net_.layers[l - 1].activation == Activation::softmax;
      for (std::size_t j = 0; is_softmax && j < outputs(l); ++j)
        numbers[at("z", l, j)] = pre_activation(l, j);
      for (std::size_t j = 0; is_softmax && j < outputs(l); ++j)
        numbers[at("a", l, j)] = round(Point::activation, l, softmax(l, j), 0);
      for (std::size_t j = 0; j < outputs(l); ++j) {
        if (!is_softmax) numbers[at("z", l, j)] = pre_activation(l, j);
        if (!is_softmax) numbers[at("a", l, j)] = activation(l, j);
        numbers[at("s", l, j)] = round(Point::stored_activation, l, numbers[at("a", l, j)], 0);
      }
    }
    for (std::size_t j = 0; j < outputs(last); ++j) {
      const Q target = round(Point::target, last, Q(t[j]), 0);
      const Q difference = round(Point::output_error, last, numbers[at("a", last, j)] - target, 0);
      const Q error = scaled_error(difference);
      numbers[at("delta", last, j)] =
          net_.loss != Loss::mse ? round(Point::delta, last, is_masked(last, j) ? Q(0) : error, 0)
                                 : delta(last, j, error);
    }
    for (std::size_t l = last; l >= 1; --l) {
      if (l > 1)
        for (std::size_t i = 0; i < inputs(l); ++i)
          numbers[at("delta", l - 1, i)] =
              delta(l - 1, i, projects() ? projected_error(l - 1, i) : hidden_error(l, i));
      update(l);
    }
  }

 private:
  std::size_t inputs(std::size_t l) const { return net_.layers[l - 1].inputs; }
  std::size_t outputs(std::size_t l) const { return net_.layers[l - 1].outputs; }

  static Q power(int exponent) {
    const Z magnitude = Z(1) << static_cast<unsigned>(exponent < 0 ? -exponent : exponent);
    return exponent < 0 ? Q(Z(1), magnitude) : Q(magnitude);
  }
  static Z floor_of(const Q& x) {
    Z quotient = numerator(x) / denominator(x);
    if (x < 0 && Q(quotient) != x) --quotient;
    return quotient;
  }
  static int exponent_of(Q magnitude) {
    int exponent = 0;
    for (; magnitude >= 2; magnitude /= 2) ++exponent;
    for (; magnitude < 1; magnitude *= 2) --exponent;
    return exponent;
  }

  std::uint32_t draw(int bits) {
    const std::uint32_t word = next_word(random_state);
    return bits == 0 ? 0 : word >> (32 - bits);
  }

  /// Fraction bits in which a fixed-point point of layer l ends. `operands`: of the exact result.
  int bits_at(const NumberFormat& format, Point point, std::size_t l, int operands) {
    switch (format.fraction_bits.source) {
      case FractionBitsSource::number:
        return format.fraction_bits.number;
      case FractionBitsSource::operands:
        return operands + format.fraction_bits.number;
      case FractionBitsSource::tensor: {
        const bool of_bias = point == Point::bias || point == Point::bias_change;
        return fraction_bits.at((of_bias ? "b" : "W") + std::to_string(l));
      }
      case FractionBitsSource::activation:
        break;
    }
    const bool of_input = point <= Point::bias_aligned ||
                          (point >= Point::learning_rate_times_delta && point <= Point::weight);
    const std::size_t producer = of_input ? l - 1 : l;
    if (producer == 0) return format.fraction_bits.of_input;
    const auto position = static_cast<std::size_t>(net_.layers[producer - 1].activation);
    return format.fraction_bits.by_activation.at(position).value();
  }

  /// Fraction bits of the numbers that leave a point, for what takes its format from operands.
  int bits_behind(Point point, std::size_t l) {
    const NumberFormat* const format = d_.format(point);
    return format == nullptr || format->kind != FormatKind::fixed ? 0
                                                                  : bits_at(*format, point, l, 0);
  }
  int input_bits(std::size_t l) {
    return l == 1 ? bits_behind(Point::input, 1) : bits_behind(Point::activation, l - 1);
  }

  Q round(Point point, std::size_t l, Q x, int operands) {
    for (const Rounding& rounding : d_.at(point)) x = round_once(rounding, point, l, x, operands);
    return x;
  }

  Q round_once(const Rounding& rounding, Point point, std::size_t l, const Q& x, int operands) {
    const NumberFormat& format = rounding.format;
    if (format.kind == FormatKind::set) return member(rounding, set_scale(point, l, format), x);
    if (format.kind == FormatKind::affine) return affine(rounding, point, l, x);
    const bool is_float = format.kind == FormatKind::floating;
    int exponent = 0;  // of the unit
    if (is_float) {
      const int lowest = 1 - format.bias;
      const int own = x == 0 ? lowest : exponent_of(abs(x));
      exponent = (own < lowest ? lowest : own) - format.precision + 1;
    } else {
      exponent = -bits_at(format, point, l, operands);
    }
    const Q unit = power(exponent);
    const Q rounded = rounding.direction == RoundingDirection::none
                          ? x
                          : neighbour(rounding, x, unit, is_float, operands + exponent);
    if (is_float) return limited_float(rounding, rounded);
    return limited_fixed(rounding, rounded, unit);
  }

  /// A member of a set times its scale: one of the two around x, or an end.
  Q member(const Rounding& rounding, const Q& scale, const Q& x) {
    const NumberFormat& format = rounding.format;
    std::vector<Q> members;
    for (const double value : format.values) members.push_back(Q(value) * scale);
    const bool draws = rounding.direction == RoundingDirection::stochastic;
    if (x < members.front() || x > members.back()) {
      if (draws) draw(rounding.random_bits);
      return x < members.front() ? members.front() : members.back();
    }
    std::size_t k = 0;
    while (k + 2 < members.size() && members[k + 1] <= x) ++k;
    const Q low = members[k], high = members[k + 1];
    if (draws || x == low || x == high || format.nearest == NearestPower::value || low * high <= 0)
      return among(rounding, low, high, x);
    // Between two powers of two of one sign the middle of the logarithms counts.
    const bool nearer_high = (x * x > low * high) == (x > 0);
    if (x * x == low * high) throw std::logic_error("the root of two is no rational number");
    switch (rounding.direction) {
      case RoundingDirection::nearest_away:
      case RoundingDirection::nearest_up:
      case RoundingDirection::nearest_down:
      case RoundingDirection::nearest_zero:
        return nearer_high ? high : low;
      default:
        return among(rounding, low, high, x);
    }
  }

  /// Between any two numbers, which are neither even nor odd.
  Q among(const Rounding& rounding, const Q& low, const Q& high, const Q& x) {
    const Q part = (x - low) / (high - low);
    Rounding own = rounding;
    if (x < 0) {
      // Towards and away from zero change places among the positions of a list.
      if (own.direction == RoundingDirection::nearest_away)
        own.direction = RoundingDirection::nearest_down;
      else if (own.direction == RoundingDirection::nearest_zero)
        own.direction = RoundingDirection::nearest_up;
      else if (own.direction == RoundingDirection::zero)
        own.direction = RoundingDirection::up;
      else if (own.direction == RoundingDirection::away)
        own.direction = RoundingDirection::down;
    }
    return neighbour(own, part, Q(1), false, 0) == 0 ? low : high;
  }

  static Q nearest_of(const Q& x, int precision, bool ties_away) {
    const Q unit = power(exponent_of(x) - precision + 1);
    const Z below = floor_of(x / unit);
    const Q rest = x / unit - Q(below);
    const bool up = rest > Q(1, 2) || (rest == Q(1, 2) && (ties_away || below % 2 != 0));
    return Q(below + (up ? 1 : 0)) * unit;
  }

  /// Of a set, or of weights as affine numbers: 1, or the mean or largest magnitude of a layer's
  /// weights.
  Q set_scale(Point point, std::size_t l, const NumberFormat& format) {
    if (format.scale == ScaleSharing::none) return 1;
    const ScaleRule rule = d_.scale(point)->rule;
    Q largest = 0, total = 0;
    for (std::size_t j = 0; j < outputs(l); ++j)
      for (std::size_t i = 0; i < inputs(l); ++i) {
        if (format.scale == ScaleSharing::row && j != row_) continue;
        const Q magnitude = abs(numbers.at(at("W", l, j, i)));
        total += magnitude;
        if (magnitude > largest) largest = magnitude;
      }
    if (largest == 0) return 1;
    const std::size_t count = inputs(l) * (format.scale == ScaleSharing::row ? 1 : outputs(l));
    if (format.kind == FormatKind::affine)
      return nearest_of(largest / Q(highest_code(format)), 24, false);
    const Q end = abs(Q(format.values.front())) > Q(format.values.back())
                      ? abs(Q(format.values.front()))
                      : Q(format.values.back());
    return nearest_of(rule == ScaleRule::mean_abs ? Q(total / count) : Q(largest / end), 24, false);
  }

  struct Affine {
    Q scale = 1;
    Z zero_point = 0;
  };

  static Z lowest_code(const NumberFormat& format) {
    if (!format.is_signed) return 0;
    const Z half = Z(1) << static_cast<unsigned>(format.bits - 1);
    return -half + (format.symmetric ? 1 : 0);
  }
  static Z highest_code(const NumberFormat& format) {
    return (Z(1) << static_cast<unsigned>(format.bits - (format.is_signed ? 1 : 0))) - 1;
  }

  /// The affine numbers of a tensor that is no parameter.
  Affine affine_of(Point tensor, std::size_t l) {
    const std::string name = tensor == Point::input ? "x" : "a" + std::to_string(l);
    const ScaleDefinition& rule = *d_.scale(tensor);
    const NumberFormat& format = *d_.format(tensor);
    if (tensor == Point::effective_weight) return {set_scale(tensor, l, format), 0};
    if (rule.rule == ScaleRule::given)
      return {scales.at(name).at(0), format.zero_point ? zero_points.at(name).at(0) : Z(0)};
    const ScaleRange& range =
        rule.ranges->at(static_cast<std::size_t>(net_.layers[l - 1].activation)).value();
    const Q low(range.lowest), high(range.highest);
    const int digits = format.scale_format == ScaleFormat::multiplier_and_shift ? 31 : 24;
    if (!format.zero_point)
      return {nearest_of((-low > high ? -low : high) / Q(highest_code(format)), digits, false), 0};
    const Z first = lowest_code(format), last = highest_code(format);
    const Q scale = nearest_of((high - low) / Q(last - first), digits, false);
    const Q steps = low / scale;
    Z below = floor_of(steps);
    const Q rest = steps - Q(below);
    if (rest > Q(1, 2) || (rest == Q(1, 2) && below % 2 != 0)) ++below;
    const Z zero = first - below;
    return {scale, zero < first ? first : zero > last ? last : zero};
  }

  Q weight_scale(std::size_t l) {
    const std::vector<Q>& own = scales.at("W" + std::to_string(l));
    return own.size() == 1 ? own[0] : own.at(row_);
  }
  Q scale_below(std::size_t l) {
    return (l == 1 ? affine_of(Point::input, 1) : affine_of(Point::activation, l - 1)).scale;
  }

  Affine affine_at(const NumberFormat& format, Point point, std::size_t l) {
    if (format.scale == ScaleSharing::operands) {
      if (point == Point::backward_product || point == Point::backward_sum)
        return {weight_scale(l + 1) * affine_of(Point::delta, l + 1).scale, 0};
      return {weight_scale(l) * scale_below(l), 0};
    }
    if (point == Point::weight || point == Point::change) return {weight_scale(l), 0};
    return affine_of(point, l);
  }

  Q affine(const Rounding& rounding, Point point, std::size_t l, const Q& x) {
    const NumberFormat& format = rounding.format;
    const Affine own = affine_at(format, point, l);
    Q code = rounding.requantization != Requantization::exact
                 ? requantized(rounding, x / (weight_scale(l) * scale_below(l)),
                               weight_scale(l) * scale_below(l), own.scale)
             : rounding.direction == RoundingDirection::none
                 ? Q(x / own.scale)
                 : neighbour(rounding, x / own.scale, Q(1), false, 0);
    code += Q(own.zero_point);
    const Q low(lowest_code(format)), high(highest_code(format));
    if (code < low || code > high) {
      if (rounding.overflow != Overflow::saturate) throw OutOfRange("an affine number");
      if (point == Point::pre_activation) clamped_.insert(at("z", l, row_));
      code = code < low ? low : high;
    }
    return own.scale * (code - Q(own.zero_point));
  }

  /// The three requantizations as their libraries write them (gemmlowp, TFLite, fbgemm).
  Q requantized(const Rounding& rounding, const Q& sum, const Q& sum_scale, const Q& scale) {
    if (denominator(sum) != 1) throw std::logic_error("an accumulator is an integer");
    const Z x = numerator(sum);
    const Q real_multiplier = sum_scale / scale;
    if (rounding.requantization == Requantization::float_rounding) {
      const float multiplier = nearest_of(real_multiplier, 24, false).convert_to<float>();
      const volatile float product = static_cast<float>(x.convert_to<std::int64_t>()) * multiplier;
      return neighbour(rounding, Q(static_cast<float>(product)), Q(1), false, 0);
    }
    int exponent = exponent_of(real_multiplier) + 1;
    Z multiplier = numerator(nearest_of(real_multiplier / power(exponent), 31, true) * power(31));
    if (multiplier == Z(1) << 31) {
      multiplier /= 2;
      ++exponent;
    }
    if (rounding.requantization == Requantization::single_rounding) {
      const int total_shift = 31 - exponent;
      return Q(floor_of((Q(x * multiplier) + power(total_shift - 1)) / power(total_shift)));
    }
    const Z shifted = x * (Z(1) << static_cast<unsigned>(exponent > 0 ? exponent : 0));
    const Z product = shifted * multiplier;
    const Z nudge = product >= 0 ? Z(1) << 30 : 1 - (Z(1) << 30);
    const Z high = (product + nudge) / (Z(1) << 31);
    const int right = exponent > 0 ? 0 : -exponent;
    const Z floor = floor_of(Q(high) / power(right));
    const Z remainder = high - floor * (Z(1) << static_cast<unsigned>(right));
    const Z threshold = ((Z(1) << static_cast<unsigned>(right)) - 1) / 2 + (high < 0 ? 1 : 0);
    return Q(floor + (remainder > threshold ? 1 : 0));
  }

  Q neighbour(const Rounding& rounding, const Q& x, const Q& unit, bool is_float,
              int discarded_bits) {
    const Z below = floor_of(x / unit);
    const Q low = Q(below) * unit;
    const Q high = low + unit;
    if (rounding.direction == RoundingDirection::stochastic) {
      const int count = rounding.random_bits == 0 ? discarded_bits : rounding.random_bits;
      const Q random(draw(count));
      if (low == x) return x;
      const bool mirrored = is_float && x < 0;
      const Q part = (mirrored ? high - x : x - low) / unit * power(count);
      Q kept(floor_of(part));
      if (rounding.mapping == RandomMapping::midpoint) kept = Q(floor_of(part + Q(1, 2)));
      if (rounding.mapping == RandomMapping::nearest) {
        const Q rest = part - kept;
        if (rest > Q(1, 2) || (rest == Q(1, 2) && floor_of(part) % 2 != 0)) kept += 1;
      }
      const bool carries = kept + random >= power(count);
      return carries != mirrored ? high : low;
    }
    if (low == x) return x;
    const Q middle = (low + high) / 2;
    const bool low_is_even = below % 2 == 0;
    const auto nearest = [&](bool tie_goes_high) {
      return x > middle || (x == middle && tie_goes_high) ? high : low;
    };
    switch (rounding.direction) {
      case RoundingDirection::nearest_even:
        return nearest(!low_is_even);
      case RoundingDirection::nearest_away:
        return nearest(x > 0);
      case RoundingDirection::nearest_up:
        return nearest(true);
      case RoundingDirection::nearest_down:
        return nearest(false);
      case RoundingDirection::nearest_zero:
        return nearest(x < 0);
      case RoundingDirection::zero:
        return x < 0 ? high : low;
      case RoundingDirection::up:
        return high;
      case RoundingDirection::down:
        return low;
      case RoundingDirection::away:
        return x < 0 ? low : high;
      case RoundingDirection::odd:
        return low_is_even ? high : low;
      case RoundingDirection::stochastic:
      case RoundingDirection::any:
      case RoundingDirection::none:
        break;
    }
    throw std::logic_error("no single neighbour");
  }

  static Q largest_float(const NumberFormat& format) {
    const int highest_field = (1 << format.exponent_bits()) - 1;
    const int field = format.specials == Specials::ieee ? highest_field - 1 : highest_field;
    const int missing = format.specials == Specials::one_nan ? 2 : 1;
    const Z significand = (Z(1) << static_cast<unsigned>(format.precision)) - missing;
    return Q(significand) * power(field - format.bias - format.precision + 1);
  }

  static Q limited_float(const Rounding& rounding, const Q& x) {
    const Q largest = largest_float(rounding.format);
    const bool flushes = rounding.format.subnormals == Subnormals::flush_results ||
                         rounding.format.subnormals == Subnormals::flush_both;
    if (flushes && abs(x) < power(1 - rounding.format.bias)) return 0;
    if (abs(x) <= largest) return x;
    if (rounding.overflow != Overflow::saturate) throw OutOfRange("a float");
    return x < 0 ? Q(-largest) : largest;
  }

  static Q limited_fixed(const Rounding& rounding, const Q& x, const Q& unit) {
    const NumberFormat& format = rounding.format;
    const Q count = power(format.bits);
    const Q low = format.is_signed ? Q(-count / 2 + (format.symmetric ? 1 : 0)) : Q(0);
    const Q high = (format.is_signed ? Q(count / 2) : count) - 1;
    if (low * unit <= x && x <= high * unit) return x;
    if (rounding.overflow == Overflow::saturate) return (x < 0 ? low : high) * unit;
    if (rounding.overflow != Overflow::wrap) throw OutOfRange("a fixed-point number");
    const Q span = count * unit;
    return x - span * Q(floor_of((x - low * unit) / span));
  }

  void effective_weights(std::size_t l) {
    for (std::size_t j = 0; j < outputs(l); ++j)
      for (std::size_t i = 0; i < inputs(l); ++i) {
        row_ = j;
        numbers[at("V", l, j, i)] =
            round(Point::effective_weight, l, numbers.at(at("W", l, j, i)), 0);
      }
  }

  /// Adds terms in the declared order; each(x) is what happens after an addition.
  template <class Term, class Each>
  Q sum(std::size_t count, const Term& term, const Each& each, const Q* bias) {
    const EvaluationOrder& order = d_.order;
    const bool first = bias != nullptr && order.bias != BiasPosition::last;
    const bool every = order.saturate == SumSaturation::each;
    const bool never = order.saturate == SumSaturation::end;
    Q total = first ? *bias : Q(0);
    switch (order.sum) {
      case SumOrder::any:
      case SumOrder::ascending:
      case SumOrder::descending:
        for (std::size_t k = 0; k < count; ++k) {
          total += term(order.sum == SumOrder::descending ? count - 1 - k : k);
          if (every) total = each(total);
        }
        if (order.saturate == SumSaturation::lane) total = each(total);
        break;
      case SumOrder::lanes: {
        const auto width = static_cast<std::size_t>(order.width);
        std::vector<Q> lanes(width, Q(0));
        lanes[0] = total;
        for (std::size_t k = 0; k < count; ++k) {
          lanes[k % width] += term(k);
          if (every) lanes[k % width] = each(lanes[k % width]);
        }
        if (order.saturate == SumSaturation::lane)
          for (Q& lane : lanes) lane = each(lane);
        total = lanes[0];
        for (std::size_t k = 1; k < width; ++k)
          total = never ? total + lanes[k] : each(total + lanes[k]);
        break;
      }
      case SumOrder::tree: {
        std::vector<Q> level;
        if (first) level.push_back(total);
        for (std::size_t k = 0; k < count; ++k) level.push_back(term(k));
        bool is_root = false;
        while (!is_root) {
          std::vector<Q> next;
          for (std::size_t k = 0; k < level.size(); ++k) {
            if (k % static_cast<std::size_t>(order.width) == 0) next.emplace_back(0);
            next.back() += level[k];
            if (every) next.back() = each(next.back());
          }
          if (order.saturate == SumSaturation::lane)
            for (Q& node : next) node = each(node);
          level = next;
          is_root = level.size() == 1;
        }
        total = level[0];
        break;
      }
    }
    if (bias != nullptr && !first) total = never ? Q(total + *bias) : each(total + *bias);
    return never ? each(total) : total;
  }

  bool fused() const { return d_.order.fused == FusedMultiplyAdd::yes; }

  Q pre_activation(std::size_t l, std::size_t j) {
    const int operands = bits_behind(Point::weight, l) + input_bits(l);
    row_ = j;
    const Q bias = round(Point::bias_aligned, l, numbers.at(at("b", l, j)), operands);
    const Q total = sum(
        inputs(l), [&](std::size_t i) { return forward_product(l, j, i, operands); },
        [&](const Q& x) { return round(Point::forward_sum, l, x, operands); }, &bias);
    return round(Point::pre_activation, l, total, operands);
  }

  Q forward_product(std::size_t l, std::size_t j, std::size_t i, int operands) {
    const Q exact = numbers.at(at("V", l, j, i)) * numbers.at(at("a", l - 1, i));
    return fused() ? exact : round(Point::forward_product, l, exact, operands);
  }

  Q activation(std::size_t l, std::size_t j) {
    const Q& z = numbers.at(at("z", l, j));
    switch (net_.layers[l - 1].activation) {
      case Activation::identity:
        return round(Point::activation, l, z, 0);
      case Activation::relu:
        return round(Point::activation, l, z > 0 ? z : Q(0), 0);
      case Activation::leaky_relu:
        return round(Point::activation, l, z > 0 ? z : Q(z / 8), 0);
      case Activation::sigmoid:
      case Activation::tanh:
      case Activation::softmax:
        break;
    }
    return round(Point::activation, l, function(net_.layers[l - 1].activation, z), 0);
  }

  /// 250 bits of the function: nearer to it than any of the tests' formats has a boundary.
  static Q function(Activation activation, const Q& z) {
    mpfr_t x, e;
    mpfr_inits2(250, x, e, static_cast<mpfr_ptr>(nullptr));
    mpfr_set_str(x, numerator(z).str().c_str(), 10, MPFR_RNDN);
    mpfr_set_str(e, denominator(z).str().c_str(), 10, MPFR_RNDN);
    mpfr_div(x, x, e, MPFR_RNDN);
    // sigmoid = 1 / (1 + e^-x), tanh = 1 - 2 / (1 + e^2x)
    const bool is_sigmoid = activation == Activation::sigmoid;
    mpfr_mul_si(e, x, is_sigmoid ? -1 : 2, MPFR_RNDN);
    mpfr_exp(e, e, MPFR_RNDN);
    mpfr_add_ui(e, e, 1, MPFR_RNDN);
    mpfr_ui_div(e, is_sigmoid ? 1 : 2, e, MPFR_RNDN);
    if (!is_sigmoid) mpfr_ui_sub(e, 1, e, MPFR_RNDN);
    mpz_t significand;
    mpz_init(significand);
    const mpfr_exp_t exponent = mpfr_zero_p(e) ? 0 : mpfr_get_z_2exp(significand, e);
    char* const digits = mpz_get_str(nullptr, 10, significand);
    const Q result = Q(Z(digits)) * power(static_cast<int>(exponent));
    void (*release)(void*, std::size_t) = nullptr;
    mp_get_memory_functions(nullptr, nullptr, &release);
    release(digits, std::char_traits<char>::length(digits) + 1);
    mpz_clear(significand);
    mpfr_clears(x, e, static_cast<mpfr_ptr>(nullptr));
    return result;
  }

  /// 1 / (sum of e^x), x how far each pre-activation is above this one, and e^x the quotient of two
  /// sigmoids.
  Q softmax(std::size_t l, std::size_t j) {
    Q sum = 0;
    for (std::size_t k = 0; k < outputs(l); ++k) {
      const Q x = numbers.at(at("z", l, k)) - numbers.at(at("z", l, j));
      sum += function(Activation::sigmoid, x) / function(Activation::sigmoid, -x);
    }
    return 1 / sum;
  }

  bool projects() const { return d_.training.algorithm == TrainingAlgorithm::target_projection; }

  /// Element [i][k] of the matrix of layer l: the matrices are drawn one after the other.
  Q projection(std::size_t l, std::size_t i, std::size_t k) const {
    std::size_t position = i * outputs(net_.layers.size()) + k;
    for (std::size_t below = 1; below < l; ++below)
      position += outputs(below) * outputs(net_.layers.size());
    std::uint32_t state = d_.training.projection_seed, word = 0;
    for (std::size_t drawn = 0; drawn <= position; ++drawn) word = next_projection_word(state);
    const int high = static_cast<int>(word >> 16);
    return Q(high < 32768 ? high : high - 65536) / 32768;
  }

  Q projected_error(std::size_t l, std::size_t i) {
    const auto rounded_target = [&](std::size_t k) {
      return round(Point::target, l, Q(target_[k]), 0);
    };
    const Q total = sum(
        target_.size(),
        [&](std::size_t k) {
          const Q exact = projection(l, i, k) * rounded_target(k);
          return fused() ? exact : round(Point::forward_product, l, exact, 0);
        },
        [&](const Q& x) { return round(Point::forward_sum, l, x, 0); }, nullptr);
    const Q z = round(Point::pre_activation, l, total, 0);
    const Activation activation = net_.layers[l - 1].activation;
    const bool is_function = activation == Activation::sigmoid || activation == Activation::tanh;
    const Q below_zero = activation == Activation::relu         ? Q(0)
                         : activation == Activation::leaky_relu ? Q(z / 8)
                                                                : z;
    const Q f = is_function ? function(activation, z) : z < 0 ? below_zero : z;
    const Q projected = round(Point::activation, l, f, 0);
    return round(Point::hidden_error, l, numbers.at(at("a", l, i)) - projected, 0);
  }

  Q hidden_error(std::size_t above, std::size_t i) {
    row_ = 0;
    const int operands = bits_behind(Point::weight, above) + bits_behind(Point::delta, above);
    const std::size_t l = above - 1;
    const Q total = sum(
        outputs(above), [&](std::size_t j) { return backward_product(above, j, i, operands); },
        [&](const Q& x) { return round(Point::backward_sum, l, x, operands); }, nullptr);
    return round(Point::hidden_error, l, total, operands);
  }

  Q backward_product(std::size_t above, std::size_t j, std::size_t i, int operands) {
    const Q exact = numbers.at(at("V", above, j, i)) * numbers.at(at("delta", above, j));
    return fused() ? exact : round(Point::backward_product, above - 1, exact, operands);
  }

  Q derivative(std::size_t l, std::size_t j) {
    const Q a = numbers.at(at("s", l, j));
    switch (net_.layers[l - 1].activation) {
      case Activation::identity:
        return 1;
      case Activation::relu:
        return a > 0 ? 1 : 0;
      case Activation::leaky_relu:
        return a > 0 ? Q(1) : Q(1) / 8;
      case Activation::sigmoid:
        return round(Point::derivative, l, a * round(Point::derivative_term, l, 1 - a, 0), 0);
      case Activation::tanh:
      case Activation::softmax:
        break;
    }
    const Q square = fused() ? Q(a * a) : round(Point::derivative_term, l, a * a, 0);
    return round(Point::derivative, l, 1 - square, 0);
  }

  bool is_masked(std::size_t l, std::size_t j) const {
    return d_.training.clamp_mask && clamped_.contains(at("z", l, j));
  }

  Q delta(std::size_t l, std::size_t j, const Q& error) {
    if (is_masked(l, j)) return round(Point::delta, l, Q(0), 0);
    return round(Point::delta, l, error * derivative(l, j), 0);
  }

  void update(std::size_t l) {
    bool is_trained = d_.training.trained_layers.empty();
    for (const std::uint32_t layer : d_.training.trained_layers) is_trained |= layer == l;
    if (!is_trained) return;
    saturated_ = false;
    for (std::size_t j = 0; j < outputs(l); ++j) {
      if (d_.random.skip_zero && numbers.at(at("delta", l, j)) == 0) continue;
      if (d_.random.order == DrawOrder::neuron_bias_input) bias(l, j);
      for (std::size_t i = 0; i < inputs(l); ++i) weight(l, j, i);
      if (d_.random.order == DrawOrder::neuron_input_bias) bias(l, j);
    }
    rescale(l);
  }

  bool activation_first() const { return d_.order.update == UpdateProduct::delta_times_activation; }

  /// k of a learning rate 2^-k: its fraction bits.
  int rate_bits() const {
    int bits = 0;
    for (Q r = r_; denominator(r) != 1; r *= 2) ++bits;
    return bits;
  }

  Q change(std::size_t l, std::size_t j, std::size_t i) {
    const Q& own_delta = numbers.at(at("delta", l, j));
    const Q& a = numbers.at(at("s", l - 1, i));
    const Q exact =
        gradient_factor(l, false) *
        (activation_first() ? r_ * round(Point::delta_times_activation, l, own_delta * a, 0)
                            : round(Point::learning_rate_times_delta, l, r_ * own_delta, 0) * a);
    if (fused()) return exact;
    const int operands = bits_behind(Point::delta, l) + rate_bits() + input_bits(l);
    return round(Point::change, l, exact, operands);
  }

  /// An output error times c: the derivative of the loss by a, over a - t.
  Q scaled_error(const Q& difference) {
    Q factor = net_.loss == Loss::mse ? 2 : 1;
    const Q outputs_of_mean =
        net_.loss == Loss::cross_entropy ? Q(1) : Q(outputs(net_.layers.size()));
    switch (d_.training.loss_scale) {
      case LossScale::half_sum:
        return difference;
      case LossScale::sum:
        break;
      case LossScale::half_mean:
        factor = 1 / outputs_of_mean;
        break;
      case LossScale::mean:
        factor /= outputs_of_mean;
        break;
    }
    return round(Point::scaled_error, net_.layers.size(),
                 nearest_of(factor, 24, false) * difference, 0);
  }

  Q gradient_factor(std::size_t l, bool is_bias) {
    if (d_.training.gradient_scale == GradientScale::none) return 1;
    Q scale = weight_scale(l);
    if (is_bias && d_.scale(l == 1 ? Point::input : Point::activation) != nullptr)
      scale *= scale_below(l);
    return nearest_of(1 / (scale * scale), 24, false);
  }

  void weight(std::size_t l, std::size_t j, std::size_t i) {
    row_ = j;
    Q& own = numbers.at(at("W", l, j, i));
    own = round_before_scale(Point::weight, l, own - change(l, j, i));
  }

  void bias(std::size_t l, std::size_t j) {
    const int operands = bits_behind(Point::delta, l) + rate_bits();
    row_ = j;
    const Q exact = r_ * numbers.at(at("delta", l, j));
    const Q factor = gradient_factor(l, true);
    Q change = exact * factor;
    if (!activation_first()) {
      change = round(Point::bias_change, l,
                     round(Point::learning_rate_times_delta, l, exact, 0) * factor, operands);
    } else if (!fused()) {
      change = round(Point::bias_change, l, exact * factor, operands);
    }
    Q& own = numbers.at(at("b", l, j));
    own = round_before_scale(Point::bias, l, own - change);
  }

  static bool is_scaled(const Rounding& rounding) {
    return rounding.format.kind == FormatKind::fixed &&
           rounding.format.fraction_bits.source == FractionBitsSource::tensor;
  }
  bool rescales(Point tensor) const {
    const ScaleDefinition* const scale = d_.scale(tensor);
    return scale != nullptr && scale->rule == ScaleRule::max_abs_power_of_two;
  }

  Q round_before_scale(Point point, std::size_t l, Q x) {
    for (const Rounding& rounding : d_.at(point)) {
      if (rescales(point) && is_scaled(rounding)) return x;
      const Q rounded = round_once(rounding, point, l, x, 0);
      if (point == Point::weight && rounding.direction == RoundingDirection::none && rounded != x)
        saturated_ = true;
      x = rounded;
    }
    return x;
  }

  void rescale(std::size_t l) {
    for (const Point tensor : {Point::weight, Point::bias})
      if (rescales(tensor)) choose_fraction_bits(tensor, l);
    const ScaleDefinition* const scale = d_.scale(Point::weight);
    if (scale == nullptr || scale->rule != ScaleRule::widen_on_saturation) return;
    int& n = fraction_bits.at("W" + std::to_string(l));
    if (!saturated_ || n <= scale->minimum) return;
    --n;
    for (std::size_t j = 0; j < outputs(l); ++j)
      for (std::size_t i = 0; i < inputs(l); ++i) {
        Q& own = numbers.at(at("W", l, j, i));
        own = round(Point::weight_widened, l, own, n + 1);
      }
  }

  void choose_fraction_bits(Point tensor, std::size_t l) {
    const bool is_bias = tensor == Point::bias;
    const std::string name = (is_bias ? "b" : "W") + std::to_string(l);
    Q largest = 0;
    for (const auto& [key, value] : numbers)
      if (key.starts_with(name + ' ') && abs(value) > largest) largest = abs(value);
    std::vector<Rounding> rest;
    for (const Rounding& rounding : d_.at(tensor))
      if (!rest.empty() || is_scaled(rounding)) rest.push_back(rounding);
    const FractionBits& range = rest.front().format.fraction_bits;
    int n = range.maximum;
    while (n > range.minimum && largest > power(rest.front().format.bits - 1 - n)) --n;
    fraction_bits.at(name) = n;
    for (auto& [key, value] : numbers)
      if (key.starts_with(name + ' '))
        for (const Rounding& rounding : rest) value = round_once(rounding, tensor, l, value, 0);
  }

  Arithmetic d_;
  Network net_;
  Q r_;
  bool saturated_ = false;
  std::size_t row_ = 0;            ///< of the weight or bias at hand
  std::set<std::string> clamped_;  ///< "z1 0", ...: pre-activations that left their range
  std::vector<float> target_;
};

}  // namespace lsgd
