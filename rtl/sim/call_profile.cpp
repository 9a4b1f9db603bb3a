// SPDX-License-Identifier: Apache-2.0
#include "call_profile.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <nlohmann/json.hpp>

#include "json_file.hpp"

namespace lsgd::rtl {

CallProfile::CallProfile(const ElfImage& image, const std::string& elf_file,
                         const std::string& function)
    : functions_(image.functions), inlined_(elf_file), function_(function) {
  const auto begin = image.symbol(function);
  if (!begin || !functions_.contains(*begin))
    throw ElfError(
        fmt::format("--profile-function: expected a function of the program, not {}", function));
  begin_ = *begin;
}

bool CallProfile::retired(const Retirement& r) {
  constexpr unsigned kReturnAddress = 1;
  const std::uint64_t cycles = r.cycle - last_cycle_;
  last_cycle_ = r.cycle;
  const bool inside = !frames_.empty();
  if (inside && r.pc == frames_.back().return_address)
    frames_.pop_back();
  else if (called_ && (!frames_.empty() || r.pc == begin_))
    frames_.push_back({link_, r.pc});
  if (!frames_.empty()) {
    // A jump to another function is a call whose return goes to the caller's caller.
    frames_.back().pc = r.pc;
    std::vector<std::uint32_t> pcs;
    for (const Frame& frame : frames_) pcs.push_back(frame.pc);
    Count& count = counts_[std::move(pcs)];
    count.cycles += cycles;
    ++count.instructions;
  }
  const std::uint32_t sequential = r.pc + ((r.instruction & 3U) == 3U ? 4 : 2);
  called_ = r.rd == kReturnAddress && r.next_pc != sequential;
  link_ = r.rd_value;
  const bool ended = inside && frames_.empty();
  if (ended) ++calls_;
  return ended;
}

nlohmann::ordered_json CallProfile::json() {
  std::map<std::vector<std::string>, Count> by_names;
  for (const auto& [pcs, count] : counts_) {
    Count& sum = by_names[names_of(pcs)];
    sum.cycles += count.cycles;
    sum.instructions += count.instructions;
  }
  auto chains = nlohmann::ordered_json::array();
  for (const auto& [names, count] : by_names)
    chains.push_back(
        {{"chain", names}, {"cycles", count.cycles}, {"instructions", count.instructions}});
  return {{"format", "lsgd-rtl-profile/1"},
          {"function", function_},
          {"calls", calls_},
          {"chains", chains}};
}

std::vector<std::string> CallProfile::names_of(const std::vector<std::uint32_t>& pcs) {
  std::vector<std::string> names;
  for (const std::uint32_t pc : pcs) {
    const auto behind = functions_.upper_bound(pc);
    names.push_back(behind == functions_.begin() ? "unknown" : std::prev(behind)->second);
    std::ranges::copy(inlined_.at(pc), std::back_inserter(names));
  }
  return names;
}

void CallProfile::write(const std::string& path) { write_json_file(path, json()); }

}  // namespace lsgd::rtl
