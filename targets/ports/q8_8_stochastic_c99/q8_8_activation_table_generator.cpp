// SPDX-License-Identifier: Apache-2.0

// Prints q8_8_activation_table.c. A value of 256 * f(q / 256) is a tie only for q = 0, where it is
// an integer, so 200 bits decide each rounding.
#include <fmt/core.h>
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

/// Up to the first argument whose value is 1.
template <class Function>
void print_table(const std::string& name, const std::string& size, Function&& function) {
  mpfr_t z, value;
  mpfr_inits2(200, z, value, nullptr);
  fmt::print("\nconst uint8_t lsgd_q8_8_{}_table[{}] = {{", name, size);
  for (long q = 0;; ++q) {
    mpfr_set_si_2exp(z, q, -8, MPFR_RNDN);
    function(value, z);
    mpfr_mul_2ui(value, value, 8, MPFR_RNDN);
    const long entry = mpfr_get_si(value, MPFR_RNDN);
    if (entry == 256) break;
    fmt::print("{}{}{}", q == 0 ? "" : ",", q % 16 == 0 ? "\n    " : " ", entry);
  }
  fmt::print("}};\n");
  mpfr_clears(z, value, nullptr);
}

}  // namespace

int main() {
  fmt::print(
      "/* SPDX-License-Identifier: Apache-2.0 */\n"
      "/* Written by q8_8_activation_table_generator; not to be edited. */\n"
      "/* clang-format off */\n"
      "#include \"q8_8_activation.h\"\n");
  print_table("sigmoid", "LSGD_Q8_8_SIGMOID_ENTRIES", sigmoid);
  print_table("tanh", "LSGD_Q8_8_TANH_ENTRIES", tanh);
}
