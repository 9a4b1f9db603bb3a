// SPDX-License-Identifier: Apache-2.0
#include "device/core_binding.hpp"

#include <array>
#include <gtest/gtest.h>

#include "device/run_in_parallel.hpp"

namespace lsgd {
namespace {

int usable_cores() {
  cpu_set_t cores;
  EXPECT_EQ(sched_getaffinity(0, sizeof cores, &cores), 0);
  return CPU_COUNT(&cores);
}

TEST(CoreBinding, KeepsTheThreadOnOneCoreAsLongAsItLives) {
  const int before = usable_cores();
  {
    const CoreBinding one(CoreBinding::Cores::current);
    EXPECT_EQ(usable_cores(), 1);
    {
      const CoreBinding all(CoreBinding::Cores::all);
      EXPECT_EQ(usable_cores(), before);
    }
    EXPECT_EQ(usable_cores(), 1);
  }
  EXPECT_EQ(usable_cores(), before);
}

TEST(CoreBinding, LeavesAllCoresToParallelWork) {
  const int before = usable_cores();
  const CoreBinding one(CoreBinding::Cores::current);
  std::array<int, 4> cores{};
  run_in_parallel(cores.size(), 2, [&](std::size_t i) { cores.at(i) = usable_cores(); });
  for (const int count : cores) EXPECT_EQ(count, before);
  EXPECT_EQ(usable_cores(), 1);
}

}  // namespace
}  // namespace lsgd
