// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "description/capabilities.hpp"
#include "levels/conformance_case.hpp"
#include "result/support.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What a case shows of what a device can do.
struct ShownCapabilities {
  /// The key of the kind, and the name.
  using Capability = std::pair<std::string_view, std::string>;
  using Group = std::set<Capability>;

  Group done;
  std::vector<Group> refused;  ///< of each group the device lacks at least one

  void add(const ShownCapabilities& other);
};

/// What a finished case shows.
/// @param found  as results.json has it
/// @param support  what it tells of networks
ShownCapabilities shown_capabilities(const nlohmann::json& found, const Support& support);

/// The same from results alone.
ShownCapabilities shown_capabilities(const nlohmann::json& found, const ConformanceCase& expected,
                                     const Profile& profile);

/// How a case shows another device than its target file states: it refused something that is
/// stated, or did something that is not. Nothing where it does neither.
std::optional<std::string> capability_contradiction(const Capabilities& stated,
                                                    const ShownCapabilities& shown);

/// `capabilities` of a target of results.json: what is stated, the capacities that the device
/// states, and of everything that its profile has or that is stated whether the cases tested it,
/// were refused it or did not need it.
/// @param statement  reply of the device to HELLO; empty where it gave none
/// @param cases  of the target, as results.json has them
/// @param all  that the suite has for it
nlohmann::ordered_json capabilities_json(const std::optional<Capabilities>& stated,
                                         const std::vector<std::uint8_t>& statement,
                                         const nlohmann::json& cases,
                                         const std::vector<ConformanceCase>& all,
                                         const Profile& profile);

/// The second part of it, from results that have the first.
nlohmann::ordered_json found_capabilities(const nlohmann::json& stated, const nlohmann::json& cases,
                                          const std::vector<ConformanceCase>& all,
                                          const Profile& profile);

/// What results say that a target file states; nothing where they say nothing.
std::optional<Capabilities> stated_capabilities(const nlohmann::json& target);

/// The kernels that a suite has cases for.
std::vector<std::string> kernels_of(const std::vector<ConformanceCase>& all);

}  // namespace lsgd
