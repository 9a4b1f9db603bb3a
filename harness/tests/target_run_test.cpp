// SPDX-License-Identifier: Apache-2.0
#include "run/target_run.hpp"

#include <cstdio>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <stdexcept>

#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "mock_device.hpp"
#include "run/case_selection.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

/// Runs the tiny workload on mock devices.
class TargetRun : public testing::Test {
 protected:
  TargetResult run(MockState& state, bool resume = false, const CaseSelection& selection = {}) {
    const TargetPlan plan{target_, cases_, select(cases_, selection), "tiny", 77, key_};
    Journal journal(directory_.path() / "journal.jsonl", resume);
    Progress progress(quiet_, plan.selected_cases.size(), 1);
    return run_target(
        plan, [&state] { return std::make_unique<MockDevice>(state); }, journal, progress);
  }

  static nlohmann::ordered_json cases_json(const TargetResult& result) {
    nlohmann::ordered_json cases = nlohmann::ordered_json::array();
    for (const FinishedCase& finished : result.cases) cases.push_back(finished.json);
    return cases;
  }

  /// Rewrites the journal as its owner can: with the digests that follow. `edit` gets each entry.
  void forge_journal(const std::function<void(nlohmann::ordered_json&)>& edit) const {
    const auto file = directory_.path() / "journal.jsonl";
    std::ifstream stream(file);
    std::string forged, chain;
    for (std::string line; std::getline(stream, line);) {
      auto entry = nlohmann::ordered_json::parse(line);
      entry.erase("chain");
      edit(entry);
      chain = sha256_of(chain + Journal::text(entry));
      entry["chain"] = chain;
      forged += Journal::text(entry) + "\n";
    }
    write_file(file, forged);
  }

  std::string error_of_resuming() {
    MockState state;
    try {
      run(state, true);
    } catch (const InputError& error) {
      const std::string text = error.what();
      return text.substr(text.rfind("journal.jsonl"));
    }
    return "no error";
  }

  ~TargetRun() override { std::fclose(quiet_); }

  TemporaryDirectory directory_;
  Target target_ = mock_target();
  std::vector<ConformanceCase> cases_ = tiny_cases();
  std::string key_ = "key";
  std::FILE* quiet_ = std::fopen("/dev/null", "w");
};

TEST_F(TargetRun, PassesAPerfectDevice) {
  MockState state;
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::pass);
  ASSERT_EQ(result.levels.size(), 1u);
  EXPECT_EQ(result.levels[0].count.expected(), 6u);
  EXPECT_EQ(result.levels[0].count.executed, 6u);
  EXPECT_EQ(result.build_identity, "aaaaaaaaaaaaaaaa");
  EXPECT_EQ(state.connections, 1);
  for (const FinishedCase& finished : result.cases) {
    EXPECT_EQ(finished.json.at("exact_order").at("mismatches"), 0);
    EXPECT_LE(finished.json.at("worst").at("bound_fraction").get<double>(), 1);
    EXPECT_EQ(finished.stack_bytes, 96u);
  }
}

TEST_F(TargetRun, NamesTheFirstWrongElement) {
  MockState state{.fault = Fault::wrong_element};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.levels[0].count.failed, 6u);
  const auto& failure = result.cases[0].json.at("failure");
  EXPECT_EQ(failure.at("step"), 1);
  EXPECT_EQ(failure.at("layer"), 1);
  EXPECT_EQ(failure.at("tensor"), "W1");
  EXPECT_EQ(failure.at("neuron"), 3);
  EXPECT_EQ(failure.at("index"), 11);
  EXPECT_EQ(failure.at("repeat"),
            "lsgd-conform run --suite tiny --target mock --filter 'level2/tiny/1' --seed 77");
}

TEST_F(TargetRun, NeverPassesNotANumber) {
  MockState state{.fault = Fault::not_a_number};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_THAT(result.cases[0].json.at("failure").at("got").get<std::string>(), HasSubstr("nan"));
  EXPECT_TRUE(result.cases[0].json.at("worst").at("bound_fraction").is_null());
}

TEST_F(TargetRun, NoticesAForwardPassThatTrains) {
  MockState state{.fault = Fault::forward_trains};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_THAT(result.cases[0].json.at("failure").at("message").get<std::string>(),
              HasSubstr("forward pass changed a parameter"));
}

TEST_F(TargetRun, RepeatsTheCaseOnceWhenADeviceDiesAndComesBack) {
  MockState healthy;
  const auto undisturbed = cases_json(run(healthy));
  MockState state{.fault = Fault::crash, .healthy_steps = 6, .faults_left = 1};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_EQ(state.connections, 2);
  EXPECT_EQ(cases_json(result), undisturbed);
}

