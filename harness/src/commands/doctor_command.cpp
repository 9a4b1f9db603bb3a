// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fmt/ranges.h>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "commands/commands.hpp"
#include "data/built_in_data_set.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

/// A tier of debian-packages.txt, and what it is for.
struct Tier {
  std::string_view name;
  std::string_view gives;
};

constexpr std::array tiers{
    Tier{"program", "building this program, and targets of the host's gcc"},
    Tier{"data", "what needs images in the suite standard"},
    Tier{"boards", "built-in targets of other compilers and on QEMU's boards"},
    Tier{"rtl", "built-in targets on the simulated core"},
    Tier{"tests", "the project's own tests"},
};

struct Package {
  std::string name;
  std::string adds;  ///< what it alone would add; may be empty
};

std::string output_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command, "re"), pclose);
  std::string output;
  std::array<char, 4096> buffer;
  if (pipe != nullptr)
    while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe.get()))
      output.append(buffer.data(), size);
  return output;
}

/// The words that `command` prints.
std::set<std::string> words_of(const char* command) {
  std::istringstream words(output_of(command));
  return {std::istream_iterator<std::string>(words), {}};
}

/// The packages that each tier needs on this architecture.
std::map<std::string, std::vector<Package>> packages_of_tiers() {
  const std::set<std::string> architectures = words_of("dpkg --print-architecture 2>/dev/null");
  std::map<std::string, std::vector<Package>> packages;
  std::istringstream lines(
      read_text(data_directory() / "cmake" / "debian-packages.txt", std::size_t{1} << 20));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment = line.find("  # ");
    const std::string adds = comment == std::string::npos ? "" : line.substr(comment + 4);
    std::string tier, name, restriction;
    std::istringstream(line.substr(0, comment)) >> tier >> name >> restriction;
    if (tier.empty() || tier.starts_with('#')) continue;
    if (!restriction.empty() &&
        !architectures.contains(restriction.substr(1, restriction.size() - 2)))
      continue;
    packages[tier].push_back({name, adds});
  }
  return packages;
}

void report_packages() {
  const std::set<std::string> installed = words_of(
      "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' 2>/dev/null | sed -n 's/^installed "
      "//p'");
  if (installed.empty()) {
    fmt::print("unknown  packages: no dpkg here\n");
    return;
  }
  const auto packages = packages_of_tiers();
  for (const auto& [tier, gives] : tiers) {
    std::vector<std::string> missing;
    std::string added;
    for (const auto& [name, adds] : packages.at(std::string(tier))) {
      if (installed.contains(name)) continue;
      missing.push_back(name);
      if (!adds.empty()) added += fmt::format("         {} adds {}\n", name, adds);
    }
    if (missing.empty())
      fmt::print("ok       packages of tier {}: {}\n", tier, gives);
    else
      fmt::print("missing  packages of tier {}: {}; apt-get install {}\n{}", tier, gives,
                 fmt::join(missing, " "), added);
  }
}

void report_data_sets() {
  for (const std::string& name : built_in_data_set_names()) try {
      load_built_in_data_set(name, DataSetPart::training, 1);
      fmt::print("ok       data set {}\n", name);
    } catch (const InputError& error) {
      fmt::print("missing  data set {}: {}\n", name, error.what());
    }
}

/// The images of a built-in target are named by their place beside its file.
bool is_built(const Target& target) {
  return std::ranges::all_of(target.command, [&](const std::string& word) {
    const bool is_image = word.starts_with("./") || word.starts_with("../");
    return !is_image || std::filesystem::exists(target.directory / word);
  });
}

void report_targets() {
  struct Count {
    std::size_t built = 0;
    std::size_t all = 0;
  };
  std::map<std::string, Count> platforms;
  for (const Target& target : built_in_targets()) {
    if (target.kind != TargetKind::port) continue;
    Count& count = platforms[target.platform];
    ++count.all;
    count.built += is_built(target) ? 1 : 0;
  }
  bool is_complete = !platforms.empty();
  for (const auto& [platform, count] : platforms) {
    is_complete = is_complete && count.built == count.all;
    fmt::print("{:8} platform {}: {} of {} targets built\n",
               count.built == count.all ? "ok" : "missing", platform, count.built, count.all);
  }
  if (!is_complete) fmt::print("missing  targets are built by `./conform run`\n");
}

}  // namespace

void add_doctor_command(CLI::App& app, int&) {
  app.add_subcommand("doctor", "What this machine can do, and what more packages would add")
      ->callback([] {
        fmt::print("ok       this program: devices of a target file, vectors, reports, merges\n");
        report_packages();
        report_data_sets();
        report_targets();
      });
}

}  // namespace lsgd
