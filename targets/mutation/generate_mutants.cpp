// SPDX-License-Identifier: Apache-2.0

// Writes a target file and an image for each of a port's generated mutants. The build calls it,
// once for every port; the choice of mutants depends on nothing but the port's sources and the
// compiler.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <toml++/toml.h>
#include <vector>

#include "device/run_in_parallel.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "find_mutations.hpp"
#include "port_build.hpp"
#include "run_program.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_source = 1 << 20;

struct Options {
  PortCommands port;
  std::vector<std::string> mutate;  ///< those of the port's sources that are mutated
  std::size_t per_function = 0;
};

/// A mutation with what it is compiled from.
struct Candidate {
  const std::filesystem::path* source = nullptr;
  Mutation mutation;
  std::string digest;  ///< of its identity
};

/// What became of the candidates that are no mutants.
struct Counts {
  std::int64_t not_selected = 0;
  std::int64_t not_compiled = 0;
  std::int64_t same_object = 0;  ///< as the port's own, or as another mutant's
};

class Generator {
 public:
  explicit Generator(const Options& options) : options_(options), original_(options.port) {}

  void run() {
    for (const std::string& source : options_.mutate) mutated_sources_.emplace_back(source);
    for (const std::filesystem::path& source : mutated_sources_) add_candidates(source);
    generate_all();
    write_summary();
  }

 private:
  nlohmann::json syntax_tree(const std::filesystem::path& source) const {
    std::vector<std::string> command = options_.port.compile;
    command.front() = "clang";
    command.insert(command.end(),
                   {"-w", "-fsyntax-only", "-Xclang", "-ast-dump=json", source.string()});
    const std::filesystem::path dump = original_.work_directory("tree") / "syntax_tree.json";
    if (run_program(command, source.parent_path(), dump) != 0)
      throw InputError(source.string(), 0, "a source that clang can parse");
    return nlohmann::json::parse(std::ifstream(dump));
  }

  void add_candidates(const std::filesystem::path& source) {
    const std::string text = read_text(source, longest_source);
    texts_[source.filename()] = text;
    for (Mutation& mutation : find_mutations(text, source.filename(), syntax_tree(source))) {
      const std::string digest = digest_of(mutation.identity);
      candidates_.push_back(digest);
      auto& function = functions_[{source.filename(), mutation.identity.function}];
      function.push_back({&source, std::move(mutation), digest});
    }
  }

  /// Functions are independent of each other: each takes its share in the order of the digests,
  /// which is that of a lottery and stays as it is when another function changes.
  void generate_all() {
    std::vector<std::vector<Candidate>*> work;
    for (auto& [name, candidates] : functions_) {
      std::ranges::sort(candidates, {}, &Candidate::digest);
      work.push_back(&candidates);
    }
    const unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
    run_in_parallel(work.size(), jobs, [&](std::size_t i) {
      generate_function(*work[i], original_.work_directory(std::to_string(i)));
    });
  }

  void generate_function(const std::vector<Candidate>& candidates,
                         const std::filesystem::path& directory) {
    std::set<std::string> objects{original_.original_digest(candidates.front().source->filename())};
    Counts counts;
    std::size_t mutants = 0;
    for (const Candidate& candidate : candidates) {
      if (mutants == options_.per_function) {
        ++counts.not_selected;
        continue;
      }
      const std::string file = candidate.source->filename();
      write_file(directory / file, mutated(texts_.at(file), candidate.mutation));
      const std::filesystem::path object = directory / "mutant.o";
      if (!original_.compile(directory, file, object)) {
        ++counts.not_compiled;
      } else if (!objects.insert(sha256_of_file(object)).second) {
        ++counts.same_object;
      } else {
        link(candidate, object);
        ++mutants;
      }
    }
    const std::scoped_lock lock(mutex_);
    counts_.not_selected += counts.not_selected;
    counts_.not_compiled += counts.not_compiled;
    counts_.same_object += counts.same_object;
  }

  void link(const Candidate& candidate, const std::filesystem::path& object) const {
    const SourceMutation& mutation = candidate.mutation.identity;
    const std::string name = fmt::format("{}.generated_{}", original_.target()["port"].value_or(""),
                                         candidate.digest.substr(0, 8));
    original_.link(
        name, mutation.file, object,
        toml::table{{"kind", "mutant"},
                    // Loops without end are common among mutants, and a step takes microseconds.
                    {"timeout_seconds", 2.0},
                    {"mutant", toml::table{{"description", description_of(mutation)}}},
                    {"source_mutation", toml::table{{"file", mutation.file},
                                                    {"function", mutation.function},
                                                    {"original", mutation.original},
                                                    {"replacement", mutation.replacement},
                                                    {"occurrence", mutation.occurrence}}}});
  }

  void write_summary() const {
    toml::array candidates;
    for (const std::string& digest : candidates_) candidates.push_back(digest);
    write_toml(options_.port.out + ".toml", toml::table{{"not_selected", counts_.not_selected},
                                                        {"not_compiled", counts_.not_compiled},
                                                        {"same_object", counts_.same_object},
                                                        {"candidates", std::move(candidates)}});
  }

  const Options& options_;
  PortBuild original_;
  std::vector<std::filesystem::path> mutated_sources_;
  std::map<std::string, std::string> texts_;  // by file name
  std::map<std::pair<std::string, std::string>, std::vector<Candidate>> functions_;
  std::vector<std::string> candidates_;  // digests
  Counts counts_;
  std::mutex mutex_;
};

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Writes a port's generated mutants", "generate_mutants");
  options.port.add_options(app);
  app.add_option("--mutate", options.mutate, "Source to be mutated")->required();
  app.add_option("--per-function", options.per_function, "Most mutants of a function")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    Generator(options).run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

}  // namespace
}  // namespace lsgd

int main(int argc, char** argv) { return lsgd::run(argc, argv); }
