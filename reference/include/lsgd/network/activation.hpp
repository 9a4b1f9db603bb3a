// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <mpfr.h>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/rounding_model.hpp>

namespace lsgd {

// One definition for each activation function (SPEC 2.2): its names, its range, whether ports
// approximate it, f(z), f'(z), and how errors pass through both (SPEC 5.5, 5.6). Everything else
// asks these, through the functions below them.
//
// `value` and `slope` are f(z) and f' by a = f(z) in any arithmetic, whose operations round as it
// does: positive_part(z), z_or_part(z, k) for z where z > 0, else 2^k z, sigmoid(z), tanh(z);
// one(), one_where_positive(a), one_or_part(a, k) for 1 where a > 0, else 2^k, times_complement(a)
// for a (1 - a), complement_of_square(a) for 1 - a^2. An arithmetic without one of these operations
// has no such function.
//
// softmax takes all pre-activations of a layer. It has `values` instead of both and is no function
// of one neuron; `of_neuron` is false.

struct IdentityFunction {
  static constexpr std::string_view name = "identity";
  static constexpr std::string_view onnx_name = "Identity";  ///< of its operator in ONNX
  static constexpr bool is_bounded = false;
  static constexpr bool is_approximated = false;  ///< else computed with the declared error
  /// Whether f and f' are products, which are rounded, if only where they underflow.
  static constexpr bool multiplies = false;
  /// Whether tables by function in declarations may leave it out. Their arithmetic then has no
  /// networks with it, and agents from before it was added do not know its number.
  static constexpr bool may_be_left_out = false;

  template <class Operations, class Number>
  static Number value(const Operations&, const Number& z) {
    return z;
  }

  template <class Operations, class Number>
  static auto slope(const Operations& operations, const Number&) {
    return operations.one();
  }

  template <class Real>
  static void evaluate(Real& a, const Real& z) {
    a = z;
  }

  /// derivative = f'(z) from a = f(z).
  template <class Real>
  static void differentiate(Real& derivative, const Real&) {
    derivative = 1;
  }

  /// Whether f is constant wherever the pre-activation can be, `z_bound` around z.
  template <class Real>
  static bool is_constant(const Real&, double) {
    return false;
  }

  /// What the bound of z becomes in a.
  template <class Real>
  static double propagated_bound(const Real&, double z_bound) {
    return z_bound;
  }

  /// What the bound of a contributes to that of f' (SPEC 5.6). An a below `flush` may be taken as
  /// 0.
  template <class Real>
  static double propagated_derivative_bound(const Real&, double, double) {
    return 0;
  }
};

struct ReluFunction {
  static constexpr std::string_view name = "relu";
  static constexpr std::string_view onnx_name = "Relu";
  static constexpr bool is_bounded = false;
  static constexpr bool is_approximated = false;
  static constexpr bool multiplies = false;
  static constexpr bool may_be_left_out = false;

  template <class Operations, class Number>
  static Number value(const Operations& operations, const Number& z) {
    return operations.positive_part(z);
  }

  template <class Operations, class Number>
  static auto slope(const Operations& operations, const Number& a) {
    return operations.one_where_positive(a);
  }

  template <class Real>
  static void evaluate(Real& a, const Real& z) {
    if (z > 0)
      a = z;
    else
      a = 0;
  }

  template <class Real>
  static void differentiate(Real& derivative, const Real& a) {
    derivative = a > 0 ? 1 : 0;
  }

  template <class Real>
  static bool is_constant(const Real& z, double z_bound) {
    return z <= 0 && magnitude_below(z) >= z_bound;
  }

  template <class Real>
  static double propagated_bound(const Real&, double z_bound) {
    return z_bound;
  }

