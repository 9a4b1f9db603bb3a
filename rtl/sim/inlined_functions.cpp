// SPDX-License-Identifier: Apache-2.0
#include "inlined_functions.hpp"

#include <algorithm>
#include <cstdlib>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <span>
#include <unistd.h>

namespace lsgd::rtl {
namespace {

/// What libdw returns in memory of malloc().
class Scopes {
 public:
  Scopes() = default;
  Scopes(const Scopes&) = delete;
  Scopes& operator=(const Scopes&) = delete;
  ~Scopes() { std::free(first_); }

  Dwarf_Die** first() { return &first_; }
  void set_count(int count) { count_ = count > 0 ? static_cast<std::size_t>(count) : 0; }
  [[nodiscard]] std::span<Dwarf_Die> entries() const { return {first_, count_}; }

 private:
  Dwarf_Die* first_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace

InlinedFunctions::InlinedFunctions(const std::string& elf_file)
    : file_(open(elf_file.c_str(), O_RDONLY | O_CLOEXEC)),
      information_(dwarf_begin(file_, DWARF_C_READ)) {}

InlinedFunctions::~InlinedFunctions() {
  dwarf_end(information_);
  if (file_ >= 0) close(file_);
}

const std::vector<std::string>& InlinedFunctions::at(std::uint32_t address) {
  const auto [place, is_new] = known_.try_emplace(address);
  if (is_new) place->second = read(address);
  return place->second;
}

std::vector<std::string> InlinedFunctions::read(std::uint32_t address) const {
  Dwarf_Die unit;
  if (information_ == nullptr || dwarf_addrdie(information_, address, &unit) == nullptr) return {};
  Scopes innermost;
  innermost.set_count(dwarf_getscopes(&unit, address, innermost.first()));
  if (innermost.entries().empty()) return {};
  // Outside of an inlined function the former go on with where it was written, the latter with
  // where it was inlined.
  Scopes nest;
  nest.set_count(dwarf_getscopes_die(innermost.entries().data(), nest.first()));
  std::vector<std::string> names;
  for (Dwarf_Die& scope : nest.entries()) {
    if (dwarf_tag(&scope) != DW_TAG_inlined_subroutine) continue;
    const char* name = dwarf_diename(&scope);
    names.emplace_back(name == nullptr ? "unknown" : name);
  }
  std::ranges::reverse(names);
  return names;
}

}  // namespace lsgd::rtl
