// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

namespace lsgd {

/// The names that enumerators have in a declaration, in the order of their values. An enumeration
/// with names has a specialisation; name_of and from_name work on all of them.
template <class Enumeration>
struct EnumeratorNames;

template <class Enumeration>
concept Named = requires {
  EnumeratorNames<Enumeration>::names.size();
};

template <Named Enumeration>
constexpr std::string_view name_of(Enumeration value) {
  return EnumeratorNames<Enumeration>::names.at(static_cast<std::size_t>(value));
}

template <Named Enumeration>
constexpr std::optional<Enumeration> from_name(std::string_view name) {
  const auto& names = EnumeratorNames<Enumeration>::names;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Enumeration>(i);
  return std::nullopt;
}

/// A place in the training step of SPEC 2 where a number may be rounded, in the order in which a
/// step passes them. With R the roundings declared at a point (none: the exact number), and layers
/// numbered as in SPEC 2.1:
enum class Point : std::uint8_t {
  initial_weight,     ///< W = R(binary32 parameter), when a training or a vector starts
  initial_bias,       ///< b = R(binary32 parameter)
  input,              ///< a_0[i] = R(x[i])
  target,             ///< t[j] = R(t[j])
  learning_rate,      ///< r = R(r)
  effective_weight,   ///< what both passes see of a weight: R(W); the update changes W
  forward_product,    ///< R(W[j][i] a[i])
  forward_sum,        ///< after each addition of the forward sum
  bias_aligned,       ///< R(b[j]) as it enters the forward sum
  pre_activation,     ///< z[j] = R(finished sum with bias)
  activation,         ///< a[j] = R(f(z[j]))
  stored_activation,  ///< R(a[j]): what derivative and update see of it
  output_error,       ///< e[j] = R(a[j] - t[j])
  scaled_error,       ///< R(c e[j]), c that of LossScale; passed only where one is declared
  backward_product,   ///< R(W[j][i] delta[j])
  backward_sum,       ///< after each addition of the backward sum
  hidden_error,       ///< e[i] = R(finished backward sum)
  derivative_term,    ///< the operation inside f': a a of tanh, 1 - a of sigmoid
  derivative,         ///< f' = R(1 - a a), R(a (1 - a)); 0 or 1 of relu and identity is exact
  delta,              ///< delta = R(e f'); R(e) for the outputs of bce
  learning_rate_times_delta,  ///< s[j] = R(r delta[j])
  delta_times_activation,     ///< R(delta[j] a[i]), with update = delta_times_activation
  change,                     ///< R(s[j] a[i]), or R(r (delta[j] a[i]))
  bias_change,                ///< R(s[j]), or R(r delta[j])
  weight,                     ///< W = R(W - change)
  bias,                       ///< b = R(b - bias_change)
  weight_widened,  ///< W = R(W) with one fraction bit less (ScaleRule::widen_on_saturation)
};

template <>
struct EnumeratorNames<Point> {
  static constexpr std::array<std::string_view, 27> names{"initial_weight",
                                                          "initial_bias",
                                                          "input",
                                                          "target",
                                                          "learning_rate",
                                                          "effective_weight",
                                                          "forward_product",
                                                          "forward_sum",
                                                          "bias_aligned",
                                                          "pre_activation",
                                                          "activation",
                                                          "stored_activation",
                                                          "output_error",
                                                          "scaled_error",
                                                          "backward_product",
                                                          "backward_sum",
                                                          "hidden_error",
                                                          "derivative_term",
                                                          "derivative",
                                                          "delta",
                                                          "learning_rate_times_delta",
                                                          "delta_times_activation",
                                                          "change",
                                                          "bias_change",
                                                          "weight",
                                                          "bias",
                                                          "weight_widened"};
};

inline constexpr std::size_t point_count = EnumeratorNames<Point>::names.size();

/// What the numbers of a format are.
enum class FormatKind : std::uint8_t {
  floating,  ///< "float": sign, exponent, significand
  fixed,     ///< q / 2^n, q an integer, n its fraction bits
  affine,    ///< S (q - Z), q an integer, S a scale, Z a zero point
  set,       ///< a finite set of numbers, times a scale where one is declared
  exact,     ///< every real number: nothing is rounded
};

template <>
struct EnumeratorNames<FormatKind> {
  static constexpr std::array<std::string_view, 5> names{"float", "fixed", "affine", "set",
                                                         "exact"};
};

/// Which codes of a float are no finite numbers.
enum class Specials : std::uint8_t {
  ieee,      ///< the highest exponent: infinities and NaNs
  one_nan,   ///< only all exponent and fraction bits set: NaN; no infinity (OCP e4m3)
  finite,    ///< none
  one_zero,  ///< the code of -0 is the only NaN; no infinity
};

template <>
struct EnumeratorNames<Specials> {
  static constexpr std::array<std::string_view, 4> names{"ieee", "one_nan", "finite", "one_zero"};
};

/// What happens to numbers below the smallest normal one.
enum class Subnormals : std::uint8_t {
  gradual,
  flush_results,   ///< a result becomes a zero of its sign
  flush_operands,  ///< an operand is read as a zero of its sign
  flush_both,
};

template <>
struct EnumeratorNames<Subnormals> {
  static constexpr std::array<std::string_view, 4> names{"gradual", "flush_results",
                                                         "flush_operands", "flush_both"};
};

/// Where the fraction bits of a fixed-point format come from.
enum class FractionBitsSource : std::uint8_t {
  number,      ///< always the same
  tensor,      ///< state kept with each tensor, chosen by its scale rule
  activation,  ///< by the function that made the values, see FractionBits::by_activation
  operands,    ///< the sum of the fraction bits of the operands of the product, plus `number`
};

/// Fraction bits n of a fixed-point format: one unit is 2^-n.
struct FractionBits {
  FractionBitsSource source = FractionBitsSource::number;
  /// The number; with `operands` what is added to their sum, e.g. -32 for the high half of a
  /// product.
  int number = 0;
  /// By Activation. At input, forward_product to bias_aligned and learning_rate_times_delta to
  /// bias_change it is the function of the layer's input that counts, at pre_activation to delta
  /// that of the layer itself; no other point has such a format.
  /// The arithmetic leaves out functions that have no number here.
  std::array<std::optional<int>, all_activations.size()> by_activation{};
  int of_input = 0;  ///< the same for the inputs of the first layer
  int minimum = 0;   ///< range of a tensor's fraction bits
  int maximum = 0;

