// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "arithmetic/declared_shape.hpp"

namespace lsgd {

/// The correctly rounded value of layer l's sigmoid or tanh at z, moved by the error that the
/// device of a shape has there: rounded once more it is within the declared error. Nothing where
/// the value stays: no error is declared, it is drawn, or its format is neither a float nor has a
/// given number of fraction bits.
std::optional<double> moved_value(const DeclaredShape& shape, std::size_t l, double z,
                                  double value);

}  // namespace lsgd
