// SPDX-License-Identifier: Apache-2.0
#include "result/repeat_command.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace lsgd {
namespace {

class RepeatCommand : public testing::Test {
 protected:
  ~RepeatCommand() override { unsetenv("LSGD_CALLED_BY"); }
};

TEST_F(RepeatCommand, StartsWithWhatTheUserCalled) {
  EXPECT_EQ(repeat_command("smoke", "mine.toml", "level0/mul", 7),
            "lsgd-conform run --suite smoke --target mine.toml --filter 'level0/mul' --seed 7");
  setenv("LSGD_CALLED_BY", "./conform", 1);
  EXPECT_EQ(repeat_command("smoke", "mine.toml", "level0/mul", 7),
            "./conform run --suite smoke --target mine.toml --filter 'level0/mul' --seed 7");
  setenv("LSGD_CALLED_BY", "rm -r *", 1);
  EXPECT_EQ(called_name(), "lsgd-conform");
}

TEST_F(RepeatCommand, IsRecognizedByWhicheverName) {
  const std::string command = repeat_command("smoke", "mine.toml", "level0/mul", 7);
  setenv("LSGD_CALLED_BY", "./conform", 1);
  EXPECT_TRUE(repeats_case(command, "smoke", "level0/mul", 7));
  EXPECT_TRUE(
      repeats_case(repeat_command("smoke", "a", "level0/mul", 7), "smoke", "level0/mul", 7));
  EXPECT_TRUE(repeats_case(repeat_command("own.toml", "a", "x", 7), "own", "x", 7));
  EXPECT_FALSE(repeats_case(command, "standard", "level0/mul", 7));
  EXPECT_FALSE(repeats_case(command, "smoke", "level0/add", 7));
  EXPECT_FALSE(repeats_case(command, "smoke", "level0/mul", 8));
  EXPECT_FALSE(repeats_case("rm " + command, "smoke", "level0/mul", 7));
}

}  // namespace
}  // namespace lsgd
