// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lsgd {

/// How a verdict is shown: never by colour alone.
struct VerdictLabel {
  std::string key;     ///< as in results.json; also the name of its colour in page.css
  std::string symbol;  ///< one character
  std::string word;    ///< readable without the symbol
};

/// Label of a verdict of a target, level, case or statistic. Throws std::invalid_argument for
/// anything that is neither a verdict of results.schema.json nor `waived`, a failure that became a
/// pass with waivers.
VerdictLabel verdict_label(std::string_view verdict);

/// "level 2 (step)"
std::string level_title(int level);

/// "step"
std::string level_name(int level);

}  // namespace lsgd