  template <class Real>
  static double propagated_derivative_bound(const Real& a, double a_bound, double flush) {
    if (std::isinf(a_bound)) return a_bound;
    const double low = magnitude_below(a);
    const bool either = a > 0 && (low <= a_bound || low < flush);
    const bool may_turn_on = !(a > 0) && a_bound > 0;
    return either || may_turn_on ? 1 : 0;
  }
};

/// A slope below zero that is a power of two, so that only underflow rounds its products.
struct LeakyReluFunction {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr std::string_view onnx_name = "LeakyRelu";
  static constexpr int slope_exponent = -3;
  static constexpr double alpha = 0x1p-3;  ///< the slope, by its name in ONNX
  static constexpr bool is_bounded = false;
  static constexpr bool is_approximated = false;
  static constexpr bool multiplies = true;
  static constexpr bool may_be_left_out = true;

  template <class Operations, class Number>
  static auto value(const Operations& operations, const Number& z)
      -> decltype(operations.z_or_part(z, slope_exponent)) {
    return operations.z_or_part(z, slope_exponent);
  }

  template <class Operations, class Number>
  static auto slope(const Operations& operations, const Number& a)
      -> decltype(operations.one_or_part(a, slope_exponent)) {
    return operations.one_or_part(a, slope_exponent);
  }

  template <class Real>
  static void evaluate(Real& a, const Real& z) {
    a = z;
    if (!(z > 0)) a *= alpha;
  }

  template <class Real>
  static void differentiate(Real& derivative, const Real& a) {
    derivative = a > 0 ? 1 : alpha;
  }

  template <class Real>
  static bool is_constant(const Real&, double) {
    return false;
  }

  /// Where z is certainly not positive the smaller slope counts.
  template <class Real>
  static double propagated_bound(const Real& a, double z_bound) {
    const bool is_never_positive = !(a > 0) && magnitude_below(a) >= alpha * z_bound;
    return is_never_positive ? alpha * z_bound : z_bound;
  }

  template <class Real>
  static double propagated_derivative_bound(const Real& a, double a_bound, double flush) {
    if (std::isinf(a_bound)) return a_bound;
    const double low = magnitude_below(a);
    const bool may_change = a > 0 ? low <= a_bound || low < flush : low < a_bound;
    return may_change ? 1 - alpha : 0;
  }
};

struct SigmoidFunction {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::string_view onnx_name = "Sigmoid";
  static constexpr bool is_bounded = true;
  static constexpr bool is_approximated = true;
  static constexpr bool multiplies = true;
  static constexpr bool may_be_left_out = false;
  static constexpr double lowest = 0;  ///< what it tends to below; above it is 1
  static constexpr double at_zero = 0.5;
  static constexpr double steepest = 0.25;   ///< the largest |f'|
  static constexpr int growth = 1;           ///< f' changes by a factor of at most e^(growth |dz|)
  static constexpr int slope_roundings = 2;  ///< of f' computed from a in factors

  template <class Operations, class Number>
  static Number value(const Operations& operations, const Number& z) {
    return operations.sigmoid(z);
  }

  template <class Operations, class Number>
  static auto slope(const Operations& operations, const Number& a) {
    return operations.times_complement(a);
  }

  /// To full relative precision for either sign.
  template <class Real>
  static void evaluate(Real& a, const Real& z) {
    Real decay = -abs(z);
    mpfr_exp(mpfr_of(decay), mpfr_of(decay), MPFR_RNDN);
    Real denominator = decay + 1;
    if (z < 0)
      mpfr_div(mpfr_of(a), mpfr_of(decay), mpfr_of(denominator), MPFR_RNDN);
    else
      mpfr_ui_div(mpfr_of(a), 1, mpfr_of(denominator), MPFR_RNDN);
  }

  /// distance = 1 - a; see distance_from_one.
  template <class Real>
  static void distance_from_one(Real& distance, const Real& a, const Real* z) {
    distance = 1 - a;
    if (z == nullptr || distance > 0x1p-20) return;
    Real decay = Real(-*z);
    mpfr_exp(mpfr_of(decay), mpfr_of(decay), MPFR_RNDN);
    distance = decay / (1 + decay);
  }

