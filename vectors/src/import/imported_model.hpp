// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "data/model_file.hpp"

namespace lsgd {

/// Somebody's model and what was made of its file.
struct ImportedModel {
  Model model;
  std::vector<std::string> notes = {};
};

}  // namespace lsgd