TEST_F(TargetRun, BlamesTheCaseThatKillsTheDeviceTwiceAndGoesOn) {
  MockState state{.fault = Fault::hang, .healthy_steps = 6, .faults_left = 2};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_EQ(result.levels[0].count.failed, 1u);
  EXPECT_EQ(result.levels[0].count.executed, 6u);
  EXPECT_EQ(result.cases[1].json.at("verdict"), "device_failure");
  EXPECT_EQ(result.cases[2].json.at("verdict"), "pass");
}

TEST_F(TargetRun, GivesUpADeviceThatNeverAnswers) {
  MockState state{.fault = Fault::hang};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_EQ(result.cases.size(), 1u);
  EXPECT_EQ(result.levels[0].count.expected(), 6u);
  EXPECT_EQ(result.levels[0].reason, "the device never stated what it is and was given up");
  EXPECT_EQ(result.build_identity, "");
}

TEST_F(TargetRun, GivesUpADeviceThatAnswersNoMoreAfterFiveCases) {
  MockState state{.fault = Fault::hang, .healthy_steps = 2};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_EQ(result.cases.size(), 5u);
}

TEST_F(TargetRun, RefusesFirmwareOfAnotherArithmetic) {
  MockState state;
  const auto message = [&] {
    const TargetResult result = run(state);
    EXPECT_EQ(result.verdict, Verdict::device_failure);
    return result.cases[0].json.at("failure").at("message").get<std::string>();
  };
  state.arithmetic = LSGD_ARITHMETIC_INT8_HYBRID;
  EXPECT_EQ(message(), "the device computes in int8_hybrid, the target file says float32");
  state.arithmetic = LSGD_ARITHMETIC_FLOAT32;
  state.arithmetic.digest[0] = 0xab;
  state.arithmetic.digest[1] = 0xcd;
  EXPECT_THAT(message(), testing::MatchesRegex(
                             "the device computes in an arithmetic that this program does not know "
                             "\\(digest abcd[0-9a-f]{60}\\), the target file says float32"));
  state.arithmetic = LSGD_ARITHMETIC_FLOAT32;
  state.arithmetic.tensors[LSGD_TENSOR_BIASES].bytes = 2;
  EXPECT_EQ(
      message(),
      "the device states codes of 2 bytes and extent 2 for its biases, and float32 has 4 and 2");
}

// What one device makes the host stumble over must not end the run of the others.
TEST_F(TargetRun, TakesAnExceptionInsideACaseForThatCasesFailure) {
  MockState state;
  cases_[2].run = [](AgentSession&, const ArithmeticModel&) -> CaseResult {
    throw std::length_error("too long");
  };
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_EQ(result.levels[0].count.failed, 1u);
  EXPECT_EQ(result.cases[2].json.at("verdict"), "device_failure");
  EXPECT_EQ(result.cases[2].json.at("failure").at("message"),
            "the case could not be judged: too long");
  EXPECT_EQ(result.cases[3].json.at("verdict"), "pass");
}

TEST_F(TargetRun, NoticesADeviceThatComesBackWithOtherCapacities) {
  MockState state{.fault = Fault::hang, .healthy_steps = 6, .faults_left = 1};
  cases_[2].run = [&state, run = cases_[2].run](AgentSession& session,
                                                const ArithmeticModel& model) {
    state.capacities.parameters += 1;
    return run(session, model);
  };
  EXPECT_EQ(run(state).verdict, Verdict::pass);  // it never had to come back after that
  state = {.fault = Fault::hang, .healthy_steps = 13, .faults_left = 1};
  EXPECT_EQ(run(state).verdict, Verdict::device_failure);
}

TEST_F(TargetRun, NeverAsksADeviceAgainThatStatedWhatCannotBe) {
  MockState state{.fault = Fault::misstates_at_first};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_EQ(state.connections, 1);
  for (const FinishedCase& finished : result.cases)
    EXPECT_EQ(finished.json.at("failure").at("message"),
              "the device states room for 0 layers, not for 1 to 64");
}

TEST_F(TargetRun, NeverResumesFromResultsOfADeviceThatStatedOtherCapacities) {
  MockState first;
  run(first);
  MockState second;
  second.capacities.parameters -= 1;
  EXPECT_EQ(run(second, true).cases_resumed, 0u);
  EXPECT_EQ(second.steps, first.steps);
}

TEST_F(TargetRun, RefusesFirmwareOfAnotherBuild) {
  target_.build_identity = "aaaaaaaaaaaaaaaa";
  MockState right;
  EXPECT_EQ(run(right).verdict, Verdict::pass);
  MockState wrong{.fault = Fault::other_build};
  EXPECT_EQ(run(wrong).verdict, Verdict::device_failure);
}

