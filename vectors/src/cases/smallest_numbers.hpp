// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lsgd {

/// The smallest positive numbers of binary32: of all, and of normal ones.
inline constexpr float smallest_subnormal = 0x1p-149f, smallest_normal = 0x1p-126f;

}  // namespace lsgd
