// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "fuzz/fuzz_target.hpp"
#include "lsgd/text_file.hpp"

namespace lsgd {
namespace {

/// A defect aborts the process; reaching the end is the test.
void replay(FuzzTarget target, const std::string& bytes, std::mt19937_64& engine) {
  target(bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) target(bytes.substr(0, length));
  for (int i = 0; i < 200 && !bytes.empty(); ++i) {
    std::string mutated = bytes;
    mutated[engine() % bytes.size()] = static_cast<char>(engine() % 256);
    target(mutated);
  }
}

TEST(FuzzCorpus, EveryParserSurvivesItsCorpusTruncatedAndMutated) {
  std::mt19937_64 engine(1);
  for (const auto& [name, target] : fuzz_targets) {
    std::size_t files = 0;
    const auto folder = std::filesystem::path(LSGD_FUZZ_CORPUS_DIRECTORY) / name;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      replay(target, read_text(entry.path(), 1 << 20), engine);
      ++files;
    }
    EXPECT_GT(files, 0U) << name;
  }
}

}  // namespace
}  // namespace lsgd
