// SPDX-License-Identifier: Apache-2.0

// Prints fixed_activation_table.c: for each knot a polynomial of degree 3 that meets tanh(u / 2) at
// the four Chebyshev points of the interval about the knot, so that it is off by less than 2^-29.
#include <array>
#include <cstddef>
#include <fmt/core.h>
#include <mpfr.h>

namespace {

constexpr int precision = 200;
constexpr int knots = 65;
constexpr long knots_per_unit = 16;
constexpr std::size_t coefficients = 4;
constexpr int fraction_bits = 30;

struct Real {
  mpfr_t value;
  Real() { mpfr_init2(value, precision); }
  ~Real() { mpfr_clear(value); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
};

/// tanh(u / 2) for u = (knot + x) / knots_per_unit.
void function(Real& result, int knot, const Real& x) {
  mpfr_add_si(result.value, x.value, knot, MPFR_RNDN);
  mpfr_div_si(result.value, result.value, 2 * knots_per_unit, MPFR_RNDN);
  mpfr_tanh(result.value, result.value, MPFR_RNDN);
}

/// cos((2 k + 1) pi / 8) / 2.
void chebyshev_point(Real& x, std::size_t k) {
  mpfr_const_pi(x.value, MPFR_RNDN);
  mpfr_mul_ui(x.value, x.value, 2 * k + 1, MPFR_RNDN);
  mpfr_div_ui(x.value, x.value, 2 * coefficients, MPFR_RNDN);
  mpfr_cos(x.value, x.value, MPFR_RNDN);
  mpfr_div_si(x.value, x.value, 2, MPFR_RNDN);
}

/// The coefficients of x^0, x^1, ...: Newton's divided differences, multiplied out.
void interpolate(std::array<Real, coefficients>& polynomial, int knot) {
  std::array<Real, coefficients> x, difference;
  Real distance, product;
  for (std::size_t k = 0; k < coefficients; ++k) {
    chebyshev_point(x[k], k);
    function(difference[k], knot, x[k]);
  }
  for (std::size_t order = 1; order < coefficients; ++order)
    for (std::size_t k = coefficients; k-- > order;) {
      mpfr_sub(difference[k].value, difference[k].value, difference[k - 1].value, MPFR_RNDN);
      mpfr_sub(distance.value, x[k].value, x[k - order].value, MPFR_RNDN);
      mpfr_div(difference[k].value, difference[k].value, distance.value, MPFR_RNDN);
    }
  for (Real& coefficient : polynomial) mpfr_set_zero(coefficient.value, 1);
  for (std::size_t k = coefficients; k-- > 0;) {
    for (std::size_t power = coefficients; power-- > 0;) {
      mpfr_mul(product.value, polynomial[power].value, x[k].value, MPFR_RNDN);
      if (power > 0)
        mpfr_sub(polynomial[power].value, polynomial[power - 1].value, product.value, MPFR_RNDN);
      else
        mpfr_neg(polynomial[power].value, product.value, MPFR_RNDN);
    }
    mpfr_add(polynomial[0].value, polynomial[0].value, difference[k].value, MPFR_RNDN);
  }
}

}  // namespace

int main() {
  fmt::print(
      "/* SPDX-License-Identifier: Apache-2.0 */\n"
      "/* Written by fixed_activation_table_generator; not to be edited. */\n"
      "/* clang-format off */\n"
      "#include \"fixed_activation.h\"\n\n"
      "const int32_t lsgd_fixed_tanh_table[LSGD_FIXED_TANH_KNOTS][4] = {{\n");
  std::array<Real, coefficients> polynomial;
  for (int knot = 0; knot < knots; ++knot) {
    interpolate(polynomial, knot);
    for (std::size_t power = coefficients; power-- > 0;) {
      Real& coefficient = polynomial[power];
      mpfr_mul_2si(coefficient.value, coefficient.value, fraction_bits, MPFR_RNDN);
      fmt::print("{}{}", power == coefficients - 1 ? "    {" : ", ",
                 mpfr_get_si(coefficient.value, MPFR_RNDN));
    }
    fmt::print("}}{}\n", knot == knots - 1 ? "};" : ",");
  }
}
