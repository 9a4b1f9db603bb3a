// SPDX-License-Identifier: Apache-2.0
#include "steps/vector_set.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/changed_line_ends.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "steps/profile.hpp"

namespace lsgd {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// Names of the enumerations as manifests spell them, in the order of their values.
constexpr std::array<std::string_view, 3> fused_names{"no", "yes", "any"};
constexpr std::array<std::string_view, 4> order_names{"any", "ascending", "descending", "by_sign"};
constexpr std::array<std::string_view, 3> position_names{"any", "first", "last"};
constexpr std::array<std::string_view, 3> product_names{"any", "learning_rate_times_delta",
                                                        "delta_times_activation"};

template <class Enum, std::size_t count>
std::string name_in(const std::array<std::string_view, count>& names, Enum value) {
  return std::string(names.at(static_cast<std::size_t>(value)));
}

// The schema has already refused every other name.
template <class Enum, std::size_t count>
Enum value_in(const std::array<std::string_view, count>& names, const json& name) {
  const auto found = std::ranges::find(names, name.get<std::string>());
  return static_cast<Enum>(found - names.begin());
}

ordered_json arithmetic_json(const ArithmeticModel& model) {
  return {{"significand_bits", model.significand_bits},
          {"fused_multiply_add", name_in(fused_names, model.fused_multiply_add)},
          {"flush_to_zero", model.flush_to_zero},
          {"activation_ulps", model.activation_ulps},
          {"activation_absolute_error", model.activation_absolute_error},
          {"summation_order", name_in(order_names, model.summation_order)},
          {"bias_position", name_in(position_names, model.bias_position)},
          {"update_product", name_in(product_names, model.update_product)}};
}

ArithmeticModel arithmetic_from(const json& value) {
  ArithmeticModel model;
  model.significand_bits = value["significand_bits"].get<int>();
  model.fused_multiply_add = value_in<FusedMultiplyAdd>(fused_names, value["fused_multiply_add"]);
  model.flush_to_zero = value["flush_to_zero"].get<bool>();
  model.activation_ulps = value["activation_ulps"].get<double>();
  model.activation_absolute_error = value["activation_absolute_error"].get<double>();
  model.summation_order = value_in<SummationOrder>(order_names, value["summation_order"]);
  model.bias_position = value_in<BiasPosition>(position_names, value["bias_position"]);
  model.update_product = value_in<UpdateProduct>(product_names, value["update_product"]);
  return model;
}

ordered_json manifest_json(const VectorManifest& manifest) {
  ordered_json value = {{"format", "lsgd-vectors/1"},
                        {"suite", manifest.suite},
                        {"level", manifest.level},
                        {"profile", manifest.profile->name()},
                        {"generator", manifest.generator}};
  if (manifest.learning_rate) value["learning_rate"] = to_text(*manifest.learning_rate);
  value["arithmetic"] = arithmetic_json(manifest.arithmetic);
  if (!manifest.inputs.empty())
    for (const VectorInput& input : manifest.inputs)
      value["inputs"].push_back({{"name", input.name}, {"sha256", input.sha256}});
  for (const VectorFile& file : manifest.files)
    value["files"].push_back({{"name", file.name}, {"sha256", file.sha256}, {"cases", file.cases}});
  value["flags"] = ordered_json::object();
  for (const auto& [name, flag] : manifest.flags) {
    value["flags"][name] = {
        {"description", flag.description}, {"errata", flag.errata}, {"clause", flag.clause}};
  }
  return value;
}

VectorManifest manifest_from(const JsonDocument& document) {
  const json& value = document.value;
  VectorManifest manifest;
  manifest.suite = value["suite"].get<std::string>();
  manifest.level = value["level"].get<int>();
  const auto profile = value["profile"].get<std::string>();
  manifest.profile = find_profile(profile);
  if (manifest.profile == nullptr)
    throw document.error("/profile", fmt::format("profile to be {}", profile_names()));
  manifest.generator = value["generator"].get<std::string>();
  if (value.contains("learning_rate")) {
    manifest.learning_rate = float_from_text(value["learning_rate"].get<std::string>());
    if (!manifest.learning_rate || *manifest.learning_rate <= 0)
      throw document.error("/learning_rate", "learning_rate to be a binary32 number above 0");
  }
  manifest.arithmetic = arithmetic_from(value["arithmetic"]);
  for (const json& input : value.value("inputs", json::array())) {
    manifest.inputs.push_back(
        {input["name"].get<std::string>(), input["sha256"].get<std::string>()});
  }
  for (const json& file : value["files"]) {
    manifest.files.push_back({file["name"].get<std::string>(), file["sha256"].get<std::string>(),
                              file["cases"].get<std::uint64_t>()});
  }
  for (const auto& [name, flag] : value["flags"].items()) {
    manifest.flags[name] = {flag["description"].get<std::string>(),
                            flag["errata"].get<std::vector<int>>(),
                            flag["clause"].get<std::string>()};
  }
  return manifest;
}

/// Checks that each name occurs once and each file has the SHA-256 the manifest says.
class FileCheck {
 public:
  FileCheck(const JsonDocument& document, const std::filesystem::path& directory)
      : document_(document), directory_(directory) {}

