// SPDX-License-Identifier: Apache-2.0
#include "run/evidence.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <sys/utsname.h>
#include <thread>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "device/hello.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/scratch_directory.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "files/toml_table.hpp"
#include "result/repeat_command.hpp"
#include "run/command_files.hpp"
#include "run/results_of_suite.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view targets_directory = "evidence/targets/";
constexpr std::string_view files_directory = "evidence/files/";

std::string target_member(const std::string& name) {
  return fmt::format("{}{}.toml", targets_directory, name);
}

std::string file_member(const std::string& sha256) {
  return fmt::format("{}{}", files_directory, sha256);
}

/// The objects of the memory table, in an order of their own.
std::vector<fs::path*> objects_of(Target& target) {
  std::vector<fs::path*> objects;
  auto& [port, agent] = target.elf;
  for (auto* file : {&port, &agent})
    if (*file) objects.push_back(&**file);
  for (Footprint& footprint : target.footprints) objects.push_back(&footprint.object);
  return objects;
}

std::string hexadecimal(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::vector<std::uint8_t> bytes_of_hexadecimal(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

/// Takes a file into the archive; returns its digest.
std::string keep(const fs::path& file, ArchiveMembers& members) {
  std::string content = read_text(file, longest_evidence);
  std::string digest = sha256_of(content);
  members[file_member(digest)] = std::move(content);
  return digest;
}

/// The text of a target file that was read before the run.
std::string target_text(const Target& target) {
  // Built-in targets are selected by their names, which are those of their files.
  const fs::path file = target.selector == target.name ? target.directory / (target.name + ".toml")
                                                       : fs::path(target.selector);
  std::string text = read_text(file, longest_evidence);
  if (sha256_of(text) != target.digest)
    throw InputError(file.string(), 0, "the target file as it was when the run began");
  return text;
}

Json target_json(const TargetPlan& plan, const TargetResult& result, ArchiveMembers& members) {
  Target target = plan.target;
  members[target_member(target.name)] = target_text(target);
  Json objects = Json::array(), files = Json::array();
  for (const fs::path* object : objects_of(target)) objects.push_back(keep(*object, members));
  for (const fs::path& file : own_files(target)) {
    const UsedFile used{file.filename().string(), keep(file, members)};
    if (std::ranges::count(result.files, used) == 0)
      throw InputError(file.string(), 0, "a file that the run left as it was");
    files.push_back({{"name", used.name}, {"sha256", used.sha256}});
  }
  return {{"name", target.name},
          {"selector", target.selector},
          {"statement", hexadecimal(result.statement)},
          {"objects", std::move(objects)},
          {"files", std::move(files)}};
}

Json host_json() {
  utsname host{};
  uname(&host);
  return {{"system", host.sysname},
          {"release", host.release},
          {"machine", host.machine},
          {"processors", std::thread::hardware_concurrency()}};
}

/// The journal without what other runs left in it, in the order of the cases.
std::vector<AnsweredCase> answered_cases(const std::vector<TargetResult>& results,
                                         const Journal& journal) {
  std::vector<AnsweredCase> answered;
  for (const TargetResult& result : results)
    for (const FinishedCase& finished : result.cases)
      answered.push_back({&journal, result.journal_key, finished.json.at("id")});
  return answered;
}

/// Members, each of which must be asked for.
class AskedMembers {
 public:
  AskedMembers(const ArchiveMembers& members, std::string shown)
      : members_(members), shown_(std::move(shown)) {}

  const std::string& operator[](const std::string& name) {
    const auto found = members_.find(name);
    if (found == members_.end()) throw InputError(shown_, 0, "a member " + name);
    asked_.insert(name);
    return found->second;
  }

  /// A file by its digest, written into a directory.
  fs::path file(const std::string& sha256, const fs::path& directory) {
    const std::string& content = (*this)[file_member(sha256)];
    if (sha256_of(content) != sha256)
      throw InputError(shown_, 0, fmt::format("a file of that digest in {}", file_member(sha256)));
    fs::create_directories(directory);
    write_file(directory / sha256, content);
    return directory / sha256;
  }

  void require_no_other() const {
    for (const auto& [name, content] : members_)
      if (name.starts_with("evidence/") && !asked_.contains(name))
        throw InputError(shown_, 0, "no member that nothing names, found " + name);
  }

 private:
  const ArchiveMembers& members_;
  std::string shown_;
  std::set<std::string> asked_;
};

/// A target whose file is read where its declaration and nothing else lies beside it.
Target recorded_target(const std::string& text, const nlohmann::json& found,
                       const fs::path& directory, const std::string& shown) {
  const std::string name = found.at("name");
  const fs::path file = directory / (name + ".toml");
  fs::create_directories(directory);
  const fs::path declaration = parse_toml(text, shown)["profile"].value_or(std::string());
  if (declaration.extension() == ".toml") {
    if (declaration.is_absolute() || std::ranges::count(declaration, fs::path("..")) > 0)
      throw InputError(shown, 0, "a declaration beside or below the target file");
    fs::create_directories((directory / declaration).parent_path());
    // A file may say what a built-in profile is: then results do not repeat it.
    write_file(directory / declaration,
               found.contains("declaration")
                   ? found.at("declaration").at("text").get<std::string>()
                   : declaration_text(profile_of_results(found).declaration()));
  }
  Target target = parse_target(text, file);
  if (target.name != name) throw InputError(shown, 0, "the target file of " + name);
  return target;
}

}  // namespace

std::string answers_text(std::uint64_t seed, const std::vector<AnsweredCase>& cases) {
  const ScratchDirectory scratch;
  const fs::path file = scratch.path() / "answers.jsonl";
  Journal answers(file, false);
  answers.start(seed);
  for (const auto& [journal, key, id] : cases)
    if (const auto entry = journal->find(key, id))
      answers.append(key, id, Json::parse(entry->judged), entry->answers);
  return read_text(file, longest_evidence);
}

void write_evidence(const fs::path& out, const std::vector<TargetPlan>& plans,
                    const std::vector<TargetResult>& results, const Journal& journal) {
  ArchiveMembers members;
  Json targets = Json::array();
  for (std::size_t t = 0; t < plans.size(); ++t)
    targets.push_back(target_json(plans[t], results[t], members));
  const Json run{{"format", "lsgd-evidence/1"},
                 {"compiler", __VERSION__},
                 {"hosts", Json::array({host_json()})},
                 {"targets", std::move(targets)}};
  members[run_member] = run.dump(2) + '\n';
  members[answers_member] = answers_text(plans.front().seed, answered_cases(results, journal));
  write_file(out / evidence_file, tar_archive(members));
}

RunRequest request_of_evidence(const ArchiveMembers& members, const nlohmann::json& results,
                               const fs::path& scratch, const std::string& shown) {
  const auto place = [&](const std::string& member) { return shown + ":" + member; };
  AskedMembers asked(members, shown);
  const JsonDocument run = parse_json(asked[run_member], place(run_member));
  validate_json(run, "evidence");
  const nlohmann::json &targets = run.value.at("targets"), &found = results.at("targets");
  const auto name_of_target = [](const nlohmann::json& target) { return target.at("name"); };
  if (!std::ranges::equal(targets, found, {}, name_of_target, name_of_target))
    throw run.error("/targets", "the targets of results.json");

  RunRequest request;
  const nlohmann::json& suite = results.at("suite");
  request.suite = read_built_in_suite(suite.at("name"));
  request.seed = suite.at("seed").get<std::uint64_t>();
  if (!suite.at("filter").is_null()) request.selection.filter = suite.at("filter");
  if (!suite.at("shard").is_null())
    request.selection.shard = Shard::parse(suite.at("shard").get<std::string>());
  const std::string_view caller = caller_of_results(results).value_or(called_name());
  request.is_journaled = false;
  request.recorded.emplace();
  request.recorded->program_sha256 = results.at("tool").at("sha256");
  request.recorded->answers = scratch / "answers.jsonl";
  request.recorded->shown = place(answers_member);
  write_file(request.recorded->answers, asked[answers_member]);
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const std::string member = target_member(targets[t].at("name"));
    Target target = recorded_target(asked[member], found[t],
                                    scratch / "targets" / std::to_string(t), place(member));
    target.selector = targets[t].at("selector");
    const std::vector<fs::path*> objects = objects_of(target);
    const nlohmann::json& digests = targets[t].at("objects");
    if (objects.size() != digests.size())
      throw run.error(fmt::format("/targets/{}/objects", t),
                      fmt::format("{} objects, as the target file names", objects.size()));
    for (std::size_t o = 0; o < objects.size(); ++o)
      *objects[o] = asked.file(digests[o], scratch / "files");
    RecordedTarget recorded{bytes_of_hexadecimal(targets[t].at("statement")), {}, caller};
    if (recorded.statement.size() < hello_name_offset)
      throw run.error(fmt::format("/targets/{}/statement", t), "a whole reply to HELLO");
    for (const nlohmann::json& file : found[t].value("files", nlohmann::json::array()))
      recorded.files.push_back({file.at("name"), file.at("sha256")});
    for (const nlohmann::json& file : targets[t].at("files")) {
      asked.file(file.at("sha256"), scratch / "files");
      if (std::ranges::count(recorded.files, UsedFile{file.at("name"), file.at("sha256")}) == 0)
        throw run.error(fmt::format("/targets/{}/files", t), "files that results.json has, too");
    }
    request.targets.push_back(std::move(target));
    request.recorded->targets.push_back(std::move(recorded));
  }
  asked.require_no_other();
  return request;
}

std::string first_difference(const nlohmann::json& results, const nlohmann::json& again) {
  for (const char* part : {"suite", "targets", "totals"}) {
    nlohmann::json found = results.at(part), judged = again.at(part);
    for (nlohmann::json* of : {&found, &judged})
      if (of->is_object()) of->erase("cases_resumed");
    // What is no number is null in a file.
    if (found == judged || found.dump() == judged.dump()) continue;
    const nlohmann::json difference = nlohmann::json::diff(nlohmann::json::parse(found.dump()),
                                                           nlohmann::json::parse(judged.dump()));
    const std::string path = difference.front().at("path");
    const nlohmann::json::json_pointer pointer(path);
    const auto shown = [&](const nlohmann::json& of) {
      return of.contains(pointer) ? of.at(pointer).dump().substr(0, 200) : std::string("nothing");
    };
    return fmt::format("/{}{} to be {}, as the devices' answers give, found {}", part, path,
                       shown(judged), shown(found));
  }
  return {};
}

}  // namespace lsgd
