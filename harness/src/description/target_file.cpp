// SPDX-License-Identifier: Apache-2.0
#include "description/target_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "files/toml_table.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_target_file = 1 << 20;

/// Each of them adds a level 1 of its own.
constexpr std::size_t most_networks = 16;

/// Seconds: an hour for what takes a minute, a day for what takes hours.
double patience_at(Pace pace) {
  switch (pace) {
    case Pace::fast:
    case Pace::brief:
      return 3600;
    case Pace::moderate:
      return 6 * 3600;
    case Pace::slow:
      return 24 * 3600;
  }
  throw std::invalid_argument("unknown pace");
}

ArithmeticModel arithmetic(TomlTable table, const Profile& profile) {
  ArithmeticModel model;
  const bool is_float32 = &profile == &profile_named("float32");
  model.significand_bits =
      static_cast<int>(table.integer_or("significand_bits", 2, 24, model.significand_bits));
  model.fused_multiply_add = table.choice_or<FusedMultiplyAdd>("fused_multiply_add",
                                                               {{"no", FusedMultiplyAdd::no},
                                                                {"yes", FusedMultiplyAdd::yes},
                                                                {"any", FusedMultiplyAdd::any}},
                                                               model.fused_multiply_add);
  model.flush_to_zero = table.boolean_or("flush_to_zero", model.flush_to_zero);
  model.activation_ulps = table.number_or("activation_ulps", 0, 1e6, model.activation_ulps);
  model.activation_absolute_error =
      table.number_or("activation_absolute_error", 0, 1, model.activation_absolute_error);
  if (model.activation_absolute_error > 0 && profile.has_int8_preactivations())
    table.fail("activation_absolute_error",
               fmt::format("no error of functions in {}, where they are tables", profile.name()));
  model.summation_order =
      table.choice_or<SummationOrder>("summation_order",
                                      {{"any", SummationOrder::any},
                                       {"ascending", SummationOrder::ascending},
                                       {"descending", SummationOrder::descending},
                                       {"by_sign", SummationOrder::by_sign}},
                                      model.summation_order);
  model.bias_position = table.choice_or<BiasPosition>(
      "bias_position",
      {{"any", BiasPosition::any}, {"first", BiasPosition::first}, {"last", BiasPosition::last}},
      model.bias_position);
  model.update_product = table.choice_or<UpdateProduct>(
      "update_product",
      {{"any", UpdateProduct::any},
       {"learning_rate_times_delta", UpdateProduct::learning_rate_times_delta},
       {"delta_times_activation", UpdateProduct::delta_times_activation}},
      model.update_product);
  model.kept_wider = table.choice_or<KeptWider>("kept_wider",
                                                {{"nothing", KeptWider::nothing},
                                                 {"activations", KeptWider::activations},
                                                 {"everything", KeptWider::everything}},
                                                model.kept_wider);
  if (model.kept_wider != KeptWider::nothing && !is_float32)
    table.fail("kept_wider", "\"kept_wider\" in profile float32 alone");
  // Fewer bits than 25 would show in the statistics, of which int8_hybrid has none (SPEC 6.3.6).
  model.sum_bits = static_cast<int>(table.integer_or(
      "sum_bits", is_float32 ? 25 : 16, ArithmeticModel::widest_sum_bits, model.sum_bits));
  if (model.sum_bits < ArithmeticModel::widest_sum_bits && !is_float32 &&
      &profile != &profile_named("int8_hybrid"))
    table.fail("sum_bits", "\"sum_bits\" in profiles float32 and int8_hybrid alone");
  model.zero_cuts_from_half = table.boolean_or("zero_cuts_from_half", model.zero_cuts_from_half);
  if (model.zero_cuts_from_half && &profile != &profile_named("int32_fixed"))
    table.fail("zero_cuts_from_half", "\"zero_cuts_from_half\" in profile int32_fixed alone");
  table.reject_unknown_keys();
  return model;
}

Toolchain toolchain(TomlTable table) {
  Toolchain toolchain{table.text_or("compiler", ""), table.text_or("flags", "")};
  table.reject_unknown_keys();
  return toolchain;
}

std::optional<std::filesystem::path> path(TomlTable& table, std::string_view key,
                                          const std::filesystem::path& directory) {
  if (!table.contains(key)) return std::nullopt;
  return directory / table.text(key);
}

ElfFiles elf_files(TomlTable table, const std::filesystem::path& directory) {
  ElfFiles files{path(table, "port_object", directory), path(table, "agent_object", directory)};
  table.reject_unknown_keys();
  return files;
}

std::optional<int> integer_in(TomlTable& table, std::string_view key, int low, int high) {
  if (!table.contains(key)) return std::nullopt;
  return static_cast<int>(table.integer(key, low, high));
}

std::optional<Modification> modification(TomlTable& target, TargetKind kind) {
  const std::string_view key = kind == TargetKind::mutant ? "mutant" : "legal_variant";
  if (kind == TargetKind::port || !target.contains(key)) return std::nullopt;
  TomlTable table = target.table(key);
  Modification modification{table.text("description"), {}, {}};
  if (kind == TargetKind::mutant) {
    modification.level = integer_in(table, "level", 0, 4);
    modification.erratum = integer_in(table, "erratum", 1, 999);
  }
  table.reject_unknown_keys();
  return modification;
}

std::optional<SourceMutation> source_mutation(TomlTable& target, TargetKind kind) {
  if (kind != TargetKind::mutant || !target.contains("source_mutation")) return std::nullopt;
  TomlTable table = target.table("source_mutation");
  SourceMutation mutation = read_source_mutation(table);
  table.reject_unknown_keys();
  return mutation;
}