  void check(const std::string& pointer, const std::string& name, const std::string& sha256) {
    if (std::ranges::find(seen_, name) != seen_.end() || name == "manifest.json")
      throw document_.error(pointer + "/name", fmt::format("each file once, found {} again", name));
    seen_.push_back(name);
    const std::string found = sha256_of_file(directory_ / name);
    if (found != sha256) {
      throw document_.error(pointer + "/sha256",
                            fmt::format("{} as the SHA-256 of {}, which is {}{}", sha256, name,
                                        found, changed_line_ends(directory_ / name, sha256)));
    }
  }

 private:
  const JsonDocument& document_;
  const std::filesystem::path& directory_;
  std::vector<std::string> seen_;
};

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const auto comma = line.find(',');
    columns.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return columns;
    line.remove_prefix(comma + 1);
  }
}

/// Compares a CSV file with the lines it should have, one by one.
class LineComparison {
 public:
  explicit LineComparison(const std::filesystem::path& path)
      : stream_(open_input(path)), file_(path.string()) {}

  void expect(std::string_view line) {
    if (!next_line())
      throw InputError(file_, number_, fmt::format("row {}, but the file ends", line));
    if (number_ == 1) header_ = line;
    if (line_ != line) throw difference(line);
  }

  void finish() {
    if (next_line()) throw InputError(file_, number_, "no further row");
  }

 private:
  bool next_line() {
    ++number_;
    return static_cast<bool>(std::getline(stream_, line_));
  }

  InputError difference(std::string_view line) const {
    const auto names = columns_of(header_);
    const auto expected = columns_of(line);
    const auto found = columns_of(line_);
    for (std::size_t i = 0; i < std::min({names.size(), expected.size(), found.size()}); ++i) {
      if (expected[i] == found[i]) continue;
      return InputError(file_, number_,
                        fmt::format("{} to be {}, found {}", names[i], in_quotes(expected[i]),
                                    in_quotes(found[i])));
    }
    return InputError(file_, number_, fmt::format("row {}", line));
  }

  std::ifstream stream_;
  std::string file_;
  std::string line_;
  std::string header_;
  std::size_t number_ = 0;
};

}  // namespace

const VectorFile* VectorManifest::file(std::string_view name) const {
  const auto found = std::ranges::find(files, name, &VectorFile::name);
  return found == files.end() ? nullptr : &*found;
}

VectorManifest read_vector_set(const std::filesystem::path& directory) {
  const JsonDocument document = read_json_document(directory / "manifest.json", "manifest");
  VectorManifest manifest = manifest_from(document);
  FileCheck check(document, directory);
  for (std::size_t i = 0; i < manifest.inputs.size(); ++i)
    check.check(fmt::format("/inputs/{}", i), manifest.inputs[i].name, manifest.inputs[i].sha256);
  for (std::size_t i = 0; i < manifest.files.size(); ++i)
    check.check(fmt::format("/files/{}", i), manifest.files[i].name, manifest.files[i].sha256);
  return manifest;
}

void write_manifest(const std::filesystem::path& directory, VectorManifest manifest) {
  for (VectorInput& input : manifest.inputs) input.sha256 = sha256_of_file(directory / input.name);
  for (VectorFile& file : manifest.files) file.sha256 = sha256_of_file(directory / file.name);
  write_json(directory / "manifest.json", manifest_json(manifest));
}

void write_lines(const std::filesystem::path& path, const LineSource& source) {
  AtomicFile file(path);
  source([&](std::string_view line) {
    file.write(line);
    file.write("\n");
  });
  file.commit();
}

void verify_lines(const std::filesystem::path& path, const LineSource& source) {
  LineComparison file(path);
  source([&](std::string_view line) { file.expect(line); });
  file.finish();
}

}  // namespace lsgd
