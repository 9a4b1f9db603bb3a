// SPDX-License-Identifier: Apache-2.0

// Boards whose only link is the debugger, against the same ones with a link of bytes.
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

#include "description/built_in_targets.hpp"
#include "device/device_error.hpp"
#include "result/packed_results.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

/// The cases of a target, without its name in the commands that repeat them, and without the sizes
/// of objects, which only one of the two is built with.
std::string cases_of(nlohmann::json target) {
  for (nlohmann::json& found : target.at("cases"))
    if (found.contains("resources"))
      for (const char* size : {"text_bytes", "data_bytes", "bss_bytes", "static_ram_bytes"})
        found.at("resources").erase(size);
  std::string text = target.at("cases").dump();
  const std::string name = target.at("name");
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
    text.replace(at, name.size(), "TARGET");
  return text;
}

class DebuggerTarget : public testing::TestWithParam<const char*> {};

TEST_P(DebuggerTarget, GivesTheResultsThatALinkOfBytesGives) {
  const std::string board = std::string("int8_integer_c99-") + GetParam();
  for (const std::string& name : {board + "-gcc_O2", board + "_debugger-gcc_O2"})
    if (select_targets({name}).empty()) GTEST_SKIP() << "no " << name;
  const TemporaryDirectory directory;
  const std::string command = std::string(LSGD_CONFORM_PROGRAM) + " run --suite smoke --target " +
                              board + "-gcc_O2 --target " + board + "_debugger-gcc_O2 --out " +
                              directory.path().string() + " >/dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const nlohmann::json targets =
      read_whole_results((directory.path() / "results.json").string()).value.at("targets");
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(cases_of(targets[0]), cases_of(targets[1]));
  EXPECT_EQ(targets[0].at("verdict"), "pass");
}

INSTANTIATE_TEST_SUITE_P(EveryProcessor, DebuggerTarget,
                         testing::Values("qemu_riscv32", "qemu_cortex_m3"));

}  // namespace
}  // namespace lsgd
