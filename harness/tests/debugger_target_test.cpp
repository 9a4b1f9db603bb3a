// SPDX-License-Identifier: Apache-2.0

// Boards whose only link is the debugger, against the same ones with a link of bytes.
#include <filesystem>
#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <vector>

#include "cases_without_name.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "description/suite_file.hpp"
#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

/// Targets by name or file, the first of which has a link of bytes.
struct DebuggedBoard {
  std::string name;
  std::string on_a_link;
  std::string behind_a_debugger;

  friend void PrintTo(const DebuggedBoard& board, std::ostream* out) { *out << board.name; }
};

class DebuggerTarget : public testing::TestWithParam<DebuggedBoard> {
 protected:
  /// The verdict, and the cases but for cycles, which depend on where a linker puts what.
  static std::string shown(nlohmann::json target) {
    for (nlohmann::json& found : target.at("cases"))
      if (found.contains("resources"))
        for (const char* operation : {"forward", "step"})
          for (const char* cycles : {"cycles_median", "cycles_worst"})
            if (found.at("resources").contains(operation))
              found.at("resources").at(operation).erase(cycles);
    return target.at("verdict").get<std::string>() + cases_without_name(target);
  }
};

TEST_P(DebuggerTarget, GivesTheResultsThatALinkOfBytesGives) {
  RunRequest request;
  request.suite = read_built_in_suite("smoke");
  for (const std::string& selector : {GetParam().on_a_link, GetParam().behind_a_debugger}) {
    const bool is_file = selector.ends_with(".toml");
    std::vector<Target> found;
    if (!is_file || std::filesystem::exists(selector)) found = select_targets({selector});
    if (found.empty()) GTEST_SKIP() << "no " << selector;
    request.targets.push_back(found.front());
  }
  request.targets[0].pace = request.targets[1].pace;  // else it runs more
  const TemporaryDirectory directory;
  request.out = directory.path();
  request.jobs = 2;
  const nlohmann::json targets = run_suite(request).at("targets");
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(shown(targets[0]), shown(targets[1]));
  EXPECT_EQ(targets[0].at("verdict"), "pass");
}

DebuggedBoard built_in(const std::string& board) {
  return {board, "int8_integer_c99-" + board + "-gcc_O2",
          "int8_integer_c99-" + board + "_debugger-gcc_O2"};
}

DebuggedBoard simulated_core() {
  return {"rtl_rv32imc", "int8_integer_c99-rtl_rv32imc-gcc_O2",
          built_in_targets_directory().parent_path() / "rtl" / "rv32imc_debugger.toml"};
}

INSTANTIATE_TEST_SUITE_P(EveryProcessor, DebuggerTarget,
                         testing::Values(built_in("qemu_riscv32"), built_in("qemu_cortex_m3"),
                                         simulated_core()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace lsgd