TEST_F(TargetRun, WithoutCasesIsNoPass) {
  MockState state;
  EXPECT_EQ(run(state, false, {"level9/*", {}}).verdict, Verdict::incomplete);
}

TEST_F(TargetRun, SkippedKernelsAreNoPass) {
  MockState state{.fault = Fault::none};
  for (ConformanceCase& conformance_case : cases_)
    conformance_case.run = [](AgentSession&, const ArithmeticModel&) {
      return CaseResult::skipped("too large");
    };
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::incomplete);
  EXPECT_EQ(result.levels[0].verdict, Verdict::skipped);
  EXPECT_EQ(result.levels[0].reason, "too large");
}

TEST_F(TargetRun, ResumesWithTheSameResultAndWithoutRepeatingACase) {
  MockState whole;
  const auto expected = cases_json(run(whole));
  MockState first_half;
  run(first_half, false, {std::nullopt, Shard{1, 2}});
  {
    std::ofstream journal(directory_.path() / "journal.jsonl", std::ios::app);
    journal << "{\"key\": \"cut off";
  }
  MockState second_half;
  const auto resumed = cases_json(run(second_half, true));
  EXPECT_EQ(resumed, expected);
  EXPECT_EQ(first_half.steps + second_half.steps, whole.steps);
}

TEST_F(TargetRun, KeepsTheResultsOfADeviceThatDidNotAnswerAtFirst) {
  MockState late{.fault = Fault::hang, .faults_left = 1};
  EXPECT_EQ(run(late).verdict, Verdict::pass);
  MockState again;
  EXPECT_EQ(run(again, true).verdict, Verdict::pass);
  EXPECT_EQ(again.steps, 0);
}

TEST_F(TargetRun, NeverResumesFromResultsOfOtherFirmwareTargetOrVectors) {
  MockState first;
  run(first);
  MockState other_firmware{.fault = Fault::other_build};
  run(other_firmware, true);
  EXPECT_EQ(other_firmware.steps, first.steps);
  key_ = "other vectors";
  MockState other_vectors;
  run(other_vectors, true);
  EXPECT_EQ(other_vectors.steps, first.steps);
  key_ = "key";
  target_.digest = "other declaration";
  MockState other_target;
  run(other_target, true);
  EXPECT_EQ(other_target.steps, first.steps);
}

TEST_F(TargetRun, NeverResumesFromResultsOfAnotherFileThatTheCommandNames) {
  target_.directory = directory_.path();
  target_.command = {"./mock", "--image=firmware"};
  const auto write_firmware = [&](const char* text) {
    std::ofstream(directory_.path() / "firmware") << text;
  };
  write_firmware("one");
  MockState first;
  const TargetResult whole = run(first);
  ASSERT_EQ(whole.files.size(), 1u);
  EXPECT_EQ(whole.files[0].name, "firmware");
  MockState same;
  const TargetResult resumed = run(same, true);
  EXPECT_EQ(same.steps, 0);
  EXPECT_EQ(resumed.cases_resumed, 6u);
  write_firmware("another");  // with the same build identity
  MockState swapped;
  EXPECT_EQ(run(swapped, true).cases_resumed, 0u);
  EXPECT_EQ(swapped.steps, first.steps);
}

TEST_F(TargetRun, ARefusalOfWhatItTakesElsewhereIsAFailure) {
  const auto configures = [](const char* id, const char* sizes) {
    ConformanceCase conformance_case = tiny_cases().front();
    conformance_case.id = id;
    conformance_case.run = [=](AgentSession& session, const ArithmeticModel&) {
      const Network network = network_from_text(sizes, "tanh-sigmoid", "bce");
      return session.configure(network) == Configured::yes ? CaseResult{}
                                                           : CaseResult::skipped("unsupported");
    };
    return conformance_case;
  };
  cases_ = {configures("level2/wide", "300-4-2"), configures("level2/narrow", "3-4-2")};
  MockState state{.fault = Fault::lacks_wide_networks};
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(
      result.cases[0].json.at("failure").at("message"),
      "the device refused 300-4-2 tanh-sigmoid bce as unsupported and took others with each of its "
      "functions, such as 3-4-2 tanh-sigmoid bce: it is the shape 300-4-2 that it does not take; "
      "its target file names no shapes; a port of fixed shapes names them in [[network]]");
  EXPECT_EQ(result.cases[1].json.at("verdict"), "pass");
  MockState again{.fault = Fault::lacks_wide_networks};
  EXPECT_EQ(cases_json(run(again, true)), cases_json(result));
  EXPECT_EQ(again.connections, 1);
}

