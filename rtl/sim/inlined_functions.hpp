// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct Dwarf;

namespace lsgd::rtl {

/// What the compiler inlined, from the debug information of a program (DWARF). Code without it has
/// nothing inlined as far as this class can tell.
class InlinedFunctions {
 public:
  explicit InlinedFunctions(const std::string& elf_file);
  InlinedFunctions(const InlinedFunctions&) = delete;
  InlinedFunctions& operator=(const InlinedFunctions&) = delete;
  ~InlinedFunctions();

  /// The inlined functions that the instruction at `address` belongs to, the outermost first; empty
  /// where it belongs to the function itself. The reference stays valid.
  const std::vector<std::string>& at(std::uint32_t address);

 private:
  [[nodiscard]] std::vector<std::string> read(std::uint32_t address) const;

  int file_;
  Dwarf* information_;
  std::map<std::uint32_t, std::vector<std::string>> known_;
};

}  // namespace lsgd::rtl
