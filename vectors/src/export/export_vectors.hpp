// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace lsgd {

/// Formats that vectors are exported in, for those who test without the harness.
enum class ExportFormat : std::uint8_t {
  c,  ///< one C99 header, SUITE.h: bit patterns, and hexadecimal doubles of exact values and bounds
  npy,  ///< NumPy arrays (format 1.0), one file per column, and layout.csv, which describes them
};

/// "c" or "npy".
std::optional<ExportFormat> export_format_from_text(std::string_view name);

/// Verifies a directory of vectors of any level and exports it to the directory `output`, which
/// appears whole or not at all. Exact values are rounded to double and bounds enlarged by that
/// rounding, so |got - exact| <= bound stays a theorem; a negative bound means that bits must
/// match. Throws InputError.
void export_vectors(const std::filesystem::path& directory, ExportFormat format,
                    const std::filesystem::path& output);

}  // namespace lsgd