  bool operator==(const FractionBits&) const = default;
};

/// How many numbers share a scale (and zero point).
enum class ScaleSharing : std::uint8_t {
  none,      ///< no scale: 1
  tensor,    ///< one per tensor
  row,       ///< one per output neuron of a weight tensor
  block,     ///< one per `block` consecutive elements of a row, the last block may be shorter
  operands,  ///< the product of the operands' scales: accumulators and their biases
};

template <>
struct EnumeratorNames<ScaleSharing> {
  static constexpr std::array<std::string_view, 5> names{"none", "tensor", "row", "block",
                                                         "operands"};
};

/// What a scale is stored in.
enum class ScaleFormat : std::uint8_t {
  binary32,
  e8m0,                  ///< a power of two
  multiplier_and_shift,  ///< m 2^e, m an int32 in [2^30, 2^31)
};

template <>
struct EnumeratorNames<ScaleFormat> {
  static constexpr std::array<std::string_view, 3> names{"binary32", "e8m0",
                                                         "multiplier_and_shift"};
};

/// What is halfway between two neighbouring powers of a set: 3/4 of the larger, or its 2^-1/2.
enum class NearestPower : std::uint8_t { value, logarithm };

template <>
struct EnumeratorNames<NearestPower> {
  static constexpr std::array<std::string_view, 2> names{"value", "logarithm"};
};

/// A number format. Only the members of its kind matter; the others have their defaults. Every
/// number of a format without scale is a binary64 number, but for fixed formats wider than 53 bits.
struct NumberFormat {
  std::string name;  ///< as the declaration calls it; not part of the meaning
  FormatKind kind = FormatKind::exact;
  int bits = 0;           ///< float 3 to 64; fixed and affine 2 to 64; set: of the position, 1 to 8
  bool is_signed = true;  ///< fixed, affine

  int precision = 0;  ///< float: significand bits with the hidden one, 1 to 53
  int bias = 0;       ///< float: exponent bias; code e > 0 stands for 2^(e - bias)
  Specials specials = Specials::ieee;
  Subnormals subnormals = Subnormals::gradual;

  FractionBits fraction_bits;  ///< fixed
  bool symmetric = false;      ///< fixed, affine: without the lowest code

