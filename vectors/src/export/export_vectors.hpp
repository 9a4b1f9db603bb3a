// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/self_check.hpp"

namespace lsgd {

/// Formats that vectors are exported in, for those who test without the harness.
enum class ExportFormat : std::uint8_t {
  c,  ///< one C99 header, SUITE.h: bit patterns, and hexadecimal doubles of exact values and bounds
  npy,  ///< NumPy arrays (format 1.0), one file per column, and layout.csv, which describes them
  self_check,  ///< C that checks the port that it is linked with, see export/self_check.hpp
};

/// "c", "npy" or "self-check".
std::optional<ExportFormat> export_format_from_text(std::string_view name);

/// Verifies a directory of vectors of any level and exports it to the directory `output`, which
/// appears whole or not at all. Exact values are rounded to double and bounds enlarged by that
/// rounding, so |got - exact| <= bound stays a theorem; a negative bound means that bits must
/// match. Throws InputError.
/// @param limits  of a self-check
/// @return the cases that a self-check leaves out
std::vector<std::string> export_vectors(const std::filesystem::path& directory, ExportFormat format,
                                        const std::filesystem::path& output,
                                        const SelfCheckLimits& limits = {});

}  // namespace lsgd
