// SPDX-License-Identifier: Apache-2.0
#include "run/shown_capabilities.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

#include "data/network_text.hpp"
#include "device/hello.hpp"
#include "levels/level0_arithmetic.hpp"
#include "result/case_result.hpp"
#include "run/results_of_suite.hpp"

namespace lsgd {
namespace {

constexpr std::string_view activations = "activations", losses = "losses", kernels = "kernels",
                           counters = "counters";

/// How the message of a case begins that failed since the device refused what is stated: its
/// results tell of no capability otherwise.
constexpr std::string_view refused_though_stated = "the device lacks what its target file states: ";

constexpr std::string_view level0 = "level0/";

std::string_view kind_of_part(const std::string& part) {
  return std::ranges::any_of(all_losses, [&](Loss loss) { return part == to_text(loss); })
             ? losses
             : activations;
}

ShownCapabilities::Group group_of(const Support::Parts& parts) {
  ShownCapabilities::Group group;
  for (const std::string& part : parts) group.emplace(kind_of_part(part), part);
  return group;
}

bool is_refusal(const nlohmann::json& found) {
  const nlohmann::json& failure = found.at("failure");
  return !failure.is_null() &&
         failure.at("message").get_ref<const std::string&>().starts_with(refused_though_stated);
}

void add_kernel(const nlohmann::json& found, ShownCapabilities& shown) {
  const std::string& id = found.at("id").get_ref<const std::string&>();
  const std::string& verdict = found.at("verdict").get_ref<const std::string&>();
  if (!id.starts_with(level0) || verdict == name_of(Verdict::device_failure)) return;
  const ShownCapabilities::Capability kernel{kernels, id.substr(level0.size())};
  const nlohmann::json reason = found.value("reason", nlohmann::json());
  if (is_refusal(found) || (reason.is_string() && reason.get_ref<const std::string&>().starts_with(
                                                      operation_not_offered)))
    shown.refused.push_back({kernel});
  else if (verdict == name_of(Verdict::pass) || verdict == name_of(Verdict::fail))
    shown.done.insert(kernel);
}

void add_counters(const nlohmann::json& found, ShownCapabilities& shown) {
  if (!found.contains("resources")) return;
  const nlohmann::json& resources = found.at("resources");
  const nlohmann::json* const figures[] = {&resources.at("step").at("cycles_median"),
                                           &resources.at("step").at("instructions_median"),
                                           &resources.at("stack_bytes")};
  for (std::size_t i = 0; i < counter_names.size(); ++i) {
    const ShownCapabilities::Capability counter{counters, counter_names[i]};
    if (figures[i]->is_null())
      shown.refused.push_back({counter});
    else
      shown.done.insert(counter);
  }
}

bool states(const Capabilities& stated, const ShownCapabilities::Capability& capability) {
  const auto kind = std::ranges::find(capability_kinds, capability.first, &CapabilityKind::key);
  return std::ranges::count(stated.*(kind->names), capability.second) > 0;
}

/// "loss mse"
std::string in_words(const ShownCapabilities::Capability& capability) {
  const auto kind = std::ranges::find(capability_kinds, capability.first, &CapabilityKind::key);
  return fmt::format("{} {}", kind->singular, capability.second);
}

/// What the cases of a run tell of one capability.
std::string_view state_of(const ShownCapabilities::Capability& capability,
                          const ShownCapabilities& shown) {
  if (shown.done.contains(capability)) return "tested";
  return std::ranges::any_of(shown.refused,
                             [&](const auto& group) { return group.contains(capability); })
             ? "refused"
             : "untested";
}

}  // namespace

void ShownCapabilities::add(const ShownCapabilities& other) {
  done.insert(other.done.begin(), other.done.end());
  refused.insert(refused.end(), other.refused.begin(), other.refused.end());
}

ShownCapabilities shown_capabilities(const nlohmann::json& found, const Support& support) {
  ShownCapabilities shown;
  shown.done = group_of(support.parts_taken());
  for (const Network& network : support.refused)
    shown.refused.push_back(group_of(Support::parts_of(network)));
  add_kernel(found, shown);
  add_counters(found, shown);
  return shown;
}

ShownCapabilities shown_capabilities(const nlohmann::json& found, const ConformanceCase& expected,
                                     const Profile& profile) {
  Support support;
  // Of level 4 a counter was missing, and no network.
  if (!is_refusal(found) || found.contains("resources"))
    support = support_shown(found, expected, profile);
  else if (expected.network)
    support.add({*expected.network, Configured::unsupported}, profile);
  return shown_capabilities(found, support);
}

std::optional<std::string> capability_contradiction(const Capabilities& stated,
                                                    const ShownCapabilities& shown) {
  for (const ShownCapabilities::Group& group : shown.refused)
    if (std::ranges::all_of(group, [&](const auto& each) { return states(stated, each); })) {
      std::vector<std::string> words;
      for (const ShownCapabilities::Capability& each : group) words.push_back(in_words(each));
      return fmt::format("{}{}{}", refused_though_stated, fmt::join(words, " with "),
                         group.size() == 1 ? "" : ", which it refused as unsupported");
    }
  for (const ShownCapabilities::Capability& each : shown.done)
    if (!states(stated, each))
      return fmt::format(
          "the device does what its target file does not state: {} is not in "
          "[capabilities]",
          in_words(each));
  return std::nullopt;
}

std::vector<std::string> kernels_of(const std::vector<ConformanceCase>& all) {
  std::vector<std::string> names;
  for (const ConformanceCase& each : all)
    if (each.id.starts_with(level0)) names.push_back(each.id.substr(level0.size()));
  return names;
}

nlohmann::ordered_json found_capabilities(const nlohmann::json& stated, const nlohmann::json& cases,
                                          const std::vector<ConformanceCase>& all,
                                          const Profile& profile) {
  std::map<std::string_view, const ConformanceCase*> known;
  for (const ConformanceCase& each : all) known.emplace(each.id, &each);
  ShownCapabilities shown;
  for (const nlohmann::json& found : cases)
    if (const auto expected = known.find(found.at("id").get_ref<const std::string&>());
        expected != known.end())
      shown.add(shown_capabilities(found, *expected->second, profile));

  const std::map<std::string_view, std::vector<std::string>> names{
      {activations, activations_of(profile)},
      {losses, losses_of(profile)},
      {kernels, kernels_of(all)},
      {counters, {counter_names.begin(), counter_names.end()}}};
  nlohmann::ordered_json result = nlohmann::ordered_json::object();
  for (const CapabilityKind& kind : capability_kinds) {
    const std::string key(kind.key);
    nlohmann::ordered_json& states = result[key] = nlohmann::ordered_json::object();
    const auto add = [&](const std::string& name) {
      states[name] = state_of({kind.key, name}, shown);
    };
    for (const std::string& name : names.at(kind.key)) add(name);
    if (!stated.is_null())
      for (const nlohmann::json& name : stated.at(key)) add(name.get<std::string>());
  }
  return result;
}

nlohmann::ordered_json capabilities_json(const std::optional<Capabilities>& stated,
                                         const std::vector<std::uint8_t>& statement,
                                         const nlohmann::json& cases,
                                         const std::vector<ConformanceCase>& all,
                                         const Profile& profile) {
  nlohmann::ordered_json result{{"stated", nullptr}, {"capacities", nullptr}};
  if (stated)
    for (const CapabilityKind& kind : capability_kinds)
      result["stated"][std::string(kind.key)] = *stated.*(kind.names);
  if (!statement.empty()) {
    const Capacities capacities = description_from_hello(statement).capacities;
    result["capacities"] = {{"layers", capacities.layers},
                            {"inputs", capacities.inputs},
                            {"width", capacities.width},
                            {"activations", capacities.activations},
                            {"parameters", capacities.parameters}};
  }
  result["found"] = found_capabilities(result.at("stated"), cases, all, profile);
  return result;
}

std::optional<Capabilities> stated_capabilities(const nlohmann::json& target) {
  if (!target.contains("capabilities") || target.at("capabilities").at("stated").is_null())
    return std::nullopt;
  Capabilities stated;
  for (const CapabilityKind& kind : capability_kinds)
    stated.*(kind.names) = target.at("capabilities")
                               .at("stated")
                               .at(std::string(kind.key))
                               .get<std::vector<std::string>>();
  return stated;
}

}  // namespace lsgd
