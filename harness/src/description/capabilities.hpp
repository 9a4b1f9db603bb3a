// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>

#include "description/budget.hpp"
#include "files/toml_table.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What a target file states that its device can do, from the table [capabilities] (SPEC 14.3).
/// Names are those of files; a list may be empty, and then says that there is nothing.
struct Capabilities {
  std::vector<std::string> activations;
  std::vector<std::string> losses;
  std::vector<std::string> kernels;   ///< operations of level 0
  std::vector<std::string> counters;  ///< what the platform measures of level 4
};

/// A kind of capability: the key of its list in files, and what one of it is called.
struct CapabilityKind {
  std::string_view key;
  std::string_view singular;
  std::vector<std::string> Capabilities::*names;
};

inline constexpr std::array<CapabilityKind, 4> capability_kinds{
    {{"activations", "activation", &Capabilities::activations},
     {"losses", "loss", &Capabilities::losses},
     {"kernels", "kernel", &Capabilities::kernels},
     {"counters", "counter", &Capabilities::counters}}};

/// What a platform may count: cycles and instructions of a step, the peak of the stack.
inline constexpr std::array<std::string_view, 3> counter_names{"cycles", "instructions", "stack"};

/// The activations and losses that networks of a profile may have, in the order of network.hpp.
std::vector<std::string> activations_of(const Profile& profile);
std::vector<std::string> losses_of(const Profile& profile);

/// Reads the table. Throws InputError for a missing list, a name that is unknown, stands twice or
/// is of no network that the target could take, for a network of [[network]] with a part that is
/// not stated, and for a [[budget]] of what is not counted.
Capabilities read_capabilities(TomlTable table, const Profile& profile,
                               std::span<const Network> networks, std::span<const Budget> budgets);

}  // namespace lsgd
