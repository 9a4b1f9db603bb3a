// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "elf_image.hpp"

namespace lsgd::rtl {

/// What the data bus did to the RAM: the exact set of bytes written, and how deep the stack went.
class MemoryWatch {
 public:
  struct Stack {
    std::uint32_t top = 0;     ///< address above the first byte pushed
    std::uint32_t bottom = 0;  ///< lowest address that may belong to the stack
    std::uint32_t lowest = 0;  ///< lowest address read or written; `top` if none
  };

  MemoryWatch(const RamRange& ram, std::uint32_t stack_bottom, std::uint32_t stack_top)
      : ram_(ram), stack_{stack_top, stack_bottom, stack_top}, written_(ram.bytes / 4) {}

  /// One access to the word at `address`; `bytes` is its byte-enable mask.
  void access(std::uint32_t address, bool write, unsigned bytes) {
    if (!ram_.contains(address)) return;
    if (write) written_[(address - ram_.base) / 4] |= static_cast<std::uint8_t>(bytes);
    if (address < stack_.lowest) {
      const std::uint32_t first = address + static_cast<std::uint32_t>(std::countr_zero(bytes));
      if (first >= stack_.bottom) stack_.lowest = std::min(stack_.lowest, first);
    }
  }

  [[nodiscard]] const Stack& stack() const { return stack_; }

  /// Written bytes as ascending, disjoint, maximal half-open ranges of addresses.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> written() const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    for (std::uint32_t offset = 0; offset < ram_.bytes; ++offset) {
      if ((written_[offset / 4] >> (offset % 4) & 1U) == 0) continue;
      const std::uint32_t address = ram_.base + offset;
      if (!ranges.empty() && ranges.back().second == address)
        ++ranges.back().second;
      else
        ranges.emplace_back(address, address + 1);
    }
    return ranges;
  }

 private:
  RamRange ram_;
  Stack stack_;
  std::vector<std::uint8_t> written_;  // a mask of four bytes per word
};

}  // namespace lsgd::rtl
