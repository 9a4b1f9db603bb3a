// SPDX-License-Identifier: Apache-2.0

// The bytes are several files, each behind a line "==== NAME". A manifest's checksums are made
// right, so that what the files say is looked at.
#include <array>

#include "cases/verify_vectors.hpp"
#include "files/json_file.hpp"
#include "files/sha256.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

namespace {

constexpr std::string_view marker = "==== ";
constexpr std::string_view manifest_name = "manifest.json";
constexpr std::array names{manifest_name,
                           std::string_view("arithmetic.csv"),
                           std::string_view("cases.csv"),
                           std::string_view("tensors.csv"),
                           std::string_view("steps.csv"),
                           std::string_view("model.json"),
                           std::string_view("params.csv"),
                           std::string_view("samples.csv"),
                           std::string_view("int8_parameters.csv")};

void seal(nlohmann::json& entries, const FuzzDirectory& directory) {
  if (!entries.is_array()) return;
  for (nlohmann::json& entry : entries) {
    if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) continue;
    const auto name = entry["name"].get<std::string>();
    if (std::ranges::find(names, name) != names.end() && exists(directory.path() / name))
      entry["sha256"] = sha256_of_file(directory.path() / name);
  }
}

void write_manifest(std::string_view text, const FuzzDirectory& directory) {
  auto manifest = nlohmann::json::parse(text, nullptr, false);
  if (!manifest.is_object()) {
    directory.file(manifest_name, text);
    return;
  }
  for (const char* key : {"files", "inputs"})
    if (manifest.contains(key)) seal(manifest[key], directory);
  directory.file(manifest_name,
                 manifest.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void unpack(std::string_view text, const FuzzDirectory& directory) {
  for (const std::string_view name : names) std::filesystem::remove(directory.path() / name);
  std::string_view manifest;
  while (text.starts_with(marker)) {
    const auto line_end = std::min(text.find('\n'), text.size());
    const std::string_view name = text.substr(marker.size(), line_end - marker.size());
    text.remove_prefix(std::min(line_end + 1, text.size()));
    const auto next = text.find("\n==== ");
    const std::string_view contents = text.substr(0, next == text.npos ? next : next + 1);
    text.remove_prefix(contents.size());
    if (name == manifest_name)
      manifest = contents;
    else if (std::ranges::find(names, name) != names.end())
      directory.file(name, contents);
  }
  write_manifest(manifest, directory);
}

}  // namespace

LSGD_FUZZ_TARGET(vector_set) {
  static const FuzzDirectory directory;
  unpack(text_of(bytes, size), directory);
  // Lines are counted in the files, of which the manifest has been reformatted.
  try {
    verify_vectors(directory.path());
  } catch (const InputError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
