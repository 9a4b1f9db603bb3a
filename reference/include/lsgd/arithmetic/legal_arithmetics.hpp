// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// How sigmoid and tanh of a device differ from the correctly rounded ones where a declaration has
/// them within an error: the same for equal arguments, as in every library.
struct FunctionErrors {
  double share = 0;        ///< of what the declared error leaves beside the last rounding, below 1
  std::uint64_t seed = 0;  ///< of the errors
};

/// What one device of a declaration computes.
struct LegalArithmetic {
  Arithmetic arithmetic;  ///< every order and direction decided
  FunctionErrors function_errors;
  std::uint32_t random_state = 0;  ///< at the start, where the declaration has an unknown generator
};

/// Devices that a declaration allows, each with orders, directions and errors of functions of its
/// own (SPEC 12.3); equal seeds give equal devices. Products are fused only where the declaration
/// says so, and nothing keeps more digits than are declared: that makes errors smaller.
std::vector<LegalArithmetic> legal_arithmetics(const Arithmetic& arithmetic, std::size_t count,
                                               std::uint64_t seed);

}  // namespace lsgd
