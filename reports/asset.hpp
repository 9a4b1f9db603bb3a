// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lsgd {

/// Contents of a file embedded at build time, by its path below reports/; empty where there is
/// none.
std::string_view asset(std::string_view path);

}  // namespace lsgd