  std::vector<double> values;  ///< set: ascending, 2 to 256; a code is the position in it
  NearestPower nearest = NearestPower::value;  ///< set

  ScaleSharing scale = ScaleSharing::none;  ///< affine, set
  int block = 0;                            ///< elements that share a scale
  ScaleFormat scale_format = ScaleFormat::binary32;
  bool zero_point = false;  ///< affine: Z is kept with the scale; otherwise it is 0

  /// Exponent bits of a float.
  int exponent_bits() const { return bits - precision; }
  bool operator==(const NumberFormat&) const = default;
};

/// To which neighbour a number between two numbers of a format goes.
enum class RoundingDirection : std::uint8_t {
  nearest_even,
  nearest_away,  ///< ties away from zero
  nearest_up,    ///< ties towards +infinity: add half a unit, then shift
  nearest_down,  ///< ties towards -infinity
  nearest_zero,  ///< ties towards zero
  zero,
  up,
  down,  ///< an arithmetic right shift
  away,
  odd,         ///< the neighbour whose last bit is 1
  stochastic,  ///< see Rounding::random_bits
  any,         ///< either neighbour, as the port likes: at most one unit off
  none,        ///< digits stay as they are, only the range is limited
};

template <>
struct EnumeratorNames<RoundingDirection> {
  static constexpr std::array<std::string_view, 13> names{
      "nearest_even", "nearest_away", "nearest_up", "nearest_down", "nearest_zero", "zero", "up",
      "down",         "away",         "odd",        "stochastic",   "any",          "none"};
};

/// Whether a number goes to the nearer neighbour, whatever becomes of a tie.
constexpr bool rounds_to_nearest(RoundingDirection direction) {
  switch (direction) {
    case RoundingDirection::nearest_even:
    case RoundingDirection::nearest_away:
    case RoundingDirection::nearest_up:
    case RoundingDirection::nearest_down:
    case RoundingDirection::nearest_zero:
      return true;
    case RoundingDirection::zero:
    case RoundingDirection::up:
    case RoundingDirection::down:
    case RoundingDirection::away:
    case RoundingDirection::odd:
    case RoundingDirection::stochastic:
    case RoundingDirection::any:
    case RoundingDirection::none:
      return false;
  }
  throw std::invalid_argument("unknown rounding direction");
}

/// What becomes of a rounded number outside the range of its format.
enum class Overflow : std::uint8_t {
  saturate,         ///< the nearer end of the finite range
  infinity,         ///< float with infinities
  infinity_or_nan,  ///< infinity, or NaN where the format has no infinity
  wrap,             ///< fixed: modulo 2^bits
  outside_domain,   ///< the declaration does not cover it: not judged
};

template <>
struct EnumeratorNames<Overflow> {
  static constexpr std::array<std::string_view, 5> names{"saturate", "infinity", "infinity_or_nan",
                                                         "wrap", "outside_domain"};
};

/// How N random bits R decide a stochastic rounding of a remainder f in [0, 1) units: of the
/// magnitude for floats ("up" is away from zero), above the next number below for the other
/// formats, as an addition in two's complement does.
enum class RandomMapping : std::uint8_t {
  truncate,  ///< up where floor(f 2^N) + R >= 2^N
  midpoint,  ///< up where f 2^N + R + 1/2 >= 2^N
  nearest,   ///< up where f 2^N rounded to the nearest integer, ties to even, + R >= 2^N
};

template <>
struct EnumeratorNames<RandomMapping> {
  static constexpr std::array<std::string_view, 3> names{"truncate", "midpoint", "nearest"};
};

/// How an affine accumulator is multiplied by M = S_x S_w / S_y = m 2^e.
enum class Requantization : std::uint8_t {
  exact,            ///< the real quotient, rounded once as declared
  double_rounding,  ///< "double": rounding doubling high multiply, then rounding shift, ties away
  single_rounding,  ///< "single": (acc m + 2^(30 - e)) >> (31 - e) in 64 bits
  float_rounding,   ///< "float": acc times M in binary32, rounded as declared
};

template <>
struct EnumeratorNames<Requantization> {
  static constexpr std::array<std::string_view, 4> names{"exact", "double", "single", "float"};
};

/// One rounding at a point: to a number of `format`, in `direction`, then `overflow`.
struct Rounding {
  NumberFormat format;
  RoundingDirection direction = RoundingDirection::nearest_even;
  Overflow overflow = Overflow::saturate;
  /// Stochastic: N, 1 to 32; 0 for "all" bits below the last one of the format, which must be
  /// known from the operands' formats.
  int random_bits = 0;
  RandomMapping mapping = RandomMapping::truncate;
  Requantization requantization = Requantization::exact;

