// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace lsgd {

/// A text file of the project that is compiled in (lsgd_embed_texts of cmake/).
struct EmbeddedText {
  std::string_view path;  ///< from the root of the project: the name that errors carry
  std::string_view text;
};

}  // namespace lsgd