  /// distance becomes f' by a and distance = 1 - |a|.
  template <class Real>
  static void differentiate_by_distance(Real& distance, const Real& a) {
    distance *= a;
  }

  /// A bound of f(z) from below (MPFR_RNDD) or above (MPFR_RNDU).
  static void evaluate_towards(mpfr_ptr a, mpfr_srcptr z, mpfr_rnd_t side) {
    // 1 / (1 + e^-z) falls with e^-z.
    const mpfr_rnd_t other = side == MPFR_RNDD ? MPFR_RNDU : MPFR_RNDD;
    mpfr_neg(a, z, MPFR_RNDN);
    mpfr_exp(a, a, other);
    mpfr_add_ui(a, a, 1, other);
    mpfr_ui_div(a, 1, a, side);
  }

  /// An upper bound of f' from a.
  template <class Real>
  static double slope_above(const Real& a) {
    return (1 - magnitude_below(a)) * magnitude_above(a);
  }

  template <class Real>
  static double propagated_derivative_bound(const Real& a, double a_bound, double) {
    if (std::isinf(a_bound)) return a_bound;
    const double value = mpfr_get_d(mpfr_of(a), MPFR_RNDN);
    const double slope = std::abs(1 - 2 * value) + 0x1p-52 * (1 + std::abs(value));
    return a_bound * (slope + a_bound);
  }
};

struct TanhFunction {
  static constexpr std::string_view name = "tanh";
  static constexpr std::string_view onnx_name = "Tanh";
  static constexpr bool is_bounded = true;
  static constexpr bool is_approximated = true;
  static constexpr bool multiplies = true;
  static constexpr bool may_be_left_out = false;
  static constexpr double lowest = -1;
  static constexpr double at_zero = 0;
  static constexpr double steepest = 1;
  static constexpr int growth = 2;
  static constexpr int slope_roundings = 3;

  template <class Operations, class Number>
  static Number value(const Operations& operations, const Number& z) {
    return operations.tanh(z);
  }

  template <class Operations, class Number>
  static auto slope(const Operations& operations, const Number& a) {
    return operations.complement_of_square(a);
  }

  template <class Real>
  static void evaluate(Real& a, const Real& z) {
    mpfr_tanh(mpfr_of(a), mpfr_of(z), MPFR_RNDN);
  }

  /// distance = 1 - |a|.
  template <class Real>
  static void distance_from_one(Real& distance, const Real& a, const Real* z) {
    distance = 1 - abs(a);
    if (z == nullptr || distance > 0x1p-20) return;
    Real decay = Real(-2 * abs(*z));
    mpfr_exp(mpfr_of(decay), mpfr_of(decay), MPFR_RNDN);
    distance = 2 * decay / (1 + decay);
  }

  template <class Real>
  static void differentiate_by_distance(Real& distance, const Real&) {
    distance *= 2 - distance;
  }

  static void evaluate_towards(mpfr_ptr a, mpfr_srcptr z, mpfr_rnd_t side) {
    mpfr_tanh(a, z, side);
  }

  template <class Real>
  static double slope_above(const Real& a) {
    const double low = magnitude_below(a);
    return (1 - low) * (1 + low);
  }

  template <class Real>
  static double propagated_derivative_bound(const Real& a, double a_bound, double) {
    if (std::isinf(a_bound)) return a_bound;
    return a_bound * (2 * magnitude_above(a) + a_bound);
  }
};

/// e^(z - m) / sum of e^(z - m) over the layer, m the largest z. Of output layers alone, where its
/// derivative cancels (SPEC 2.5).
struct SoftmaxFunction {
  static constexpr std::string_view name = "softmax";
  static constexpr std::string_view onnx_name = "Softmax";
  static constexpr bool of_neuron = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_approximated = true;
  static constexpr bool multiplies = true;
  static constexpr bool may_be_left_out = true;
  static constexpr double lowest = 0;

