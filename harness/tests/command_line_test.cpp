// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "description/project_files.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "result/packed_results.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

const std::string port = "float32_c99-host-gcc_O2";

/// Runs the real program, with an output directory of its own.
class CommandLine : public testing::Test {
 protected:
  int run(const std::string& arguments) {
    const std::string command = std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " >" +
                                file("stdout") + " 2>" + file("stderr");
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string file(const std::string& name) const { return (directory_.path() / name).string(); }
  std::string text(const std::string& name) const { return read_text(file(name), 1 << 26); }
  std::string run_arguments(const std::string& out) const {
    return "run --suite smoke --out " + file(out) + " ";
  }
  nlohmann::json results(const std::string& out) const {
    return read_whole_results(file(out) + "/results.json").value;
  }

  /// A target file for `command`, a TOML array.
  std::string target(const std::string& command) const {
    const std::string path = file("mine.toml");
    std::ofstream(path) << "format = \"lsgd-target/1\"\nname = \"mine\"\nport = \"float32_c99\"\n"
                           "platform = \"q\"\nvariant = \"r\"\nprofile = \"float32\"\n"
                           "timeout_seconds = 0.05\ncommand = "
                        << command << "\n";
    return path;
  }

  /// A target file for a built-in port with a budget.
  std::string target_with_budget(const std::string& budget) const {
    const std::string path = file("budget.toml");
    std::ofstream(path) << "format = \"lsgd-target/1\"\nname = \"mine\"\nport = \"float32_c99\"\n"
                           "platform = \"q\"\nvariant = \"r\"\nprofile = \"float32\"\n"
                           "command = [\""
                        << (built_in_targets_directory() / port).string() << "\"]\n[[budget]]\n"
                        << budget;
    return path;
  }

  TemporaryDirectory directory_;
};

TEST_F(CommandLine, MergesShardsIntoTheResultsOfTheWholeRun) {
  const std::string targets = "--target " + port + " --target int8_hybrid_c99-host-gcc_O2 ";
  ASSERT_EQ(run(run_arguments("whole") + targets), 0);
  for (const char* shard : {"1", "2", "3"})
    ASSERT_EQ(run(run_arguments(shard) + targets + "--shard " + shard + "/3"), 0);
  const auto of = [&](const char* out) { return file(out) + "/results.json "; };
  // Level 3's outcome is judged from trainings of all shards.
  ASSERT_EQ(run("merge " + of("2") + of("3") + of("1") + "--out " + file("merged")), 0);
  nlohmann::json whole = results("whole"), merged = results("merged");
  for (const char* own : {"timing", "benchmark", "recorded_selftest"}) {
    whole.erase(own);
    merged.erase(own);
  }
  EXPECT_EQ(merged, whole);

  const auto refuses = [&](const std::string& files, const char* expected) {
    EXPECT_EQ(run("merge " + files + "--out " + file("refused")), 2) << files;
    EXPECT_THAT(text("stderr"), HasSubstr(expected));
    EXPECT_FALSE(std::filesystem::exists(file("refused")));
  };
  refuses(of("1") + of("2"), "the results of all 3 shards, found none of 3/3");
  refuses(of("1") + of("2") + of("2"), "another shard than");
  refuses(of("whole"), "the results of one shard of a run");
  const nlohmann::json honest = results("1");
  const auto write = [&](const nlohmann::json& edited) {
    write_json(std::filesystem::path(file("1")) / "results.json", edited);
  };
  nlohmann::json edited = honest;
  nlohmann::json& found = edited["targets"][0]["cases"].back();
  found["verdict"] = "fail";
  write(edited);
  refuses(of("1") + of("2") + of("3"), "a case without a failure to have another verdict");
  EXPECT_EQ(run("diff " + of("whole") + of("1")), 2);

  edited = honest;
  edited["suite"]["seed"] = 8;
  write(edited);
  refuses(of("2") + of("1") + of("3"), "the same suite, seed and filter");
  edited = honest;
  edited["targets"][0]["build_identity"] = "another build";
  write(edited);
  refuses(of("2") + of("1") + of("3"), "the same targets, unchanged");
}

TEST_F(CommandLine, MergesAnyNumberOfShardsIntoTheSameBytes) {
  const auto but_times = [&](const std::string& out) {
    nlohmann::ordered_json of = nlohmann::ordered_json::parse(text(out + "/results.json"));
    for (const char* own : {"timing", "benchmark", "recorded_selftest"}) of.erase(own);
    return of.dump(2);
  };
  ASSERT_EQ(run(run_arguments("whole") + "--target " + port), 0);
  for (const int count : {1, 2, 7, 16}) {
    std::string parts;
    for (int index = count; index >= 1; --index) {
      const std::string part = std::to_string(index) + "_" + std::to_string(count);
      ASSERT_EQ(run(run_arguments(part) + "--target " + port + " --shard " + std::to_string(index) +
                    "/" + std::to_string(count)),
                0);
      EXPECT_THAT(text("stdout"), HasSubstr("a run, and says nothing of the whole"));
      parts += file(part) + "/results.json ";
    }
    ASSERT_EQ(run("merge " + parts + "--out " + file("merged")), 0) << text("stderr");
    EXPECT_EQ(but_times("merged"), but_times("whole")) << count;
    EXPECT_EQ(text("merged/cases.csv"), text("whole/cases.csv")) << count;
  }
}

TEST_F(CommandLine, MergesNoTargetThatRefusesWhatItTakesInAnotherShard) {
  std::string shards;
  for (const char* shard : {"1", "2", "3"}) {
    ASSERT_EQ(run(run_arguments(shard) + "--target " + port +
                  " --filter 'level1/dense_*' --shard " + shard + "/3"),
              0);
    shards += file(shard) + "/results.json ";
  }
  ASSERT_EQ(run("merge " + shards + "--out " + file("merged")), 0);

  // A case that the device is said not to support, with all that follows from it. No other case of
  // the shard is of its function.
  nlohmann::json edited = results("1");
  const std::string reason = "the port lacks the loss or an activation of this network";
  nlohmann::json& target = edited["targets"][0];
  nlohmann::json& skipped = target["cases"][0];
  ASSERT_EQ(skipped["id"], "level1/dense_15x2_tanh");
  skipped["verdict"] = "skipped";
  skipped["reason"] = reason;
  for (nlohmann::json& level : target["levels"])
    if (level["level"] == 1) {
      level["reason"] = "1 of " + level["cases_expected"].dump() + " cases skipped: " + reason;
      for (const char* count : {"cases_expected", "cases_executed"})
        level[count] = level[count].get<int>() - 1;
    }
  for (auto* count : {&edited["totals"]["cases"], &edited["suite"]["cases_expected"]})
    *count = count->get<int>() - 1;
  write_json(std::filesystem::path(file("1")) / "results.json", edited);
  EXPECT_EQ(run("merge " + shards + "--out " + file("refused")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("the device lacks what its target file states: "));
  // Where nothing is stated the other shards tell.
  for (const char* shard : {"1", "2", "3"}) {
    nlohmann::json silent = results(shard);
    silent["targets"][0].erase("capabilities");
    write_json(std::filesystem::path(file(shard)) / "results.json", silent);
  }
  EXPECT_EQ(run("merge " + shards + "--out " + file("refused")), 2);
  EXPECT_THAT(text("stderr"),
              HasSubstr("a target that refuses what it takes in other shards, too"));
}

TEST_F(CommandLine, UsageErrorsAreOneLineAndStatus2) {
  const std::vector<std::string> wrong{
      "",
      "fly",
      "run --suite",
      "run --suite huge",
      "run --target none",
      "run --shard 3/2",
      "run --filter level9 --target " + port,
      "run --jobs 0",
      "run extra",
      "list",
      "list stars",
      "report none.json",
      "report",
      "diff one.json",
      "history",
      "history none.json",
      "history none.json --out out",
      "vectors",
      "vectors verify no-such-directory",
      "vectors generate --model m --data d --profile float64 --steps 1 --out o",
      "run --target no-such-file.toml",
      "profile",
      "profile show",
      "profile show int9",
      "profile show no-such-file.toml",
      "profile show float32 --network 6-32-16-4",
      "profile canonical float32 --network 6-32-16-4"};
  for (const std::string& arguments : wrong) {
    EXPECT_EQ(run(arguments + (arguments.starts_with("run") ? " --out " + file("out") : "")), 2)
        << arguments;
    const std::string error = text("stderr");
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << arguments << ": " << error;
    EXPECT_FALSE(std::filesystem::exists(file("out") + "/results.json")) << arguments;
  }
}

TEST_F(CommandLine, TakesNumbersAsTheyAreWrittenOrRefusesThem) {
  const std::string a_run = "run --filter level0/float_add --target " + port + " --out " +
                            file("out") + " --suite smoke ";
  const std::string a_training =
      "train --data car --sizes 6-4-4 --activations tanh-sigmoid --loss bce --out " + file("m") +
      " ";
  for (const char* text : {"-1", "+1", "0x10", "1e3", "1.0", "' 1'", "1,", "9223372036854775808"})
    EXPECT_EQ(run(a_run + "--seed " + text), 2) << text;
  EXPECT_EQ(text("stderr"),
            "--seed: expected an integer from 0 to 9223372036854775807, found "
            "\"9223372036854775808\"\n");
  for (const char* text : {"0", "-0.1", "1e-60", "1e39", "nan", "inf", "0,1", "0.1x"})
    EXPECT_EQ(run(a_training + "--learning-rate " + text), 2) << text;
  EXPECT_EQ(text("stderr"),
            "--learning-rate: expected a number above 0 within binary32's range, found \"0.1x\"\n");
  EXPECT_EQ(run(a_training + "--epochs 1000001"), 2);
  // Neither octal nor rounded on the way.
  EXPECT_EQ(run(a_run + "--seed 09223372036854775807"), 0);
  EXPECT_EQ(results("out").at("suite").at("seed"), std::uint64_t{9223372036854775807});
  EXPECT_EQ(run(a_run + "--seed 010"), 0);
  EXPECT_EQ(results("out").at("suite").at("seed"), 10);
}

TEST_F(CommandLine, HelpAndListsAreStatus0) {
  for (const std::string& arguments : std::vector<std::string>{
           "--help", "--version", "run --help", "list suites", "list targets", "list profiles",
           "list cases --suite smoke", "doctor", "profile canonical int8_integer"}) {
    EXPECT_EQ(run(arguments), 0) << arguments;
    EXPECT_NE(text("stdout"), "") << arguments;
  }
}

TEST_F(CommandLine, ShowsWhatFollowsFromAProfile) {
  EXPECT_EQ(run("profile show int8_hybrid --network 6-32-16-4 --activations tanh-tanh-sigmoid"), 0);
  for (const char* part :
       {"range [-8, 7.9375]", "pre_activation   bits", "weight           acceptance set",
        "training state of 6-32-16-4 tanh-tanh-sigmoid: 1158 bytes", "not judged"})
    EXPECT_THAT(text("stdout"), HasSubstr(part));
}

TEST_F(CommandLine, APassingPortIsStatus0AndWritesEveryReport) {
  EXPECT_EQ(run(run_arguments("out") + "--target " + port), 0);
  EXPECT_THAT(text("stdout"), HasSubstr("not enough to claim conformance"));
  EXPECT_EQ(results("out").at("targets").at(0).at("verdict"), "pass");
  for (const char* name : {"index.html", "junit.xml", "summary.md", "cases.csv"})
    EXPECT_TRUE(std::filesystem::exists(file("out") + "/" + name)) << name;
  EXPECT_FALSE(std::filesystem::exists(file("out") + "/journal.jsonl"));
}

TEST_F(CommandLine, TwoRunsDifferInTimingOnlyWhateverTheNumberOfJobs) {
  const std::string targets = "--target " + port + " --target int8_hybrid_c99-host-gcc_O2 ";
  EXPECT_EQ(run(run_arguments("one") + targets + "--jobs 1"), 0);
  EXPECT_EQ(run(run_arguments("two") + targets + "--jobs 2"), 0);
  auto one = results("one"), two = results("two");
  one.erase("timing");
  two.erase("timing");
  EXPECT_EQ(one.dump(), two.dump());
  EXPECT_EQ(run("diff " + file("one/results.json") + " " + file("two/results.json")), 0);
  EXPECT_EQ(text("stdout"), "no difference\n");
}

TEST_F(CommandLine, DrawsTheHistoryOfRuns) {
  const std::string some = "--filter 'level0/*' --target " + port;
  EXPECT_EQ(run(run_arguments("one") + some), 0);
  EXPECT_EQ(run(run_arguments("two") + some + " --seed 9"), 0);
  const std::string files = "history " + file("one/results.json") + " " + file("two/results.json");
  EXPECT_EQ(run(files + " --out " + file("past")), 0);
  EXPECT_EQ(text("stdout"), "history: " + file("past/history.html") + "\n");
  const std::string page = text("past/history.html");
  EXPECT_THAT(page, HasSubstr("The target passes its last run"));
  EXPECT_THAT(page, HasSubstr("The runs are of several seeds"));
  EXPECT_EQ(run(files + " --out " + file("past")), 0);
  EXPECT_EQ(text("past/history.html"), page);

  nlohmann::json edited = results("two");
  edited["totals"]["passed"] = 0;
  write_json(file("two/results.json"), edited);
  EXPECT_EQ(run(files + " --out " + file("no_past")), 2);
  EXPECT_THAT(text("stderr"), testing::MatchesRegex("[^\n]*two/results.json:[0-9]+: [^\n]+\n"));
  EXPECT_FALSE(std::filesystem::exists(file("no_past")));
}

TEST_F(CommandLine, MeasuresTheOtherTargetsWhereADeviceFails) {
  EXPECT_EQ(run("measure " + target(R"(["/bin/false"])") + " " + port), 3);
  EXPECT_THAT(text("stdout"), HasSubstr("mine: not measured, the device failed: "));
  EXPECT_THAT(text("stdout"), HasSubstr(port + ": passes, as declared\n"));
  EXPECT_THAT(text("stdout"),
              HasSubstr("float32: declared as measured 1 of 2 targets pass levels 0 to 2 of suite "
                        "smoke; measured as declared 1, narrower 0, wider 0, otherwise 0\n"));
}

TEST_F(CommandLine, RepeatsAFailureOfASuiteOfOnesOwnByItsFile) {
  const std::string suite = file("own.toml");
  std::ofstream(suite) << "format = \"lsgd-suite/1\"\nname = \"own\"\ndescription = \"d\"\n"
                          "seed = 1\ngolden = [\"level1_float32\"]\ngolden_stride = 50\n";
  const std::string wrong = file("wrong.toml");
  std::ofstream(wrong) << "format = \"lsgd-target/1\"\nname = \"mine\"\nport = \"float32_c99\"\n"
                          "platform = \"q\"\nvariant = \"r\"\nprofile = \"float32\"\n"
                          "command = [\""
                       << (built_in_targets_directory() / port).string()
                       << "\"]\n[arithmetic]\nfused_multiply_add = \"no\"\n"
                          "summation_order = \"descending\"\nbias_position = \"first\"\n"
                          "update_product = \"learning_rate_times_delta\"\n";
  EXPECT_EQ(run("run --suite " + suite + " --target " + wrong + " --out " + file("out")), 1);
  EXPECT_THAT(text("stdout"), HasSubstr("repeat    lsgd-conform run --suite " + suite));
  EXPECT_THAT(text("stdout"), testing::Not(HasSubstr("catches")));
  EXPECT_THAT(text("stdout"), testing::ContainsRegex("fail, [0-9]+ of [0-9]+ "));
  EXPECT_EQ(run("report " + file("out/results.json")), 0) << text("stderr");
}

TEST_F(CommandLine, NoOutputNamesADirectoryOfThisMachine) {
  EXPECT_EQ(run(run_arguments("out") + "--filter 'level0/*' --target " + port), 0);
  for (const char* name : {"results.json", "index.html", "junit.xml", "summary.md", "cases.csv"})
    EXPECT_EQ(text(std::string("out/") + name).find(directory_.path().string()), std::string::npos);
  EXPECT_EQ(text("out/results.json").find(LSGD_CONFORM_PROGRAM), std::string::npos);
}

TEST_F(CommandLine, ReportRendersTheSameFromResultsAlone) {
  EXPECT_EQ(run(run_arguments("out") + "--filter 'level0/*' --target " + port), 0);
  EXPECT_EQ(run("report " + file("out/results.json") + " --out " + file("again")), 0);
  EXPECT_EQ(text("again/index.html"), text("out/index.html"));
}

TEST_F(CommandLine, ShardsTogetherRunEveryCase) {
  const std::string arguments = "--filter 'level1/*' --target " + port;
  EXPECT_EQ(run(run_arguments("all") + arguments), 0);
  std::size_t executed = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    EXPECT_EQ(run(run_arguments("part") + arguments + " --shard " + shard), 0);
    executed += results("part").at("totals").at("cases").get<std::size_t>();
  }
  EXPECT_EQ(executed, results("all").at("totals").at("cases").get<std::size_t>());
}

TEST_F(CommandLine, ADeviceThatCrashesHangsOrBabblesIsStatus3) {
  for (const char* command :
       {R"(["sh", "-c", "kill -SEGV $$"])", R"(["sleep", "100"])", R"(["yes"])", R"(["./none"])"}) {
    EXPECT_EQ(run(run_arguments("out") + "--filter level0/float_add --target " + target(command)),
              3)
        << command;
    EXPECT_EQ(results("out").at("targets").at(0).at("verdict"), "device_failure") << command;
  }
}

TEST_F(CommandLine, FirmwareOfAnotherPortIsStatus3) {
  std::ofstream(file("swapped.toml"))
      << "format = \"lsgd-target/1\"\nname = \"swapped\"\nport = \"float32_mine\"\nplatform = "
         "\"host\"\nvariant = \"r\"\nprofile = \"float32\"\ncommand = [\""
      << (built_in_targets_directory() / port).string() << "\"]\n";
  EXPECT_EQ(
      run(run_arguments("out") + "--filter level0/float_add --target " + file("swapped.toml")), 3);
  EXPECT_THAT(text("stdout"),
              HasSubstr("the device calls its port \"float32_c99\", the target file "
                        "\"float32_mine\""));
}

TEST_F(CommandLine, ADeviceFailureDoesNotStopTheOtherTargets) {
  EXPECT_EQ(run(run_arguments("out") + "--filter 'level0/*' --target " + target(R"(["false"])") +
                " --target " + port),
            3);
  EXPECT_EQ(results("out").at("targets").at(1).at("verdict"), "pass");
}

TEST_F(CommandLine, MutantsAreStatus1AndTheFirstWrongElementIsNamed) {
  for (const std::string& mutant : std::vector<std::string>{
           "float32_c99.output_delta_sign", "int8_hybrid_c99.rounding_term_missing",
           "int8_hybrid_c99.shifts_stale_after_update", "sgd_classic.gradient_ascent"}) {
    EXPECT_EQ(run(run_arguments("out") + "--target " + mutant + "-host-gcc_O2"), 1) << mutant;
    const std::string output = text("stdout");
    for (const char* part : {"layer 1", "tensor", "index", "expected", "got", "repeat"})
      EXPECT_THAT(output, HasSubstr(part)) << mutant;
  }
}

TEST_F(CommandLine, ABudgetOverrunIsStatus1AndNamesQuantityMeasurementAndLimit) {
  const std::string arguments = run_arguments("out") + "--filter level4/car --target ";
  EXPECT_EQ(run(arguments + target_with_budget("network = \"car\"\nstack_bytes = 65536\n")), 0);
  EXPECT_EQ(run(arguments + target_with_budget("network = \"car\"\nstack_bytes = 1\n")), 1);
  EXPECT_THAT(text("stdout"), testing::ContainsRegex("level4/car: stack bytes [0-9]+, budget 1\n"));
  const auto target = results("out").at("targets").at(0);
  EXPECT_EQ(target.at("levels").back().at("level"), 4);
  EXPECT_EQ(target.at("levels").back().at("verdict"), "fail");
}

TEST_F(CommandLine, ABudgetThatNothingIsComparedWithIsStatus2) {
  EXPECT_EQ(run("run --filter level4/car --out " + file("out") + " --target " +
                target_with_budget("network = \"cra\"\nstack_bytes = 1\n")),
            2);
  EXPECT_THAT(text("stderr"), HasSubstr("a budget for a network that the suite measures"));
}

TEST_F(CommandLine, SelftestCatchesAMutantAndAcceptsAPort) {
  EXPECT_EQ(run("selftest --suite smoke --out " + file("out") + " --target " + port +
                " --target float32_c99.bias_not_updated-host-gcc_O2"),
            0)
      << text("stdout");
  const nlohmann::json mutant = results("out").at("selftest").at("mutants").at(0);
  EXPECT_EQ(mutant.at("verdict"), "caught");
  EXPECT_EQ(mutant.at("caught_by").at("level"), 1);
  EXPECT_EQ(results("out").at("targets").at(0).at("verdict"), "pass");
}

TEST_F(CommandLine, SelftestReportsAPortThatIsCalledAMutantAsMissed) {
  const std::string planted = file("planted.toml");
  std::ofstream(planted)
      << "format = \"lsgd-target/1\"\nname = \"planted\"\nport = \"float32_c99\"\n"
         "platform = \"q\"\nvariant = \"r\"\nprofile = \"float32\"\n"
         "kind = \"mutant\"\ncommand = [\""
      << (built_in_targets_directory() / port).string()
      << "\"]\n[mutant]\ndescription = \"none\"\n";
  EXPECT_EQ(run("selftest --suite smoke --out " + file("out") + " --target " + planted), 1);
  EXPECT_THAT(text("stdout"), HasSubstr("missed     planted: none"));
  EXPECT_EQ(results("out").at("selftest").at("verdict"), "fail");
  EXPECT_THAT(text("out/summary.md"), HasSubstr("- `planted`: `none`"));
}

TEST_F(CommandLine, SelftestRefusesAPatternThatFitsNothing) {
  EXPECT_EQ(run("selftest --suite smoke --out " + file("out") + " --target 'no_such*'"), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("--target: expected a target file"));
}

TEST_F(CommandLine, InterruptedRunsResume) {
  const std::string arguments = "--filter 'level[01]/*' --target " + port + " ";
  EXPECT_EQ(run(run_arguments("whole") + arguments), 0);
  const std::string killed = "timeout -s KILL 0.15 " + std::string(LSGD_CONFORM_PROGRAM) + " " +
                             run_arguments("killed") + arguments + " >" + file("log") + " 2>&1";
  [[maybe_unused]] const int status = std::system(killed.c_str());
  EXPECT_EQ(run(run_arguments("killed") + arguments + "--resume"), 0);
  auto whole = results("whole"), resumed = results("killed");
  for (nlohmann::json* results : {&whole, &resumed}) {
    results->erase("timing");
    results->at("totals").erase("cases_resumed");
  }
  EXPECT_EQ(resumed.dump(), whole.dump());
}

}  // namespace
}  // namespace lsgd
