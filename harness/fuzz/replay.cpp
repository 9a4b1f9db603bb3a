// SPDX-License-Identifier: Apache-2.0

// Replays a fuzz target over its seeds, and over a fixed number of deterministic mutations of them.
//   fuzz_replay NAME CORPUS_DIRECTORY MUTATIONS_PER_SEED
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <signal.h>
#include <unistd.h>
#include <vector>

#include "fuzz_target.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string running;  // what the signal handler reports

void report_and_end(int signal_number) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, running.data(), running.size());
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void run(lsgd::FuzzTarget* target, const Bytes& bytes, const std::string& description) {
  running = "failed on " + description + "\n";
  target(bytes.data(), bytes.size());
}

/// One to four changes: a byte replaced, removed or inserted, or a part copied elsewhere.
Bytes mutated(Bytes bytes, std::mt19937_64& engine) {
  const auto below = [&engine](std::size_t end) { return engine() % end; };
  const auto at = [&bytes](std::size_t i) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(i);
  };
  for (auto changes = 1 + below(4); changes > 0; --changes) {
    if (bytes.empty()) bytes.push_back(0);
    const std::size_t position = below(bytes.size());
    const auto value = static_cast<std::uint8_t>(below(256));
    switch (below(5)) {
      case 0:
        bytes[position] = value;
        break;
      case 1:
        bytes[position] = static_cast<std::uint8_t>(bytes[position] ^ 1 << below(8));
        break;
      case 2:
        bytes.erase(at(position));
        break;
      case 3:
        bytes.insert(at(position), value);
        break;
      default: {
        const Bytes part(at(position), at(position + below(bytes.size() - position)));
        bytes.insert(at(below(bytes.size())), part.begin(), part.end());
      }
    }
  }
  return bytes;
}

Bytes bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void replay(lsgd::FuzzTarget* target, const std::filesystem::path& seed, std::size_t mutations) {
  const Bytes bytes = bytes_of(seed);
  const std::string name = seed.filename().string();
  run(target, bytes, name);
  std::mt19937_64 engine(1);
  for (std::size_t i = 0; i < mutations; ++i)
    run(target, mutated(bytes, engine), name + ", mutation " + std::to_string(i));
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::size_t mutations = 0;
  const std::string_view count = argument_count == 4 ? arguments[3] : "";
  if (std::from_chars(count.data(), count.data() + count.size(), mutations).ec != std::errc{}) {
    std::fputs("usage: NAME CORPUS_DIRECTORY MUTATIONS_PER_SEED\n", stderr);
    return 2;
  }
  const auto target = lsgd::fuzz_targets().find(arguments[1]);
  if (target == lsgd::fuzz_targets().end()) {
    std::fputs("no such fuzz target\n", stderr);
    return 2;
  }
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGFPE}) signal(signal_number, report_and_end);
  std::set<std::filesystem::path> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[2]))
    seeds.insert(entry.path());
  if (seeds.empty()) {
    std::fputs("no seeds\n", stderr);
    return 1;
  }
  for (const auto& seed : seeds) replay(target->second, seed, mutations);
  std::printf("%zu seeds, %zu mutations of each\n", seeds.size(), mutations);
}