  /// a = f(z) of a layer, at least one neuron, by the operations of an arithmetic: larger(x, y),
  /// difference(x, y), exponential(x), sum(x, y), quotient(x, y).
  template <class Operations, class Number>
  static void values(const Operations& operations, const std::vector<Number>& z,
                     std::vector<Number>& a) {
    Number largest = z.front();
    for (const Number& each : z) largest = operations.larger(largest, each);
    a.clear();
    for (const Number& each : z)
      a.push_back(operations.exponential(operations.difference(each, largest)));
    Number total = a.front();
    for (std::size_t j = 1; j < a.size(); ++j) total = operations.sum(total, a[j]);
    for (Number& each : a) each = operations.quotient(each, total);
  }

  /// The same, and distance = 1 - a, to the precision of Real each.
  template <class Real>
  static void evaluate(const std::vector<Real>& z, std::vector<Real>& a,
                       std::vector<Real>& distance) {
    const Real largest = *std::ranges::max_element(z);
    a.resize(z.size());
    Real total = 0;
    for (std::size_t j = 0; j < z.size(); ++j) {
      a[j] = z[j] - largest;
      mpfr_exp(mpfr_of(a[j]), mpfr_of(a[j]), MPFR_RNDN);
      total += a[j];
    }
    distance.resize(z.size());
    for (std::size_t j = 0; j < z.size(); ++j) {
      // Only of an output above one half the difference would cancel.
      distance[j] = total - a[j];
      if (2 * a[j] <= total) continue;
      distance[j] = 0;
      for (std::size_t k = 0; k < z.size(); ++k)
        if (k != j) distance[j] += a[k];
    }
    for (std::size_t j = 0; j < z.size(); ++j) {
      a[j] /= total;
      distance[j] /= total;
    }
  }
};

/// visit(definition) of an activation function.
template <class Visit>
constexpr decltype(auto) with_activation(Activation activation, const Visit& visit) {
  switch (activation) {
    case Activation::identity:
      return visit(IdentityFunction());
    case Activation::relu:
      return visit(ReluFunction());
    case Activation::sigmoid:
      return visit(SigmoidFunction());
    case Activation::tanh:
      return visit(TanhFunction());
    case Activation::leaky_relu:
      return visit(LeakyReluFunction());
    case Activation::softmax:
      return visit(SoftmaxFunction());
  }
  throw std::invalid_argument("unknown activation");
}

/// Whether a function takes one pre-activation, not all of its layer.
template <class Function>
inline constexpr bool is_of_neuron = !requires {
  Function::of_neuron;
};

/// Whether the function takes all pre-activations of its layer.
constexpr bool is_of_layer(Activation activation) {
  return with_activation(activation,
                         [](auto function) { return !is_of_neuron<decltype(function)>; });
}

/// visit(definition) of a function of one neuron. Throws std::invalid_argument for another one.
template <class Visit>
constexpr decltype(auto) with_neuron_activation(Activation activation, const Visit& visit) {
  using Result = decltype(visit(IdentityFunction()));
  return with_activation(activation, [&](auto function) -> Result {
    if constexpr (is_of_neuron<decltype(function)>)
      return visit(function);
    else
      throw std::invalid_argument("an activation function of one neuron");
  });
}

/// As files spell it.
constexpr std::string_view name_of(Activation activation) {
  return with_activation(activation, [](auto function) { return function.name; });
}

/// Whether |f| <= 1.
constexpr bool is_bounded(Activation activation) {
  return with_activation(activation, [](auto function) { return function.is_bounded; });
}

/// Whether ports approximate the function, with the error that they declare.
constexpr bool is_approximated(Activation activation) {
  return with_activation(activation, [](auto function) { return function.is_approximated; });
}

/// Whether f and f' are products, which are rounded, if only where they underflow.
constexpr bool multiplies(Activation activation) {
  return with_activation(activation, [](auto function) { return function.multiplies; });
}

/// Whether tables by function in declarations may leave the function out.
constexpr bool may_be_left_out(Activation activation) {
  return with_activation(activation, [](auto function) { return function.may_be_left_out; });
}

/// How often f', computed from a in factors, is rounded.
constexpr int slope_roundings(Activation activation) {
  return with_activation(activation, [](auto function) {
    if constexpr (requires { function.slope_roundings; })
      return function.slope_roundings;
    else
      return 0;
  });
}

/// The activation functions that `holds` is true of.
template <class Condition>
consteval auto activations_where(Condition holds) {
  constexpr auto count = std::ranges::count_if(all_activations, Condition());
  std::array<Activation, static_cast<std::size_t>(count)> found{};
  std::ranges::copy_if(all_activations, found.begin(), holds);
  return found;
}

/// Those of one neuron, which every layer may have.
inline constexpr auto neuron_activations =
    activations_where([](Activation each) { return !is_of_layer(each); });

/// Of these, those that ports approximate.
inline constexpr auto approximated_activations =
    activations_where([](Activation each) { return !is_of_layer(each) && is_approximated(each); });

/// f(z) by the operations of an arithmetic.
template <class Operations, class Number>
Number activation_value(Activation activation, const Operations& operations, const Number& z) {
  return with_neuron_activation(
      activation, [&](auto function) -> Number { return function.value(operations, z); });
}

/// f' by a = f(z) and the operations of an arithmetic, which may multiply it by something. Throws
/// std::invalid_argument for a function that the arithmetic does not have.
template <class Operations, class Number>
auto activation_slope(Activation activation, const Operations& operations, const Number& a) {
  return with_activation(activation, [&](auto function) -> decltype(operations.one()) {
    if constexpr (requires { function.slope(operations, a); })
      return function.slope(operations, a);
    else
      throw std::invalid_argument("an activation function that the arithmetic has");
  });
}

/// The operations of binary64.
struct Binary64Functions {
  static double positive_part(double z) { return z > 0 ? z : 0; }
  static double z_or_part(double z, int exponent) { return z > 0 ? z : std::ldexp(z, exponent); }
  static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
  static double tanh(double z) { return std::tanh(z); }
};

/// a = f(z).
template <class Real>
void activate(Activation activation, Real& a, const Real& z) {
  with_neuron_activation(activation, [&](auto function) { function.evaluate(a, z); });
}

/// Whether a bounded function of one neuron tends to `value`, 1 or -1.
constexpr bool tends_to(Activation activation, double value) {
  return with_activation(activation, [&](auto function) {
    if constexpr (function.is_bounded && is_of_neuron<decltype(function)>)
      return value == 1 || (value == -1 && function.lowest == -1);
    else
      return false;
  });
}

/// distance = 1 - |a| for a bounded function. Where that difference would cancel it is taken from
/// the pre-activation `z`, unless z is null because `a` itself is given.
template <class Real>
void distance_from_one(Activation activation, Real& distance, const Real& a, const Real* z) {
  with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_bounded)
      function.distance_from_one(distance, a, z);
    else
      throw std::invalid_argument("a bounded activation function");
  });
}