  bool operator==(const Rounding&) const = default;
};

/// In which order the terms of a dot product are added. With N = `width`:
enum class SumOrder : std::uint8_t {
  any,
  ascending,
  descending,
  tree,   ///< "tree:N": N neighbouring terms are added ascending, then N such sums, until one is
          ///< left
  lanes,  ///< "lanes:N": term i is added to lane i mod N, ascending; then the lanes, ascending
};

template <>
struct EnumeratorNames<SumOrder> {
  static constexpr std::array<std::string_view, 5> names{"any", "ascending", "descending", "tree",
                                                         "lanes"};
};

template <>
struct EnumeratorNames<BiasPosition> {
  static constexpr std::array<std::string_view, 3> names{"any", "first", "last"};
};

template <>
struct EnumeratorNames<UpdateProduct> {
  static constexpr std::array<std::string_view, 3> names{"any", "learning_rate_times_delta",
                                                         "delta_times_activation"};
};

/// When the range of forward_sum and backward_sum is enforced.
enum class SumSaturation : std::uint8_t {
  each,  ///< after each addition
  lane,  ///< after each lane or node of a tree
  end,   ///< once, of the exact sum
};

template <>
struct EnumeratorNames<SumSaturation> {
  static constexpr std::array<std::string_view, 3> names{"each", "lane", "end"};
};

/// Which form of f' is computed.
enum class DerivativeForm : std::uint8_t {
  any,              ///< every form of SPEC 5.6
  from_activation,  ///< tanh 1 - a a, sigmoid a (1 - a), multiplied into the finished sum
};

template <>
struct EnumeratorNames<DerivativeForm> {
  static constexpr std::array<std::string_view, 2> names{"any", "from_activation"};
};

/// Whether results that are not stored may be kept in more digits than their point declares.
enum class Intermediates : std::uint8_t {
  any,       ///< at least 53 significand bits, rounded or not, whenever the port likes (SPEC 3.2)
  declared,  ///< rounded as declared
};

template <>
struct EnumeratorNames<Intermediates> {
  static constexpr std::array<std::string_view, 2> names{"any", "declared"};
};

/// What the bits of a result depend on beside its roundings. `any` gives bounds instead of bits.
struct EvaluationOrder {
  SumOrder sum = SumOrder::any;
  int width = 0;  ///< N of tree and lanes, 2 to 64
  /// First: the sum starts with the bias (lane 0, leaf 0 of a tree); last: it is added to the
  /// finished sum.
  BiasPosition bias = BiasPosition::any;
  FusedMultiplyAdd fused = FusedMultiplyAdd::any;
  SumSaturation saturate = SumSaturation::each;
  UpdateProduct update = UpdateProduct::any;
  DerivativeForm derivative = DerivativeForm::any;
  Intermediates intermediates = Intermediates::declared;

  bool operator==(const EvaluationOrder&) const = default;
};

/// What a function that ports approximate returns. The others are exact and have no definition.
enum class ActivationRule : std::uint8_t {
  correctly_rounded,  ///< f of the pre-activation, rounded as the point `activation` says
  within,             ///< the stored result is within `ulps` and `absolute_error` of f
  table,              ///< a code for each code of the pre-activation
};

template <>
struct EnumeratorNames<ActivationRule> {
  static constexpr std::array<std::string_view, 3> names{"correctly_rounded", "within", "table"};
};

struct ActivationDefinition {
  ActivationRule rule = ActivationRule::correctly_rounded;
  double ulps = 0;            ///< within: k; what a target declares (SPEC 5.1) replaces it
  double absolute_error = 0;  ///< within: e; what a target declares is added to it
  /// within: one ulp is 2^ulp_exponent; otherwise that of the result in the format of `activation`.
  std::optional<int> ulp_exponent;
  /// table: codes of `activation`, one for each code of the pre-activation from the lowest on.
  std::vector<std::int64_t> table;

