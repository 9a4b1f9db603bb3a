// SPDX-License-Identifier: Apache-2.0
#include "judging/kept_reference_training.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "description/program_digest.hpp"
#include "description/project_files.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"

namespace lsgd {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

/// A file: 64 digits of the SHA-256 of what follows, which is CBOR.
constexpr std::size_t digest_digits = 64;

/// Longer trainings than those of suites are not kept.
constexpr std::size_t longest_file = std::size_t{1} << 22;

/// Programs whose trainings stay: a few builds, between which somebody changes.
constexpr std::size_t kept_programs = 4;

Json json_of(const LearningFigures& figures) {
  const LearningFigures::Sums& sums = figures.sums();
  return {{"outputs", sums.outputs},           {"samples", sums.samples},
          {"agreements", sums.agreements},     {"loss", sums.loss},
          {"squared_loss", sums.squared_loss}, {"confusion", sums.confusion}};
}

LearningFigures kept_figures(const Json& json) {
  return LearningFigures(LearningFigures::Sums{json.at("outputs"), json.at("samples"),
                                               json.at("agreements"), json.at("loss"),
                                               json.at("squared_loss"), json.at("confusion")});
}

Json json_of(const TrainingState& state) {
  return {{"parameters", state.parameters},
          {"training", json_of(state.training)},
          {"test", json_of(state.test)},
          {"weight_fraction_bits", state.weight_fraction_bits}};
}

TrainingState kept_state(const Json& json) {
  return {json.at("parameters"), kept_figures(json.at("training")), kept_figures(json.at("test")),
          json.at("weight_fraction_bits")};
}

std::string contents_of(const std::string& task, const ReferenceTraining& training) {
  Json exact = Json::array();
  for (const TrainingState& state : training.exact) exact.push_back(json_of(state));
  const std::vector<std::uint8_t> bytes =
      Json::to_cbor({{"program", program_digest()},
                     {"task", task},
                     {"exact", std::move(exact)},
                     {"members", training.members},
                     {"longer_members", training.longer_members},
                     {"distances_grow_by_factors", training.distances_grow_by_factors}});
  std::string text(bytes.begin(), bytes.end());
  return sha256_of(text) + text;
}

/// Nothing where `contents` are not whole, or of something else.
std::optional<ReferenceTraining> training_in(std::string_view contents, const std::string& task) {
  if (contents.size() < digest_digits) return std::nullopt;
  const std::string_view bytes = contents.substr(digest_digits);
  if (sha256_of(bytes) != contents.substr(0, digest_digits)) return std::nullopt;
  const Json json = Json::from_cbor(bytes, true, false);
  if (!json.is_object() || json.at("program") != program_digest() || json.at("task") != task)
    return std::nullopt;
  ReferenceTraining training;
  for (const Json& state : json.at("exact")) training.exact.push_back(kept_state(state));
  training.members = json.at("members");
  training.longer_members = json.at("longer_members");
  training.distances_grow_by_factors = json.at("distances_grow_by_factors");
  return training;
}

std::optional<ReferenceTraining> read_training(const fs::path& file, const std::string& task) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  try {
    return training_in(read_text(file, longest_file), task);
  } catch (const InputError&) {  // not readable, for whatever reason
    return std::nullopt;
  }
}

/// Removes what was kept for programs that have not been used for the longest time.
void forget_old_programs(const fs::path& directory) {
  std::vector<std::pair<fs::file_time_type, fs::path>> programs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    programs.emplace_back(entry.last_write_time(error), entry.path());
  std::ranges::sort(programs, std::greater());
  for (std::size_t i = kept_programs; i < programs.size(); ++i)
    fs::remove_all(programs[i].second, error);
}

void keep_training(const fs::path& file, std::string_view contents) {
  if (contents.size() > longest_file) return;
  std::error_code error;
  const bool is_new = fs::create_directories(file.parent_path(), error);
  if (error) return;
  if (is_new) forget_old_programs(file.parent_path().parent_path());
  try {
    write_file(file, contents);
  } catch (const InputError&) {  // read-only or full: the training is computed anew each time
  }
}

}  // namespace

ReferenceTraining kept_reference_training(const std::string& task,
                                          const std::function<ReferenceTraining()>& train) {
  const fs::path cache = cache_directory();
  if (cache.empty()) return train();
  const fs::path file = cache / "reference_trainings" / program_digest() / sha256_of(task);
  if (std::optional<ReferenceTraining> kept = read_training(file, task)) return *std::move(kept);
  ReferenceTraining training = train();
  keep_training(file, contents_of(task, training));
  return training;
}

}  // namespace lsgd
