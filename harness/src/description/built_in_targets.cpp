// SPDX-License-Identifier: Apache-2.0
#include "description/built_in_targets.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>
#include <utility>

#include "description/project_files.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

bool is_target_file(const std::filesystem::path& path) { return path.extension() == ".toml"; }

void require_unique_names(std::vector<Target> targets) {
  std::ranges::sort(targets, {}, &Target::name);
  const auto twin = std::ranges::adjacent_find(targets, {}, &Target::name);
  if (twin != targets.end())
    throw InputError("--target", 0, fmt::format("one target of name {}", in_quotes(twin->name)));
}

/// Adds what one selector names, each target once.
void append_selected(const std::string& selector, const std::vector<Target>& built_in,
                     std::vector<Target>& selected) {
  if (is_target_file(selector)) return selected.push_back(read_target_file(selector));
  bool found = false;
  for (const Target& target : built_in) {
    const bool is_named = target.name == selector;
    if (!is_named &&
        (target.kind != TargetKind::port || fnmatch(selector.c_str(), target.name.c_str(), 0) != 0))
      continue;
    found = true;
    if (std::ranges::find(selected, target.selector, &Target::selector) == selected.end())
      selected.push_back(target);
  }
  if (!found)
    throw InputError("--target", 0,
                     fmt::format("a target file *.toml or the name of a built-in target, not {}; "
                                 "`lsgd-conform list targets` names them",
                                 in_quotes(selector)));
}

}  // namespace

std::vector<Target> targets_in(const std::filesystem::path& directory) {
  std::vector<Target> targets;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (is_target_file(entry.path())) {
      targets.push_back(read_target_file(entry.path()));
      targets.back().selector = targets.back().name;
    }
  std::ranges::sort(targets, {}, &Target::name);
  require_unique_names(targets);
  return targets;
}

std::vector<Target> built_in_targets() {
  std::vector<Target> targets = targets_in(built_in_targets_directory());
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(built_in_targets_directory() / "modified", error))
    if (entry.is_directory())
      for (Target& target : targets_in(entry.path())) targets.push_back(std::move(target));
  std::ranges::sort(targets, {}, &Target::name);
  require_unique_names(targets);
  return targets;
}

std::vector<Target> select_targets(const std::vector<std::string>& selectors) {
  const std::vector<Target> built_in = built_in_targets();
  std::vector<Target> selected;
  if (selectors.empty())
    std::ranges::copy_if(built_in, std::back_inserter(selected),
                         [](const Target& target) { return target.kind == TargetKind::port; });
  for (const std::string& selector : selectors) append_selected(selector, built_in, selected);
  if (selected.empty())
    throw InputError("--target", 0, "a target file: no target was built with this program");
  require_unique_names(selected);
  return selected;
}

}  // namespace lsgd
