// SPDX-License-Identifier: Apache-2.0
#include "judging/kept_reference_training.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/scratch_directory.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

class KeptReferenceTraining : public testing::Test {
 protected:
  KeptReferenceTraining() { use(directory_.path()); }
  ~KeptReferenceTraining() override { unsetenv("LSGD_CACHE"); }

  static void use(const fs::path& cache) { setenv("LSGD_CACHE", cache.c_str(), 1); }

  ReferenceTraining get(const std::string& task = "a") {
    return kept_reference_training(task, [&] {
      ++trainings_;
      ReferenceTraining training;
      LearningFigures figures(3);
      figures.add(0.1, 2, 1, 3);
      training.exact = {{{0.1, -0.0, std::numeric_limits<double>::denorm_min()},
                         figures,
                         LearningFigures(1),
                         {7, 0}}};
      training.members = {{{0.5, 1 / 3.0, 0, 1e300, 2}, {1, 2, 3, 4, 5}}};
      training.distances_grow_by_factors = false;
      return training;
    });
  }

  /// Files that are kept.
  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }

  ScratchDirectory directory_;
  int trainings_ = 0;
};

TEST_F(KeptReferenceTraining, IsComputedOnceAndTheSameInEveryBit) {
  const ReferenceTraining computed = get(), kept = get();
  EXPECT_EQ(trainings_, 1);
  ASSERT_EQ(kept.exact.size(), 1u);
  EXPECT_EQ(kept.exact[0].parameters, computed.exact[0].parameters);
  EXPECT_TRUE(std::signbit(kept.exact[0].parameters[1]));
  EXPECT_EQ(kept.exact[0].training.sums(), computed.exact[0].training.sums());
  EXPECT_EQ(kept.exact[0].test.sums(), computed.exact[0].test.sums());
  EXPECT_EQ(kept.exact[0].weight_fraction_bits, computed.exact[0].weight_fraction_bits);
  EXPECT_EQ(kept.members, computed.members);
  EXPECT_EQ(kept.longer_members, computed.longer_members);
  EXPECT_FALSE(kept.distances_grow_by_factors);
}

TEST_F(KeptReferenceTraining, IsOfOneTaskOnly) {
  get("a");
  get("b");
  EXPECT_EQ(trainings_, 2);
  ASSERT_EQ(files().size(), 2u);
  // As if two tasks had the same name.
  write_file(files()[0], read_text(files()[1], 1 << 20));
  get("a");
  get("b");
  EXPECT_EQ(trainings_, 3);
}

TEST_F(KeptReferenceTraining, IsComputedAnewWhereAnyByteOfItIsDamaged) {
  get();
  const fs::path file = files().at(0);
  const std::string whole = read_text(file, 1 << 20);
  for (std::size_t at = 0; at < whole.size(); at += 41) {
    std::string damaged = whole;
    damaged[at] ^= 0x10;
    write_file(file, damaged);
    trainings_ = 0;
    EXPECT_EQ(get().members.size(), 1u);
    ASSERT_EQ(trainings_, 1) << "byte " << at;
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{63}, whole.size() - 1}) {
    write_file(file, whole.substr(0, length));
    trainings_ = 0;
    get();
    EXPECT_EQ(trainings_, 1) << length << " bytes";
  }
  EXPECT_EQ(read_text(file, 1 << 20), whole);
}

TEST_F(KeptReferenceTraining, IsNotKeptWhereNothingMayBeWritten) {
  for (const fs::path& cache : {fs::path(), fs::path("/dev/null/cache"), fs::path("/proc")}) {
    use(cache);
    trainings_ = 0;
    get();
    EXPECT_EQ(get().members.size(), 1u);
    EXPECT_EQ(trainings_, 2) << cache;
  }
}

TEST_F(KeptReferenceTraining, OfProgramsLongUnusedIsForgotten) {
  for (int program = 0; program < 9; ++program)
    fs::create_directories(directory_.path() / "reference_trainings" / std::to_string(program));
  get();
  const fs::path kept = directory_.path() / "reference_trainings";
  EXPECT_EQ(std::distance(fs::directory_iterator(kept), fs::directory_iterator()), 4);
  get();
  EXPECT_EQ(trainings_, 1);
}

}  // namespace
}  // namespace lsgd
