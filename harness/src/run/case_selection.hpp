// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levels/conformance_case.hpp"

namespace lsgd {

/// Part `index` of `count` (both from 1) of a list of cases.
struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;

  /// Parses I/N with 1 <= I <= N. Throws InputError.
  static Shard parse(std::string_view text);
  std::string text() const;
};

/// Which cases of a suite a run executes.
struct CaseSelection {
  std::optional<std::string> filter;  ///< shell pattern on the case identity; * also matches /
  std::optional<Shard> shard;         ///< of the cases that pass the filter, dealt out by cost

  bool everything() const { return !filter && !shard; }
};

/// The cases of `all` that the selection names, in order. Shards cost about the same: from the most
/// expensive case on, each goes to the shard that has the least yet.
std::vector<const ConformanceCase*> select(const std::vector<ConformanceCase>& all,
                                           const CaseSelection& selection);

}  // namespace lsgd
