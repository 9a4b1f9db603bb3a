// SPDX-License-Identifier: Apache-2.0
#include "run/conformance_claim.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "description/suite_digests.hpp"
#include "description/suite_file.hpp"

namespace lsgd {

nlohmann::ordered_json files_json(const std::vector<UsedFile>& files) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const UsedFile& used : files) json.push_back({{"name", used.name}, {"sha256", used.sha256}});
  return json;
}

nlohmann::ordered_json vectors_json(const std::vector<UsedVectors>& vectors) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const UsedVectors& used : vectors)
    json.push_back({{"name", used.name}, {"sha256", used.sha256}, {"generator", used.generator}});
  return json;
}

std::optional<std::string> why_not_enough(const nlohmann::json& suite) {
  if (!suite.at("filter").is_null()) return "only a selection of the cases was run";
  if (!suite.at("shard").is_null()) return "only a shard of the cases was run";
  const std::string name = suite.at("name");
  const std::vector<std::string> names = built_in_suites();
  if (std::ranges::find(names, name) == names.end())
    return fmt::format("the {} suite is not one of the program's own", name);
  if (!read_built_in_suite(name).conformance)
    return fmt::format("the {} suite leaves too much out", name);
  if (suite.contains("missing_data_sets") && !suite.at("missing_data_sets").empty())
    return fmt::format("the data set {} is not on the machine that ran it",
                       suite.at("missing_data_sets").at(0).get<std::string>());
  if (!suite.contains("files")) return "the results do not say what the cases were made from";
  const nlohmann::json& files = suite.at("files");
  if (files.empty() || files.at(0).at("name") != "harness/suites/" + name + ".toml")
    return fmt::format("the {} suite is not the one of that name in the program", name);
  const auto& digests = suite_digests();
  for (const nlohmann::json& file : files) {
    const auto known = digests.find(file.at("name"));
    if (known == digests.end() || file.at("sha256") != known->second)
      return fmt::format("{} is not what the program was made with",
                         file.at("name").get<std::string>());
  }
  return std::nullopt;
}

}  // namespace lsgd