/// A built-in arithmetic, or the declaration in a file beside the target file.
const Profile& profile(TomlTable& table, const std::filesystem::path& directory) {
  const std::string name = table.text("profile");
  if (name.ends_with(".toml")) return profile_of((directory / name).string());
  if (std::ranges::count(built_in_arithmetics(), name) == 0)
    table.fail("profile", fmt::format("\"profile\" to be {}, or a declaration NAME.toml",
                                      fmt::join(built_in_arithmetics(), ", ")));
  return profile_of(name);
}

/// The one whose key the file has.
const Transport& transport(const TomlTable& table) {
  const Transport* chosen = nullptr;
  std::string keys;
  for (const Transport& each : transports()) {
    keys += (keys.empty() ? "" : " or ") + in_quotes(each.key);
    if (!table.contains(each.key)) continue;
    if (chosen != nullptr)
      table.fail(each.key, fmt::format("either {} or {}, one way to reach the device",
                                       in_quotes(chosen->key), in_quotes(each.key)));
    chosen = &each;
  }
  if (chosen == nullptr) table.fail(transports().front().key, keys + ", to reach the device");
  return *chosen;
}

Hooks hooks(TomlTable table) {
  Hooks hooks;
  for (const auto& [key, command] : {std::pair{"start", &hooks.start},
                                     {"reset", &hooks.reset},
                                     {"power_cycle", &hooks.power_cycle}}) {
    if (!table.contains(key)) continue;
    *command = table.texts(key);
    if (command->front().empty())
      table.fail(key, fmt::format("{} to name a program", in_quotes(key)));
  }
  hooks.timeout_seconds = table.number_or("timeout_seconds", 0.01, 3600, hooks.timeout_seconds);
  table.reject_unknown_keys();
  return hooks;
}

Network network(TomlTable& table) {
  const std::string sizes = table.text("sizes");
  const std::string activations = table.text("activations");
  const std::string loss = table.text("loss");
  table.reject_unknown_keys();
  try {
    return network_from_text(sizes, activations, loss);
  } catch (const std::invalid_argument& error) {
    table.fail("sizes", error.what());
  }
}

Budget budget(TomlTable& table) {
  Budget budget{table.name("network"), {}};
  for (const std::string_view quantity : budget_quantities)
    if (table.contains(quantity))
      budget.limits.emplace(quantity, table.integer(quantity, 0, INT64_MAX));
  table.reject_unknown_keys();
  if (budget.limits.empty()) table.fail("network", "a budget to limit something");
  return budget;
}

}  // namespace

Target parse_target(std::string_view text, const std::filesystem::path& file) {
  const toml::table document = parse_toml(text, file.string());
  TomlTable table(document, file.string());
  if (table.text("format") != "lsgd-target/1") table.fail("format", "format \"lsgd-target/1\"");

  Target target;
  target.directory = file.has_parent_path() ? file.parent_path() : ".";
  target.name = table.name("name");
  target.port = table.name("port");
  target.platform = table.name("platform");
  target.variant = table.name("variant");
  target.profile = &profile(table, target.directory);
  target.kind = table.choice_or<TargetKind>("kind",
                                            {{"port", TargetKind::port},
                                             {"mutant", TargetKind::mutant},
                                             {"legal_variant", TargetKind::legal_variant}},
                                            TargetKind::port);
  target.pace = table.choice_or<Pace>("pace",
                                      {{"fast", Pace::fast},
                                       {"moderate", Pace::moderate},
                                       {"slow", Pace::slow},
                                       {"brief", Pace::brief}},
                                      Pace::fast);
  target.modification = modification(table, target.kind);
  target.source_mutation = source_mutation(table, target.kind);
  target.transport = &transport(table);
  target.command = target.transport->read(table);
  target.hooks = hooks(table.table("hooks"));
  target.requests_ahead = table.boolean_or("requests_ahead", false);
  if (table.contains("build_identity")) target.build_identity = table.text("build_identity");
  target.timeout_seconds = table.number_or("timeout_seconds", 0.01, 3600, target.timeout_seconds);
  target.patience_seconds =
      table.number_or("patience_seconds", 0.01, 1e7, patience_at(target.pace));
  target.arithmetic = arithmetic(table.table("arithmetic"), *target.profile);
  target.toolchain = toolchain(table.table("toolchain"));
  target.elf = elf_files(table.table("elf"), target.directory);
  for (TomlTable& footprint : table.tables("footprint")) {
    target.footprints.push_back({footprint.name("network"),
                                 target.directory / footprint.text("object"),
                                 path(footprint, "linked", target.directory)});
    footprint.reject_unknown_keys();
  }
  for (TomlTable& entry : table.tables("network")) {
    const Network& added = target.networks.emplace_back(network(entry));
    if (std::ranges::count(target.networks, added) > 1) entry.fail("sizes", "each network once");
    if (!target.profile->includes(added))
      entry.fail("sizes", fmt::format("a network that {} has", target.profile->name()));
    if (target.networks.size() > most_networks)
      entry.fail("sizes", fmt::format("no more than {} networks", most_networks));
  }
  for (TomlTable& entry : table.tables("budget")) {
    const Budget& added = target.budgets.emplace_back(budget(entry));
    if (std::ranges::count(target.budgets, added.network, &Budget::network) > 1)
      entry.fail("network", "one budget for a network");
  }
  if (table.contains("capabilities"))
    target.capabilities = read_capabilities(table.table("capabilities"), *target.profile,
                                            target.networks, target.budgets);
  table.reject_unknown_keys();
  target.digest = sha256_of(text);
  return target;
}

Target read_target_file(const std::filesystem::path& file) {
  Target target = parse_target(read_text(file, longest_target_file), file);
  target.selector = std::filesystem::proximate(file).string();
  return target;
}

}  // namespace lsgd
