// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/real.hpp>
#include <lsgd/numbers/rounding_model.hpp>

namespace lsgd {

/// One number of a BoundedTensor, or one on its way into it.
template <class Real>
struct BoundedElement {
  const Real& exact;
  double bound = 0;
  double magnitude = 0;      ///< at least |exact|
  std::size_t position = 0;  ///< in its tensor
  bool overflows = false;

  double largest() const { return magnitude + bound; }
};

/// Exact values of a tensor and, for each, a rigorous bound on the distance of any binary32
/// computation that conforms to the declared arithmetic model (SPEC 5).
template <class Real>
struct BoundedTensor {
  std::vector<Real> exact;
  std::vector<double> bound;  ///< absolute; +infinity where binary32 may overflow (SPEC 5.8)

  /// Upper bounds of |exact|. Kept for the operands of later stages; empty elsewhere.
  std::vector<double> magnitude;

  /// Whether every conforming computation overflows there: the element is infinite, with the sign
  /// of its exact value, and no operand of anything judged (SPEC 5.8). `bound` is then +infinity,
  /// too.
  std::vector<bool> overflows = {};

  std::size_t size() const { return exact.size(); }

  BoundedElement<Real> operator[](std::size_t i) const {
    return {exact[i], bound[i], magnitude[i], i, overflows[i]};
  }
  BoundedElement<Real> back() const { return (*this)[size() - 1]; }

  void clear() {
    exact.clear();
    bound.clear();
    magnitude.clear();
    overflows.clear();
  }
  void push_back(const BoundedElement<Real>& element) {
    exact.push_back(element.exact);
    bound.push_back(element.bound);
    magnitude.push_back(element.magnitude);
    overflows.push_back(element.overflows);
  }

  /// The bound that an element is judged by: 0 where it must be infinite.
  double judged_bound(std::size_t i) const { return overflows[i] ? 0 : bound[i]; }
};

/// Whether every number within `bound` of the exact one is infinite once it is rounded (SPEC 5.8).
template <class Real>
bool overflows_for_certain(const Real& exact, double bound) {
  return std::isfinite(bound) && magnitude_below(exact) >= outward(overflow_threshold + bound);
}

/// Sets the length of a tensor, with magnitudes when it is an operand of a later stage.
template <class Real>
void resize_tensor(BoundedTensor<Real>& tensor, std::size_t count, bool is_operand) {
  tensor.exact.resize(count);
  tensor.bound.resize(count);
  tensor.overflows.assign(count, false);
  tensor.magnitude.resize(is_operand ? count : 0);
}

/// Operands of a dot product or an update: either bounded reals or exact binary32 numbers. The
/// overloads below are all a stage needs to know of them.
using ExactInputs = std::span<const float>;

template <class Real>
double magnitude_at(const BoundedTensor<Real>& inputs, std::size_t i) {
  return inputs.magnitude[i];
}
inline double magnitude_at(ExactInputs inputs, std::size_t i) { return std::abs(inputs[i]); }

/// magnitude_at with the sign of the exact value.
template <class Real>
double signed_magnitude_at(const BoundedTensor<Real>& inputs, std::size_t i) {
  return mpfr_signbit(mpfr_of(inputs.exact[i])) != 0 ? -inputs.magnitude[i] : inputs.magnitude[i];
}
inline double signed_magnitude_at(ExactInputs inputs, std::size_t i) { return inputs[i]; }

template <class Real>
double bound_at(const BoundedTensor<Real>& inputs, std::size_t i) {
  return inputs.bound[i];
}
inline double bound_at(ExactInputs, std::size_t) { return 0; }

/// product = factor * inputs[i].
template <class Real>
void multiply_by(Real& product, mpfr_srcptr factor, const BoundedTensor<Real>& inputs,
                 std::size_t i) {
  mpfr_mul(mpfr_of(product), factor, mpfr_of(inputs.exact[i]), MPFR_RNDN);
}
template <class Real>
void multiply_by(Real& product, mpfr_srcptr factor, ExactInputs inputs, std::size_t i) {
  const DoubleOperand input(inputs[i]);
  mpfr_mul(mpfr_of(product), factor, input.get(), MPFR_RNDN);
}

}  // namespace lsgd
