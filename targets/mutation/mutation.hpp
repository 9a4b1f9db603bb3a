// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "description/source_mutation.hpp"

namespace lsgd {

/// One small change of a C source.
struct Mutation {
  SourceMutation identity;
  std::size_t offset = 0;  ///< of the replaced bytes in the source
  std::size_t length = 0;
};

/// The source with one mutation applied.
std::string mutated(const std::string& source, const Mutation& mutation);

}  // namespace lsgd