/// The distance 1 - |a| of a bounded function becomes f' by both.
template <class Real>
void differentiate_by_distance(Activation activation, Real& distance, const Real& a) {
  with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_bounded)
      function.differentiate_by_distance(distance, a);
    else
      throw std::invalid_argument("a bounded activation function");
  });
}

/// derivative = f'(z), from a = f(z) and, where a is too close to 1, from z (null when a is given).
template <class Real>
void differentiate(Activation activation, Real& derivative, const Real& a, const Real* z) {
  with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_bounded) {
      function.distance_from_one(derivative, a, z);
      function.differentiate_by_distance(derivative, a);
    } else {
      function.differentiate(derivative, a);
    }
  });
}

/// K B of SPEC 5.5: how far a bounded function of an argument within `z_bound` of z is from
/// a = f(z).
template <class Function, class Real>
double lipschitz_bound(Function function, const Real& a, double z_bound, double input_bound) {
  const double growth = function.growth * z_bound;
  const double lipschitz =
      growth < 0.5 ? std::min(function.steepest, outward(function.slope_above(a) / (1 - growth)))
                   : function.steepest;
  return std::min(1 - function.lowest, outward(lipschitz * input_bound));
}

/// Whether f is known to be constant wherever the pre-activation can be, `z_bound` around z.
template <class Real>
bool is_constant(Activation activation, const Real& z, double z_bound) {
  return with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_approximated)
      return false;
    else
      return function.is_constant(z, z_bound);
  });
}

