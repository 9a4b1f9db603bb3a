# SPDX-License-Identifier: Apache-2.0
# Every library and program of the project links lsgd_warnings privately. Bounds and simulations are
# written operation by operation, so the compiler must not contract a*b+c on its own.
add_library(lsgd_warnings INTERFACE)
target_compile_options(lsgd_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -ffp-contract=off
  # gcc 12 misjudges `"[" + std::string` (GCC bug 105651), gcc 14 a vector that grows behind a
  # reserve() of unknown size.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-free-nonheap-object>)
