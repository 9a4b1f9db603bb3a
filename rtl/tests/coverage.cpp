// SPDX-License-Identifier: Apache-2.0
#include "coverage.hpp"

#include <fmt/format.h>
#include <string_view>

namespace lsgd::rtl {
namespace {

constexpr std::array kEvents{
    "rs1 written one before",
    "rs2 written one before",
    "rs1 written two before",
    "rs2 written two before",
    "rs1 loaded one before",
    "rs2 loaded one before",
    "rs1 loaded two before",
    "rs2 loaded two before",
    "load after load",
    "load after store",
    "store after load",
    "store after store",
    "16-bit branch forward taken",
    "16-bit branch forward not taken",
    "16-bit branch backward taken",
    "16-bit branch backward not taken",
    "32-bit branch forward taken",
    "32-bit branch forward not taken",
    "32-bit branch backward taken",
    "32-bit branch backward not taken",
    "jump to 32-bit instruction in one word",
    "jump to 32-bit instruction in two words",
    "jump to 16-bit instruction in lower half",
    "jump to 16-bit instruction in upper half",
    "jump after jump",
    "fall through to 32-bit instruction in two words",
    "interrupt after load",
    "interrupt after store",
    "interrupt after taken branch",
    "interrupt after other",
    "trap instruction access fault",
    "trap illegal instruction",
    "trap breakpoint",
    "trap load misaligned",
    "trap load access fault",
    "trap store misaligned",
    "trap store access fault",
    "trap call from machine mode",
    "trap after load",
    "trap after taken branch",
};

// Of instructions that read their destination.
constexpr std::array kSimdEvents{
    "rd written one before",
    "rd written two before",
    "rd loaded one before",
    "rd loaded two before",
};

std::string_view trap_name(std::uint32_t cause) {
  switch (cause) {
    case 1:
      return "trap instruction access fault";
    case 2:
      return "trap illegal instruction";
    case 3:
      return "trap breakpoint";
    case 4:
      return "trap load misaligned";
    case 5:
      return "trap load access fault";
    case 6:
      return "trap store misaligned";
    case 7:
      return "trap store access fault";
    default:
      return "trap call from machine mode";
  }
}

bool is_long(const InstructionSetModel::Retirement& r) { return (r.instruction & 3U) == 3U; }

std::uint32_t sequential(const InstructionSetModel::Retirement& r) {
  return r.pc + (is_long(r) ? 4 : 2);
}

bool jumped(const InstructionSetModel::Retirement& r) {
  return !r.trap && r.next_pc != sequential(r);
}

bool is_branch(const Encoding& encoding) {
  return encoding.format == Format::branch || encoding.format == Format::cb;
}

// The destination where it is a source too, else 0.
unsigned read_destination(const InstructionSetModel::Retirement& r) {
  const auto encoding = encoding_of(r.instruction);
  return encoding && kEncodings.at(*encoding).format == Format::accumulate ? r.rd : 0;
}

// The sign bit of a branch offset.
bool backward(const InstructionSetModel::Retirement& r) {
  return (r.instruction >> (is_long(r) ? 31U : 12U) & 1U) != 0;
}

}  // namespace

void Coverage::retired(const InstructionSetModel::Retirement& r, unsigned rs1, unsigned rs2,
                       bool interrupted) {
  const auto count = [this](std::string_view event) { ++events_[std::string(event)]; };
  const bool last_loaded = last_.loaded_bytes != 0, last_stored = last_.stored_bytes != 0;
  const auto sources = [&](unsigned rd, std::string_view how) {
    if (rd == 0) return;
    if (rs1 == rd) count(fmt::format("rs1 {} before", how));
    if (rs2 == rd) count(fmt::format("rs2 {} before", how));
    if (read_destination(r) == rd) count(fmt::format("rd {} before", how));
  };
  if (interrupted) {
    count(last_loaded     ? "interrupt after load"
          : last_stored   ? "interrupt after store"
          : jumped(last_) ? "interrupt after taken branch"
                          : "interrupt after other");
  } else {
    sources(last_.rd, last_loaded ? "loaded one" : "written one");
    if (before_last_rd_ != last_.rd)
      sources(before_last_rd_ % 32, before_last_rd_ >= 32 ? "loaded two" : "written two");
    if (r.loaded_bytes != 0 && last_loaded) count("load after load");
    if (r.loaded_bytes != 0 && last_stored) count("load after store");
    if (r.stored_bytes != 0 && last_loaded) count("store after load");
    if (r.stored_bytes != 0 && last_stored) count("store after store");
    const bool upper = r.pc % 4 != 0;
    if (jumped(last_)) {
      count(is_long(r) ? (upper ? "jump to 32-bit instruction in two words"
                                : "jump to 32-bit instruction in one word")
                       : (upper ? "jump to 16-bit instruction in upper half"
                                : "jump to 16-bit instruction in lower half"));
      if (jumped(r)) count("jump after jump");
    } else if (is_long(r) && upper && !last_.trap) {
      count("fall through to 32-bit instruction in two words");
    }
  }
  if (r.trap) {
    count(trap_name(r.cause));
    if (last_loaded) count("trap after load");
    if (jumped(last_)) count("trap after taken branch");
  }
  if (const auto encoding = encoding_of(r.instruction);
      encoding && (!r.trap || r.cause == 3 || r.cause == 11)) {
    ++instructions_.at(*encoding);
    if (is_branch(kEncodings.at(*encoding))) {
      count(fmt::format("{}-bit branch {} {}taken", is_long(r) ? 32 : 16,
                        backward(r) ? "backward" : "forward", jumped(r) ? "" : "not "));
    }
  }
  before_last_rd_ = last_.rd == 0 ? 0 : last_.rd + (last_loaded ? 32 : 0);
  last_ = r;
}

void Coverage::merge(const Coverage& other) {
  for (std::size_t i = 0; i < instructions_.size(); ++i)
    instructions_.at(i) += other.instructions_.at(i);
  for (const auto& [event, count] : other.events_) events_[event] += count;
}

std::vector<std::string_view> Coverage::events() const {
  std::vector<std::string_view> events(kEvents.begin(), kEvents.end());
  if (instruction_set_ == InstructionSet::rv32imc_simd)
    events.insert(events.end(), kSimdEvents.begin(), kSimdEvents.end());
  return events;
}

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < encoding_count(instruction_set_); ++i)
    if (instructions_.at(i) == 0) names.emplace_back(kEncodings.at(i).name);
  for (const std::string_view event : events())
    if (!events_.contains(std::string(event))) names.emplace_back(event);
  return names;
}

std::string Coverage::report() const {
  std::string text;
  for (std::size_t i = 0; i < encoding_count(instruction_set_); ++i)
    text += fmt::format("{:12} {}\n", instructions_.at(i), kEncodings.at(i).name);
  for (const std::string_view event : events()) {
    const auto found = events_.find(std::string(event));
    text += fmt::format("{:12} {}\n", found == events_.end() ? 0 : found->second, event);
  }
  const std::size_t points = encoding_count(instruction_set_) + events().size();
  return text + fmt::format("{} of {} points covered\n", points - missing().size(), points);
}

}  // namespace lsgd::rtl
