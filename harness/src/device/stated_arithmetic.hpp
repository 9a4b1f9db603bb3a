// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/port.h>
#include <lsgd/step/profile.hpp>

namespace lsgd {

/// What a port of a built-in arithmetic states of it in HELLO.
const lsgd_arithmetic& arithmetic_of(Profile profile);

/// Throws DeviceError unless a device states exactly the arithmetic that its target file declares.
/// The message tells a digest that this program does not know from one of another arithmetic.
void require_arithmetic(const lsgd_arithmetic& stated, Profile declared);

}  // namespace lsgd