/// What the bound of a pre-activation becomes in a, where f is computed without error.
template <class Real>
double propagated_activation_bound(Activation activation, const Real& a, double z_bound) {
  return with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_approximated)
      return lipschitz_bound(function, a, z_bound, z_bound);
    else
      return function.propagated_bound(a, z_bound);
  });
}

/// Bound on a computed activation, given the bound of its pre-activation (SPEC 5.5).
template <class Real>
double activation_bound(Activation activation, const Real& a, const Real& z, double z_bound,
                        const RoundingModel& rounding) {
  if (std::isinf(z_bound)) return z_bound;
  return with_neuron_activation(activation, [&](auto function) -> double {
    if constexpr (function.is_approximated) {
      const double propagated = lipschitz_bound(function, a, z_bound, z_bound + rounding.flush());
      const double largest = std::min(outward(magnitude_above(a) + propagated), 1 - 0x1p-53);
      return outward(propagated + rounding.activation_error(largest) + rounding.flush());
    } else {
      if (function.is_constant(z, z_bound)) return 0;
      const double propagated = function.propagated_bound(a, z_bound);
      const bool may_underflow = function.multiplies && magnitude_above(a) + propagated > 0 &&
                                 magnitude_below(a) - propagated < smallest_normal_binary32;
      const double underflow = may_underflow ? rounding.product_underflow() : 0;
      return outward(propagated + underflow + rounding.flush());
    }
  });
}

/// What the bound of a contributes to that of f' (SPEC 5.6). An a below `flush` may be taken as 0.
template <class Real>
double propagated_derivative_bound(Activation activation, const Real& a, double a_bound,
                                   double flush) {
  return with_neuron_activation(activation, [&](auto function) -> double {
    return function.propagated_derivative_bound(a, a_bound, flush);
  });
}

/// Bound on a computed derivative, given a and its bound (SPEC 5.6). `derivative` is f' exactly.
template <class Real>
double derivative_bound(Activation activation, const Real& derivative, const Real& a,
                        double a_bound, const RoundingModel& rounding) {
  const double propagated = propagated_derivative_bound(activation, a, a_bound, rounding.flush());
  return with_neuron_activation(activation, [&](auto function) -> double {
    if constexpr (function.is_approximated) {
      if (std::isinf(a_bound)) return propagated;
      const double largest = magnitude_above(a) + a_bound;
      const double square_error = rounding.unit() * largest * largest;
      const double factored_roundings = rounding.gamma(function.slope_roundings);
      const double reach = magnitude_above(derivative) + propagated;
      const double expanded = (square_error + rounding.unit() * reach) * (1 + rounding.unit());
      const double relative = std::max(factored_roundings, rounding.activation_relative_error());
      return outward(propagated + std::max(expanded, relative * reach) +
                     2 * rounding.product_underflow() + rounding.sum_underflow() +
                     rounding.flush() * (1 + largest));
    } else {
      return propagated;
    }
  });
}

}  // namespace lsgd
