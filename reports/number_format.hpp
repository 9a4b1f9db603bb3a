// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace lsgd {

/// Three significant digits: 0.412, 12.3, 1.23e-8.
std::string significant(double value);

/// An integer with its digits in groups of three, separated by commas.
std::string grouped(std::uint64_t value);

/// "1 target", "2 targets".
std::string counted(std::uint64_t value, const std::string& singular);

}  // namespace lsgd
