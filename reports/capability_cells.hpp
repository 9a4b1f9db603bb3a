// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace lsgd {

/// What a device may be able to do, as results.json calls it, in the order of tables.
inline constexpr std::array<std::string_view, 4> capability_keys{"activations", "losses", "kernels",
                                                                 "counters"};

/// What the cases of a target tell of one kind of capability, each a list "relu, tanh" of names.
struct CapabilityCells {
  std::string tested;
  std::string
      untested;         ///< by this run; of a target that states its capabilities, only stated ones
  std::string refused;  ///< asked for, and not there
  std::string wrong;    ///< where that is not what is stated
};

/// @param target  of results.json that has `capabilities`
CapabilityCells capability_cells(const nlohmann::json& target, std::string_view key);

/// "losses mse; counters cycles" of what a target states and no case has tested; empty where there
/// is nothing of it, or the target states nothing.
std::string untested_capabilities(const nlohmann::json& target);

/// "8 layers, 784 inputs, ..." as the device states them, or the networks that it takes alone.
std::string stated_shapes(const nlohmann::json& target);

}  // namespace lsgd
