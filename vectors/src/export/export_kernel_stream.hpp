// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cases/kernel_stream.hpp"
#include "export/export_format_stream.hpp"

namespace lsgd {

/// All rows of a kernel: CSV with a header line, a C99 header with an array of int64_t rows, or a
/// NumPy array of int64. A result that the kernel refuses is "none", in C and NumPy the lowest
/// int64.
StreamText kernel_text(const KernelStream& stream, StreamFileFormat format);

/// "ibert_exp_1": its name in C and of files.
std::string kernel_file_name(const KernelStream& stream);

/// Lines "kernel,rows,sha256" of vectors/kernels/digests.csv, computed, and as recorded.
std::string kernel_digests();
std::string_view recorded_kernel_digests();

/// What a device has instead of the results, in a CSV file of the same columns.
struct KernelComparison {
  std::size_t rows = 0;
  std::size_t wrong = 0;
  std::string first;  ///< "FILE:LINE: ..." of the first wrong row, where one is
};

/// Throws InputError for a file that is not of these columns and arguments, row by row.
KernelComparison compare_kernel_results(const KernelStream& stream,
                                        const std::filesystem::path& file);

}  // namespace lsgd