  bool operator==(const ActivationDefinition&) const = default;
};

/// How the scale or the fraction bits of a tensor are chosen, with m the largest magnitude in it.
enum class ScaleRule : std::uint8_t {
  given,                 ///< data of the model, never changed
  max_abs,               ///< S = m / largest code
  max_abs_power_of_two,  ///< n = bits - 1 - ceil(log2 m) within the range of n; its end where m = 0
  mean_abs,              ///< S = mean magnitude
  /// n starts by max_abs_power_of_two. Where `weight` saturated any weight of a layer in a step and
  /// n is above `minimum`, n falls by one after the layer's update and each weight, in order, is
  /// rounded as weight_widened says (SPEC 11.8).
  widen_on_saturation,
  fixed,  ///< scale and zero point follow from ScaleDefinition::ranges and are no state
};

template <>
struct EnumeratorNames<ScaleRule> {
  static constexpr std::array<std::string_view, 6> names{
      "given", "max_abs", "max_abs_power_of_two", "mean_abs", "widen_on_saturation", "fixed"};
};

/// The numbers that the codes of a tensor reach from and to.
struct ScaleRange {
  double lowest = 0;
  double highest = 0;

  bool operator==(const ScaleRange&) const = default;
};

/// How the range that a given scale starts from follows from calibration samples (SPEC 15.14).
enum class Calibration : std::uint8_t {
  none,
  max,                ///< the smallest and the largest number
  percentile,         ///< the numbers of rank N + 1 - k and k, k = ceil(percent N / 100)
  mean_square_error,  ///< the part of max that loses least in squares
};

template <>
struct EnumeratorNames<Calibration> {
  static constexpr std::array<std::string_view, 4> names{"none", "max", "percentile",
                                                         "mean_square_error"};
};

struct ScaleDefinition {
  Point tensor = Point::weight;  ///< a point whose numbers are a tensor: see has_scale_rule
  ScaleRule rule = ScaleRule::given;
  int minimum = 0;  ///< widen_on_saturation
  /// By Activation of the layer: what the codes of an affine tensor reach, of parameters those of
  /// weights with the rule `given` alone. S = (highest - lowest) / (highest code - lowest code) in
  /// the format's scale_format and Z = lowest code - lowest / S, to the nearest even integer in
  /// range; where the format has no zero point S is the larger magnitude / highest code. `fixed`
  /// computes with these, `given` starts with them where a model has none.
  /// The arithmetic leaves out functions that have no range here.
  std::optional<std::array<std::optional<ScaleRange>, all_activations.size()>> ranges;
  /// Of inputs and activations with the rule `given`: what a start with samples takes in place of
  /// the declared range.
  Calibration calibration = Calibration::none;
  int percent = 0;  ///< percentile: 51 to 100
  int samples = 0;  ///< with a calibration: so many of the first samples at most, 1 to 4096

  bool operator==(const ScaleDefinition&) const = default;
};

/// Where random bits come from.
enum class RandomGenerator : std::uint8_t {
  none,
  lcg32,       ///< "lcg32/1": SPEC 11.3
  xorshift32,  ///< "xorshift32/1": x ^= x << 13, x ^= x >> 17, x ^= x << 5; then the highest bits
  philox,      ///< "philox4x32-10/1": word by word, counter 0 first
  device,      ///< unknown: both neighbours are accepted and the draw is judged by statistics
};

template <>
struct EnumeratorNames<RandomGenerator> {
  static constexpr std::array<std::string_view, 5> names{"none", "lcg32/1", "xorshift32/1",
                                                         "philox4x32-10/1", "device"};
};

/// In which order the update of a layer draws. Everything else draws as the step passes it: layer
/// by layer, neuron by neuron, term by term.
enum class DrawOrder : std::uint8_t {
  neuron_input_bias,  ///< "neuron,input,bias": a neuron's weights ascending, its bias, the next
                      ///< neuron
  neuron_bias_input,  ///< "neuron,bias,input"
};

template <>
struct EnumeratorNames<DrawOrder> {
  static constexpr std::array<std::string_view, 2> names{"neuron,input,bias", "neuron,bias,input"};
};

struct RandomSource {
  RandomGenerator generator = RandomGenerator::none;
  DrawOrder order = DrawOrder::neuron_input_bias;
  bool skip_zero = false;  ///< the update of a neuron whose delta is 0 draws nothing

