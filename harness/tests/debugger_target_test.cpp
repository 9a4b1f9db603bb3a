// SPDX-License-Identifier: Apache-2.0

// Boards whose only link is the debugger, against the same ones with a link of bytes.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "cases_without_name.hpp"
#include "description/built_in_targets.hpp"
#include "description/suite_file.hpp"
#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

class DebuggerTarget : public testing::TestWithParam<const char*> {};

TEST_P(DebuggerTarget, GivesTheResultsThatALinkOfBytesGives) {
  const std::string board = std::string("int8_integer_c99-") + GetParam();
  RunRequest request;
  request.suite = read_built_in_suite("smoke");
  for (const std::string& name : {board + "-gcc_O2", board + "_debugger-gcc_O2"}) {
    const std::vector<Target> found = select_targets({name});
    if (found.empty()) GTEST_SKIP() << "no " << name;
    request.targets.push_back(found.front());
  }
  request.targets[0].pace = request.targets[1].pace;  // else it runs more
  const TemporaryDirectory directory;
  request.out = directory.path();
  request.jobs = 2;
  const nlohmann::json targets = run_suite(request).at("targets");
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(cases_without_name(targets[0]), cases_without_name(targets[1]));
  EXPECT_EQ(targets[0].at("verdict"), "pass");
}

INSTANTIATE_TEST_SUITE_P(EveryProcessor, DebuggerTarget,
                         testing::Values("qemu_riscv32", "qemu_cortex_m3"));

}  // namespace
}  // namespace lsgd
