// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lsgd {

/// A file that is written for those who build outside this project.
struct KitFile {
  std::string path;  ///< from the folder that is written
  std::string text;
};

/// A text of the project that is compiled in, by its path from the root. Throws
/// std::invalid_argument where it is not.
std::string kit_text(std::string_view path);

/// `text` with each @KEY@ replaced by the value of KEY.
std::string filled_in(std::string text,
                      const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace lsgd
