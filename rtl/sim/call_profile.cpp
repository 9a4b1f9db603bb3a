// SPDX-License-Identifier: Apache-2.0
#include "call_profile.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace lsgd::rtl {

CallProfile::CallProfile(const ElfImage& image, const std::string& function)
    : functions_(image.functions), function_(function) {
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
  if (inside && r.pc == frames_.back().return_address) {
    frames_.pop_back();
  } else if (called_ && (!frames_.empty() || r.pc == begin_)) {
    frames_.push_back({r.pc, link_});
  }
  if (!frames_.empty()) {
    // A jump to another function is a call whose return goes to the caller's caller.
    frames_.back().begin = function_at(r.pc);
    std::vector<std::uint32_t> chain;
    for (const Frame& frame : frames_) chain.push_back(frame.begin);
    Count& count = counts_[std::move(chain)];
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

nlohmann::ordered_json CallProfile::json() const {
  auto chains = nlohmann::ordered_json::array();
  for (const auto& [chain, count] : counts_) {
    auto names = nlohmann::ordered_json::array();
    for (const std::uint32_t begin : chain) {
      const auto found = functions_.find(begin);
      names.push_back(found == functions_.end() ? "unknown" : found->second);
    }
    chains.push_back(
        {{"chain", names}, {"cycles", count.cycles}, {"instructions", count.instructions}});
  }
  return {{"format", "lsgd-rtl-profile/1"},
          {"function", function_},
          {"calls", calls_},
          {"chains", chains}};
}

std::uint32_t CallProfile::function_at(std::uint32_t pc) const {
  const auto behind = functions_.upper_bound(pc);
  return behind == functions_.begin() ? 0 : std::prev(behind)->first;
}

}  // namespace lsgd::rtl
