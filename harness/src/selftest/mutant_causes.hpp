// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// Which deviation each semantic mutant is an instance of, where it is not called like it, and
/// which part of a step each function of a port computes (targets/mutation/causes.toml, format
/// "lsgd-mutant-causes/1").
class MutantCauses {
 public:
  /// Every mutant is called like its deviation.
  MutantCauses() = default;
  /// Throws InputError.
  MutantCauses(std::string_view text, const std::string& file);

  /// Names of hypotheses that are right about a mutant `PORT.NAME`, any of them.
  std::vector<std::string> of(const std::string& port, const std::string& mutant) const;

  /// The parts of a step that a function of a port's sources computes, by their names; empty for
  /// one that is of no part, such as one that answers level 0.
  std::vector<std::string> stages_of(const std::string& port, const std::string& function) const;

 private:
  std::map<std::string, std::map<std::string, std::vector<std::string>>> causes_;  ///< by port
  std::map<std::string, std::map<std::string, std::vector<std::string>>> stages_;  ///< likewise
};

}  // namespace lsgd
