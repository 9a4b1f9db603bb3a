// SPDX-License-Identifier: Apache-2.0
#include "description/capabilities.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cases/arithmetic_operation.hpp"
#include "data/network_text.hpp"

namespace lsgd {
namespace {

using Names = std::vector<std::string>;

/// The least network with this function in its output layer.
bool includes(const Profile& profile, Activation activation, Loss loss) {
  constexpr std::uint32_t outputs = 2;  // of a distribution
  const Network network{{{1, outputs, activation}}, loss};
  return fault_of(network).expected.empty() && profile.includes(network);
}

Names kernel_names() {
  Names names;
  for (const ArithmeticOperation operation : all_arithmetic_operations)
    names.emplace_back(name_of(operation));
  return names;
}

Names names_in(TomlTable& table, std::string_view key, const Names& known,
               std::string_view of_what) {
  Names names = table.texts_or_none(key);
  for (const std::string& name : names) {
    if (std::ranges::count(known, name) == 0)
      table.fail(key, fmt::format("{} of {}, which are {}; found {}", key, of_what,
                                  fmt::join(known, ", "), in_quotes(name)));
    if (std::ranges::count(names, name) > 1)
      table.fail(key, fmt::format("{} once", in_quotes(name)));
  }
  return names;
}

/// Where networks are named, their parts are all that can be shown, and all of them must be stated.
void require_parts_of_networks(const TomlTable& table, std::string_view key, const Names& stated,
                               const Names& needed) {
  for (const std::string& name : needed)
    if (std::ranges::count(stated, name) == 0)
      table.fail(key, fmt::format("{} among {}, as a network of [[network]] has it",
                                  in_quotes(name), key));
  for (const std::string& name : stated)
    if (std::ranges::count(needed, name) == 0)
      table.fail(key, fmt::format("only {} of the networks in [[network]], none of which has {}",
                                  key, in_quotes(name)));
}

/// What a platform must count for a budget of this quantity; empty where files tell.
std::string_view counter_of(std::string_view quantity) {
  for (const std::string_view counter : counter_names)
    if (quantity.starts_with(counter)) return counter;
  return {};
}

}  // namespace

std::vector<std::string> activations_of(const Profile& profile) {
  Names names;
  for (const Activation activation : all_activations)
    if (std::ranges::any_of(all_losses,
                            [&](Loss loss) { return includes(profile, activation, loss); }))
      names.emplace_back(to_text(activation));
  return names;
}

std::vector<std::string> losses_of(const Profile& profile) {
  Names names;
  for (const Loss loss : all_losses)
    if (std::ranges::any_of(all_activations, [&](Activation activation) {
          return includes(profile, activation, loss);
        }))
      names.emplace_back(to_text(loss));
  return names;
}

Capabilities read_capabilities(TomlTable table, const Profile& profile,
                               std::span<const Network> networks, std::span<const Budget> budgets) {
  Capabilities stated{
      names_in(table, "activations", activations_of(profile), profile.name()),
      names_in(table, "losses", losses_of(profile), profile.name()),
      names_in(table, "kernels", kernel_names(), "level 0"),
      names_in(table, "counters", Names(counter_names.begin(), counter_names.end()), "level 4")};
  table.reject_unknown_keys();
  if (!networks.empty()) {
    Names activations, losses;
    for (const Network& network : networks) {
      losses.emplace_back(to_text(network.loss));
      for (const Layer& layer : network.layers) activations.emplace_back(to_text(layer.activation));
    }
    require_parts_of_networks(table, "activations", stated.activations, activations);
    require_parts_of_networks(table, "losses", stated.losses, losses);
  }
  for (const Budget& budget : budgets)
    for (const auto& [quantity, limit] : budget.limits)
      if (const std::string_view counter = counter_of(quantity);
          !counter.empty() && std::ranges::count(stated.counters, counter) == 0)
        table.fail("counters", fmt::format("{} among counters, as [[budget]] of {} limits {}",
                                           in_quotes(counter), budget.network, quantity));
  return stated;
}

}  // namespace lsgd
