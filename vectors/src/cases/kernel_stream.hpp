// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// One call of an integer kernel; a result is nothing where the kernel refuses the arguments.
struct KernelRow {
  std::vector<std::int64_t> arguments;
  std::vector<std::optional<std::int64_t>> results;
};

/// An integer kernel of level 1 and the calls that it is judged by. vectors/kernels/README.md
/// defines each version of a name.
struct KernelStream {
  std::string name;  ///< "ibert_exp/1"
  std::vector<std::string> arguments, results;
  std::function<void(const std::function<void(const KernelRow&)>&)> for_each_row;
};

/// All of them, by name.
const std::vector<KernelStream>& kernel_streams();

/// Null where there is none.
const KernelStream* find_kernel_stream(std::string_view name);

/// Percent of calibrate_percentile/1's rows.
inline constexpr unsigned calibrated_percent = 75;

}  // namespace lsgd
