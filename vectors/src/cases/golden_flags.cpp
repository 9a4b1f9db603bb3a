// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_flags.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <tuple>

#include "files/toml_table.hpp"
#include "golden_flag_texts.hpp"

namespace lsgd {
namespace {

std::vector<std::string> profiles_of(TomlTable& flag) {
  std::vector<std::string> profiles;
  if (!flag.contains("profiles")) {
    for (const Profile* profile : built_in_profiles()) profiles.push_back(profile->name());
    return profiles;
  }
  profiles = flag.texts("profiles");
  for (const std::string& name : profiles)
    if (find_profile(name) == nullptr)
      flag.fail("profiles", "names of profiles, not " + in_quotes(name));
  return profiles;
}

}  // namespace

std::vector<GoldenFlag> parse_golden_flags(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-flags/1") table.fail("format", "format \"lsgd-flags/1\"");
  std::vector<GoldenFlag> flags;
  std::set<std::tuple<int, std::string, std::string>> described;
  for (TomlTable& entry : table.tables("flag")) {
    GoldenFlag flag;
    flag.level = static_cast<int>(entry.integer("level", 0, 1));
    flag.name = entry.name("name");
    flag.profiles = profiles_of(entry);
    flag.meaning.description = entry.text("catches");
    flag.meaning.clause = entry.text("clause");
    if (entry.contains("errata"))
      for (const std::int64_t number : entry.integers("errata", 1, 1000))
        flag.meaning.errata.push_back(static_cast<int>(number));
    for (const std::string& profile : flag.profiles)
      if (!described.emplace(flag.level, profile, flag.name).second)
        entry.fail("name", fmt::format("one meaning of {} at level {} of {}", in_quotes(flag.name),
                                       flag.level, profile));
    entry.reject_unknown_keys();
    flags.push_back(std::move(flag));
  }
  table.reject_unknown_keys();
  return flags;
}

std::map<std::string, VectorFlag> golden_flags(int level, const Profile& profile) {
  static const std::vector<GoldenFlag> all = [] {
    const EmbeddedText& file = golden_flag_texts.front();
    return parse_golden_flags(file.text, std::string(file.path));
  }();
  std::map<std::string, VectorFlag> flags;
  for (const GoldenFlag& flag : all)
    if (flag.level == level && std::ranges::count(flag.profiles, profile.name()) > 0)
      flags.emplace(flag.name, flag.meaning);
  return flags;
}

}  // namespace lsgd
