// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/port.h>

#include "steps/profile.hpp"

namespace lsgd {

/// What a port of an arithmetic states of it in HELLO: the declaration's digest and the codes of
/// the tensors that are its state. Throws std::invalid_argument where a code has no 8, 16 or 32
/// bits, or blocks share a scale.
lsgd_arithmetic stated_arithmetic(const Arithmetic& arithmetic);

/// Throws DeviceError unless a device states exactly the arithmetic that its target file declares.
/// The message tells a digest that this program does not know from one of another arithmetic.
void require_arithmetic(const lsgd_arithmetic& stated, const Profile& declared);

}  // namespace lsgd
