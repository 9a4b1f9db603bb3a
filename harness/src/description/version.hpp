// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lsgd {

/// Version of the program and of the specification it judges by (reference/SPEC.md).
inline constexpr std::string_view tool_version = LSGD_TOOL_VERSION;
inline constexpr std::string_view specification_version = "0.1";

}  // namespace lsgd
