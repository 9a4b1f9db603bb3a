// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "description/convergence_workload.hpp"
#include "description/pace.hpp"

namespace lsgd {

/// A model or data file that a suite names, or a built-in data set.
struct SuiteInput {
  std::string name;  ///< as the suite has it
  /// Beside the suite file, or below data_directory() where the program's own files are meant.
  /// Empty for a built-in data set.
  std::filesystem::path file;

  /// What load_data() takes.
  std::string location() const { return file.empty() ? name : file.string(); }
};

/// A trained network and the real data it goes on learning from.
struct Workload {
  std::string name;
  SuiteInput model;
  SuiteInput data;
  std::size_t chunks = 1;  ///< cases; each starts from the trained parameters
  std::size_t steps = 1;   ///< per chunk, on the samples that follow the previous chunk's
  float learning_rate = 0.01f;
  /// Every step starts from the trained parameters again: for a learning rate so large that the
  /// change outweighs the parameter and shows every rounding of the deltas (SPEC 6.3.5).
  bool restart = false;
  /// How many of the chunks a target of each pace runs; nothing: all.
  std::array<std::optional<std::size_t>, all_paces.size()> shortened{};

  std::size_t chunks_at(Pace pace) const {
    return shortened[static_cast<std::size_t>(pace)].value_or(chunks);
  }
};

/// Workloads of a level in a suite, and so in results: who reads these looks for each in all cases.
constexpr std::size_t most_workloads_of_a_level = 100;

/// What a run executes.
struct Suite {
  std::string name;
  std::string description;
  bool conformance = false;  ///< whether a pass of the whole suite is enough to claim conformance
  /// Of everything drawn at random; of a conformance suite where no other is asked for or drawn.
  std::uint64_t seed = 0;
  std::vector<std::string> golden;   ///< sets of vectors/golden, in order
  bool capacities = false;           ///< whether networks fill the device's capacities (SPEC 7.2)
  bool whole_at_every_pace = false;  ///< nothing is shortened for a target that is not fast
  /// Of every level-1 set the first case and every so-manyth after it; 1 in a conformance suite.
  std::size_t golden_stride = 1;
  std::vector<Workload> workloads;
  std::vector<ConvergenceWorkload> convergence;
  /// Patterns of the cases that a target of pace brief runs of those of a slow one; none: all.
  std::vector<std::string> brief;
  std::vector<Workload> resources;  ///< networks measured by level 4, one chunk each
  std::string file;    ///< harness/suites/NAME.toml of a built-in suite, else the file's own name
  std::string digest;  ///< SHA-256 of the file's text
  std::string selector = {};  ///< what names it behind --suite: its name, or the path of its file
};

/// Parses a suite file (format "lsgd-suite/1"); `file` is the name that errors carry. Throws
/// InputError.
Suite parse_suite(std::string_view text, const std::string& file);

/// Names of the suites in harness/suites, sorted.
std::vector<std::string> built_in_suites();

/// Reads the built-in suite of that name. Throws InputError where there is none.
Suite read_built_in_suite(const std::string& name);

/// Reads the suite that `--suite` names: a built-in one, or a file NAME.toml, in which models and
/// data are relative to the root of the project. Throws InputError.
Suite read_suite(const std::string& name_or_file);

}  // namespace lsgd
