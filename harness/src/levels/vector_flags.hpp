// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "result/case_result.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

/// The flags of a vector with what its manifest says of them.
inline std::vector<Flag> described_flags(const std::vector<std::string>& names,
                                         const VectorManifest& manifest) {
  std::vector<Flag> flags;
  for (const std::string& name : names)
    flags.push_back({name, manifest.flags.at(name).description});
  return flags;
}

}  // namespace lsgd