/// What a failing case says.
std::string message_of(const FinishedCase& finished) {
  return finished.json.at("failure").is_null()
             ? finished.json.at("verdict").get<std::string>()
             : finished.json.at("failure").at("message").get<std::string>();
}

TEST_F(TargetRun, ARefusalOfWhatItsTargetFileStatesIsAFailure) {
  target_.capabilities = Capabilities{{"sigmoid", "tanh"}, {"bce"}, {}, {}};
  MockState able;
  EXPECT_EQ(run(able).verdict, Verdict::pass);
  MockState unable{.fault = Fault::lacks_tanh};
  const TargetResult result = run(unable);
  EXPECT_EQ(result.verdict, Verdict::fail);
  for (const FinishedCase& finished : result.cases)
    EXPECT_EQ(message_of(finished),
              "the device lacks what its target file states: activation sigmoid with activation "
              "tanh with loss bce, which it refused as unsupported");
  MockState again{.fault = Fault::lacks_tanh};
  EXPECT_EQ(cases_json(run(again, true)), cases_json(result));
  // Where it is not stated the case runs with the network that stands in.
  target_.capabilities->activations = {"sigmoid", "relu"};
  MockState honest{.fault = Fault::lacks_tanh};
  EXPECT_EQ(run(honest).verdict, Verdict::pass);
}

TEST_F(TargetRun, AnAbilityThatItsTargetFileDoesNotStateIsAFailure) {
  target_.capabilities = Capabilities{{"sigmoid", "tanh"}, {"mse"}, {}, {}};
  MockState state;
  const TargetResult result = run(state);
  EXPECT_EQ(result.verdict, Verdict::fail);
  for (const FinishedCase& finished : result.cases)
    EXPECT_EQ(message_of(finished),
              "the device does what its target file does not state: loss bce is not in "
              "[capabilities]");
}

TEST_F(TargetRun, AFailureKeepsItsOwnMessageWhateverIsStated) {
  target_.capabilities = Capabilities{{}, {}, {}, {}};
  MockState state{.fault = Fault::wrong_element};
  const TargetResult result = run(state);
  EXPECT_EQ(result.cases[0].json.at("failure").at("tensor"), "W1");
  EXPECT_THAT(message_of(result.cases[0]), testing::Not(HasSubstr("target file")));
}

TEST_F(TargetRun, AVerdictEditedInTheJournalIsJudgedAgainAndRefused) {
  MockState wrong{.fault = Fault::wrong_element};
  EXPECT_EQ(run(wrong).verdict, Verdict::fail);
  forge_journal([](nlohmann::ordered_json& entry) {
    auto& judged = entry.at("case");
    if (judged.at("id") != "level2/tiny/3") return;
    judged["verdict"] = "pass";
    judged["failure"] = nullptr;
    judged["worst"]["bound_fraction"] = 0.5;
  });
  EXPECT_EQ(error_of_resuming(),
            "journal.jsonl:3: expected what the answers of the device to level2/tiny/3 give, which "
            "is fail; without --resume the run starts afresh");
}

TEST_F(TargetRun, OneFigureEditedInTheJournalIsRefused) {
  for (const char* figure : {"elements", "clause", "level"}) {
    MockState state;
    run(state);
    forge_journal([&](nlohmann::ordered_json& entry) { entry.at("case").at(figure) = 7; });
    EXPECT_THAT(error_of_resuming(), HasSubstr("journal.jsonl:1: expected what the answers of "))
        << figure;
  }
}

TEST_F(TargetRun, AnswersOfAnotherCaseInTheJournalAreRefused) {
  MockState state;
  run(state);
  std::string first;
  forge_journal([&](nlohmann::ordered_json& entry) {
    if (first.empty()) first = entry.at("answers");
    entry.at("answers") = first;
  });
  EXPECT_THAT(error_of_resuming(), HasSubstr("journal.jsonl:2: expected "));
  forge_journal([](nlohmann::ordered_json& entry) { entry.at("answers") = "AAAA"; });
  EXPECT_EQ(error_of_resuming(),
            "journal.jsonl:1: expected the answers of a device; without "
            "--resume the run starts afresh");
}

TEST_F(TargetRun, TriesADeviceFailureAgainWhenResumed) {
  MockState broken{.fault = Fault::hang, .healthy_steps = 6, .faults_left = 2};
  EXPECT_EQ(run(broken).verdict, Verdict::device_failure);
  MockState repaired;
  EXPECT_EQ(run(repaired, true).verdict, Verdict::pass);
  EXPECT_EQ(repaired.steps, 4);
}

}  // namespace
}  // namespace lsgd