  bool operator==(const RandomSource&) const = default;
};

/// What the first layer's update multiplies its deltas with.
enum class FirstLayerInput : std::uint8_t {
  rounded,  ///< R(x) of the point `input`
  given,    ///< the binary32 sample (SPEC 4.7)
};

template <>
struct EnumeratorNames<FirstLayerInput> {
  static constexpr std::array<std::string_view, 2> names{"rounded", "given"};
};

/// What a loss is, of n outputs. Output errors are multiplied by c, the derivative's factor,
/// rounded to binary32; with half_sum by nothing.
enum class LossScale : std::uint8_t {
  half_sum,   ///< SPEC 2.3: half the sum of (a - t)^2; the sum of bce's terms
  sum,        ///< the sum: c = 2 of mse, 1 of bce
  half_mean,  ///< half_sum / n: c = 1 / n
  mean,       ///< sum / n: c = 2 / n of mse, 1 / n of bce
};

template <>
struct EnumeratorNames<LossScale> {
  static constexpr std::array<std::string_view, 4> names{"half_sum", "sum", "half_mean", "mean"};
};

/// What gradients are multiplied with before the update.
enum class GradientScale : std::uint8_t {
  none,
  inverse_square_of_scale,  ///< weights by 1 / S_w^2, biases by 1 / (S_x S_w)^2
};

template <>
struct EnumeratorNames<GradientScale> {
  static constexpr std::array<std::string_view, 2> names{"none", "inverse_square_of_scale"};
};

enum class TrainingAlgorithm : std::uint8_t {
  backpropagation,    ///< SPEC 2.6
  target_projection,  ///< delta_l = (a_l - f(B_l t)) f'(z_l), B_l fixed and drawn (SPEC 15.12)
};

template <>
struct EnumeratorNames<TrainingAlgorithm> {
  static constexpr std::array<std::string_view, 2> names{"backpropagation", "target_projection"};
};

struct TrainingRules {
  std::vector<std::uint32_t> trained_layers;  ///< ascending from 1; empty: all
  FirstLayerInput first_layer_input = FirstLayerInput::rounded;
  LossScale loss_scale = LossScale::half_sum;
  GradientScale gradient_scale = GradientScale::none;
  TrainingAlgorithm algorithm = TrainingAlgorithm::backpropagation;
  RandomGenerator projection_generator = RandomGenerator::none;  ///< target_projection: draws B_l
  std::uint32_t projection_seed = 0;
  /// Whether the delta of a neuron is 0 where its pre-activation left the range of its format.
  bool clamp_mask = false;

  bool operator==(const TrainingRules&) const = default;
};

/// What a port computes with: a parsed and valid declaration (format lsgd-arithmetic/1). See
/// read_arithmetic.hpp.
struct Arithmetic {
  std::string name;
  std::string description;
  std::array<std::vector<Rounding>, point_count>
      points;  ///< by Point; one rounding after the other
  EvaluationOrder order;
  std::array<ActivationDefinition, all_activations.size()> activations;  ///< by Activation
  std::vector<ScaleDefinition> scales;                                   ///< by ascending point
  RandomSource random;
  TrainingRules training;

  const std::vector<Rounding>& at(Point point) const {
    return points.at(static_cast<std::size_t>(point));
  }
  const ActivationDefinition& activation(Activation function) const {
    return activations.at(static_cast<std::size_t>(function));
  }
  /// Whether networks may have the function: no format or scale by function leaves it out, and one
  /// of a whole layer has no table.
  bool has(Activation function) const;
  /// The rule for the scale or fraction bits of a tensor; null where they are no state.
  const ScaleDefinition* scale(Point tensor) const {
    for (const ScaleDefinition& scale : scales)
      if (scale.tensor == tensor) return &scale;
    return nullptr;
  }
  /// The format in which the numbers of a point end; null where they are not rounded.
  const NumberFormat* format(Point point) const {
    const std::vector<Rounding>& roundings = at(point);
    return roundings.empty() ? nullptr : &roundings.back().format;
  }

  bool operator==(const Arithmetic&) const = default;
};

inline bool Arithmetic::has(Activation function) const {
  const auto position = static_cast<std::size_t>(function);
  if (is_of_layer(function) && activation(function).rule == ActivationRule::table) return false;
  for (const std::vector<Rounding>& roundings : points)
    for (const Rounding& rounding : roundings) {
      const FractionBits& bits = rounding.format.fraction_bits;
      if (bits.source == FractionBitsSource::activation && !bits.by_activation.at(position))
        return false;
    }
  return std::ranges::all_of(scales, [&](const ScaleDefinition& scale) {
    return !scale.ranges || scale.ranges->at(position);
  });
}

}  // namespace lsgd
