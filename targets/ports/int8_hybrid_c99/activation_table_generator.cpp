// SPDX-License-Identifier: Apache-2.0

// Prints activation_table.c. A value of 128 * f(z / 16) is a tie only for z = 0, so 200 bits decide
// each rounding.
#include <algorithm>
#include <fmt/core.h>
#include <initializer_list>
#include <mpfr.h>
#include <string>

namespace {

void sigmoid(mpfr_t result, const mpfr_t z) {
  mpfr_neg(result, z, MPFR_RNDN);
  mpfr_exp(result, result, MPFR_RNDN);
  mpfr_add_ui(result, result, 1, MPFR_RNDN);
  mpfr_ui_div(result, 1, result, MPFR_RNDN);
}

void tanh(mpfr_t result, const mpfr_t z) { mpfr_tanh(result, z, MPFR_RNDN); }

template <class Function>
void print_table(const std::string& name, Function&& function) {
  mpfr_t z, value;
  mpfr_inits2(200, z, value, nullptr);
  fmt::print("\nconst int8_t lsgd_{}_table[256] = {{", name);
  for (int q = -128; q <= 127; ++q) {
    mpfr_set_si_2exp(z, q, -4, MPFR_RNDN);
    function(value, z);
    mpfr_mul_2ui(value, value, 7, MPFR_RNDN);
    mpfr_round(value, value);
    const long entry = std::clamp(mpfr_get_si(value, MPFR_RNDN), -128L, 127L);
    fmt::print("{}{}", q % 16 == 0 ? "\n    " : " ", entry);
    if (q != 127) fmt::print(",");
  }
  fmt::print("}};\n");
  mpfr_clears(z, value, nullptr);
}

}  // namespace

int main() {
  fmt::print(
      "/* SPDX-License-Identifier: Apache-2.0 */\n"
      "/* Written by activation_table_generator; not to be edited. */\n"
      "/* clang-format off */\n"
      "#include \"activation_table.h\"\n");
  print_table("sigmoid", sigmoid);
  print_table("tanh", tanh);
}
