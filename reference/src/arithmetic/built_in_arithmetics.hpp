// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace lsgd {

/// Names and texts of reference/arithmetics/NAME.toml, compiled in, in alphabetical order.
std::span<const std::pair<std::string_view, std::string_view>> built_in_arithmetic_texts();

/// The text of one of them.
std::optional<std::string_view> built_in_arithmetic_text(std::string_view name);

}  // namespace lsgd
