// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "steps/vector_set.hpp"

namespace lsgd {

/// What a board has for a self-checking program.
struct SelfCheckLimits {
  /// Bytes of flash for one part: its cases, and the runner.
  std::uint64_t flash = std::numeric_limits<std::uint64_t>::max();
  /// Bytes of memory for a network: parameters and activations as the profile codes them, deltas of
  /// two layers in 32 bits, the sample.
  std::uint64_t ram = std::numeric_limits<std::uint64_t>::max();
};

/// C files that check the port that they are linked with.
struct SelfCheck {
  std::vector<std::pair<std::string, std::string>> files;  ///< name and text
  std::size_t cases = 0;
  std::size_t parts = 0;
  std::vector<std::string> left_out;  ///< names of cases that the limits have no room for
};

/// The cases of a verified set as parts, part_1.c, ..., with what each needs (part_1.flags), and
/// the runner. Throws InputError where nothing fits the limits.
SelfCheck self_check(const std::filesystem::path& directory, const VectorManifest& manifest,
                     const SelfCheckLimits& limits);

}  // namespace lsgd
