// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fstream>
#include <string>

namespace lsgd {

/// Peak resident memory of this process in MiB since the construction.
class PeakMemory {
 public:
  PeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }
  std::size_t mebibytes() const {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word && word != "VmHWM:") {
    }
    std::size_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes / 1024;
  }
};

}  // namespace lsgd
