// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// A declaration with one thing changed: what a port computes that gets this thing wrong.
struct ChangedArithmetic {
  std::string name;         ///< such as change_nearest_up: letters, digits and _
  std::string description;  ///< such as "at.change rounds nearest_up, not nearest_even"
  Arithmetic arithmetic;    ///< of the original's name, with another digest
};

/// Every valid declaration that differs in one thing: a rounding's direction, what it does on
/// overflow, its random bits or their mapping, a rounding left out, subnormals of a format that is
/// no tensor's, the order of evaluation, of draws, what the first layer's update sees, the layers
/// trained, the register of sums of 24 bits or fewer: its width, that of its products, its
/// overflow. What a port is given stays: the formats of tensors that cross the interface, so that
/// codes mean the same, and how the first parameters were rounded. In the order of the points;
/// names are unique.
std::vector<ChangedArithmetic> changed_arithmetics(const Arithmetic& arithmetic);

/// Other ways to the same bits, as ports may take them: every order of sums that are exact and that
/// no range limits on the way, and registers of 32 bits in place of narrower ones that wrap, which
/// are cut to these once, of the finished sum.
std::vector<ChangedArithmetic> equal_arithmetics(const Arithmetic& arithmetic);

}  // namespace lsgd
