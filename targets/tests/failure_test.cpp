// SPDX-License-Identifier: Apache-2.0

// The program runs real firmware that fails in some cases: each failure has its verdict and blames
// its case, and everything else goes on.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "description/target_file.hpp"
#include "result/packed_results.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

class Failure : public testing::TestWithParam<std::string> {
 protected:
  /// Runs the single layers with two outputs; the results are read afterwards.
  int run(const std::vector<std::string>& target_files) {
    const auto out = directory_.path() / "out";
    std::string command = LSGD_CONFORM_PROGRAM
                          " run --suite standard --filter 'level1/dense_?x2_*' --out " +
                          out.string();
    for (const std::string& file : target_files) command += " --target " + file;
    const int status = std::system((command + " >/dev/null 2>&1").c_str());
    results_ = read_whole_results(out / "results.json").value;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// A target file for the firmware that fails in some cases, or for the built-in one.
  std::string target_file(const std::string& name, const std::string& profile, bool fails = true) {
    const std::string built_in = "float32_c99-" + GetParam();
    const std::filesystem::path targets = LSGD_TARGETS_DIRECTORY;
    const std::string image =
        fails ? LSGD_FAILING_CASES_IMAGE "-" + GetParam() : (targets / built_in).string();
    std::string command;
    for (std::string word : read_target_file(targets / (built_in + ".toml")).command) {
      if (const auto found = word.find("./" + built_in); found != std::string::npos)
        word.replace(found, std::string::npos, image);
      else if (word.starts_with(".."))
        word = (targets / word).lexically_normal().string();
      command += (command.empty() ? "\"" : ", \"") + word + "\"";
    }
    const auto file = directory_.path() / (name + ".toml");
    std::ofstream(file)
        << "format = \"lsgd-target/1\"\nname = \"" << name
        << "\"\nport = \"float32_c99\"\nplatform = \"q\"\nvariant = \"r\"\nprofile = \"" << profile
        << "\"\ntimeout_seconds = 6\ncommand = [" << command << "]\n";
    return file.string();
  }

  const nlohmann::json& target(const std::string& name) const {
    for (const auto& target : results_.at("targets"))
      if (target.at("name") == name) return target;
    throw std::runtime_error("no results of " + name);
  }

  static std::string message(const nlohmann::json& target, const std::string& id) {
    for (const auto& result : target.at("cases"))
      if (result.at("id") == id && result.at("verdict") == "device_failure")
        return result.at("failure").at("message");
    return "";
  }

  static std::ptrdiff_t count(const nlohmann::json& target, const std::string& verdict) {
    return std::count_if(target.at("cases").begin(), target.at("cases").end(),
                         [&](const auto& result) { return result.at("verdict") == verdict; });
  }

 private:
  TemporaryDirectory directory_;
  nlohmann::json results_;
};

TEST_P(Failure, IsBlamedOnItsCaseAndTheRestGoesOn) {
  EXPECT_EQ(run({target_file("failing", "float32"), target_file("healthy", "float32", false)}), 3);

  const nlohmann::json& failing = target("failing");
  EXPECT_EQ(failing.at("verdict"), "device_failure");
  EXPECT_THAT(message(failing, "level1/dense_1x2_relu"), HasSubstr("timed out, during TRAIN_STEP"));
  // __builtin_trap is a breakpoint on RISC-V; on Cortex-M it and the store below the stack end as
  // hard faults.
  EXPECT_THAT(message(failing, "level1/dense_3x2_tanh"),
              ContainsRegex("exited with status 67; it said: .*fault: cause 0x00000003 at 0x"));
  const bool is_riscv = GetParam().find("cortex_m") == std::string::npos;
  EXPECT_THAT(message(failing, "level1/dense_5x2_relu"),
              ContainsRegex(is_riscv ? "status 71; it said: .*fault: cause 0x00000007 at 0x"
                                     : "status 67; it said: .*fault: cause 0x00000003 at 0x"));
  EXPECT_THAT(message(failing, "level1/dense_7x2_tanh"),
              HasSubstr("the device sent bytes that begin no frame (ff"));
  EXPECT_EQ(count(failing, "device_failure"), 4);
  EXPECT_EQ(count(failing, "pass"), 5);

  EXPECT_EQ(target("healthy").at("verdict"), "pass");
  EXPECT_EQ(count(target("healthy"), "pass"), 9);
}

TEST_P(Failure, OfTheWrongProfileIsNamed) {
  EXPECT_EQ(
      run({target_file("wrong", "int8_hybrid", false), target_file("healthy", "float32", false)}),
      3);
  EXPECT_EQ(target("wrong").at("verdict"), "device_failure");
  for (const auto& result : target("wrong").at("cases"))
    EXPECT_EQ(result.at("failure").at("message"),
              "the device computes in float32, the target file says int8_hybrid");
  EXPECT_EQ(target("healthy").at("verdict"), "pass");
}

INSTANTIATE_TEST_SUITE_P(, Failure, testing::ValuesIn(words(LSGD_DEVICE_VARIANTS)),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace lsgd
