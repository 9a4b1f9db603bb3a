// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "description/source_mutation.hpp"

namespace lsgd {

/// A generated mutant that somebody has shown to conform.
struct EquivalentMutant {
  SourceMutation mutation;
  std::string reason;
  std::size_t line = 0;  ///< of the file
};

/// The reviewed list of generated mutants that need not be caught (format
/// "lsgd-equivalent-mutants/1").
class EquivalentMutants {
 public:
  EquivalentMutants() = default;

  /// Parses the list; `file` is the name that errors carry. Throws InputError, also for a mutation
  /// that is listed twice.
  EquivalentMutants(std::string_view text, std::string file);

  /// The entry of a mutation; null where there is none.
  const EquivalentMutant* find(const SourceMutation& mutation) const;

  /// Throws InputError for an entry whose digest is not among those of the possible mutations: the
  /// source has changed, and so its reason may not hold.
  void require_known(const std::set<std::string>& digests) const;

  /// Throws InputError: the entry's mutant has been caught.
  [[noreturn]] void fail_as_caught(const EquivalentMutant& entry, const std::string& by) const;

 private:
  std::string file_;
  std::vector<EquivalentMutant> entries_;
};

}  // namespace lsgd
