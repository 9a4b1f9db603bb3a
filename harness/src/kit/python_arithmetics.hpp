// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lsgd {

/// lsgd_device.py with its table of built-in arithmetics filled in: digest, and bytes and extent of
/// the codes of each tensor (struct lsgd_arithmetic of port.h), by profile.
std::string with_arithmetics(std::string python);

}  // namespace lsgd
