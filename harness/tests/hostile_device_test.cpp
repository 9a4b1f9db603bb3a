// SPDX-License-Identifier: Apache-2.0

// Whole runs on a device whose line, or whose word, cannot be trusted (hostile_device.cpp).
#include <algorithm>
#include <chrono>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "device/device_error.hpp"
#include "device/process_stream.hpp"
#include "longest_training.hpp"
#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr std::uint8_t hello = 1;

// Where no fault is silence nobody has to wait for it, and a busy machine is no fault.
constexpr double patient_seconds = 60;
// Where devices are silent as often as they like, or once.
constexpr double seconds_of_many_silences = 1;
constexpr double seconds_of_one_silence = 5;

struct FaultLine {
  std::string name;
  int opcode = 0;
};

/// Runs a quarter of hostile.toml, some of every level, on hostile devices.
class HostileDevice : public testing::TestWithParam<const Profile*> {
 protected:
  HostileDevice() {
    const auto results = run({device("none", 0, 0)});
    honest_steps_ = count("none-0", "steps");
    longest_case_ = longest_training(results);
    for (const auto& found : results.at("targets").at(0).at("cases"))
      honest_[found.at("id")] = comparable(found);
    EXPECT_EQ(results.at("targets").at(0).at("verdict"), "pass");
  }

  /// A device that commits `fault` `times` times; its name is FAULT-SEED.
  Target device(const std::string& fault, int seed, int times,
                double timeout_seconds = patient_seconds) const {
    Target target;
    target.name = target.selector = fault + "-" + std::to_string(seed);
    target.port = GetParam()->name() + "_c99";
    target.platform = "host";
    target.variant = "none";
    target.profile = GetParam();
    target.arithmetic = {.fused_multiply_add = FusedMultiplyAdd::no,
                         .summation_order = SummationOrder::ascending,
                         .bias_position = BiasPosition::first,
                         .update_product = UpdateProduct::learning_rate_times_delta};
    target.timeout_seconds = timeout_seconds;
    target.directory = "/";
    target.requests_ahead = true;
    const auto directory = directory_.path() / target.name;
    std::filesystem::create_directories(directory);
    if (fault != "none")
      std::filesystem::copy_file(directory_.path() / "none-0" / "replies", directory / "replies");
    target.command = {std::string(LSGD_HOSTILE_DEVICE).append(GetParam()->name()), fault,
                      std::to_string(seed), std::to_string(times), directory};
    return target;
  }

  Json run(const std::vector<Target>& targets) const {
    RunRequest request;
    request.suite = read_suite(LSGD_HOSTILE_SUITE);
    request.targets = targets;
    request.selection.filter = "level*[13drt]";
    request.out = directory_.path() / "out";
    request.jobs = 24;  // they wait more than they compute
    request.is_explained = false;
    return run_suite(request);
  }

  /// Seeds of this profile alone: what sees through a fault is the same for all profiles, so each
  /// shows it other strokes.
  static std::vector<int> seeds(int count) {
    const auto& profiles = built_in_profiles();
    const auto index = std::ranges::find(profiles, GetParam()) - profiles.begin();
    std::vector<int> seeds(static_cast<std::size_t>(count));
    std::iota(seeds.begin(), seeds.end(), static_cast<int>(index) * count + 1);
    return seeds;
  }

  /// Runs the faults with `count` seeds each.
  Json run(const std::vector<std::string>& faults, int count, int times,
           double timeout_seconds = patient_seconds) const {
    std::vector<Target> targets;
    for (const std::string& fault : faults)
      for (const int seed : seeds(count))
        targets.push_back(device(fault, seed, times, timeout_seconds));
    return run(targets);
  }

  std::size_t count(const std::string& target, const std::string& file) const {
    std::ifstream stream(directory_.path() / target / file);
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(stream), {}, '\n'));
  }

  /// The capacities that each HELLO of claims_capacities stated.
  std::vector<Capacities> stated(const std::string& target) const {
    std::ifstream stream(directory_.path() / target / "stated");
    std::vector<Capacities> all;
    for (Capacities c; stream >> c.layers >> c.inputs >> c.width >> c.activations >> c.parameters;)
      all.push_back(c);
    return all;
  }

  std::vector<FaultLine> faults(const std::string& target) const {
    std::ifstream stream(directory_.path() / target / "faults");
    std::vector<FaultLine> lines;
    for (FaultLine line; stream >> line.name >> line.opcode;) lines.push_back(line);
    return lines;
  }

  /// A case without what names the target, and without why it was skipped: that may count others.
  static Json comparable(Json found) {
    if (found.at("failure").is_object()) found.at("failure").erase("repeat");
    if (found.at("verdict") == "skipped") found.erase("reason");
    return found;
  }

  /// No case is judged by anything but what the device really computed, and nothing is left out of
  /// a pass.
  void expect_only_earned_passes(const Json& target) const {
    std::size_t passed = 0;
    for (const auto& found : target.at("cases")) {
      if (found.at("verdict") == "device_failure") continue;
      EXPECT_EQ(comparable(found), honest_.at(found.at("id"))) << target.at("name");
      ++passed;
    }
    EXPECT_EQ(target.at("verdict") == "pass", passed == honest_.size()) << target.at("name");
  }

  TemporaryDirectory directory_;
  std::map<std::string, Json> honest_;
  std::size_t honest_steps_ = 0;
  std::size_t longest_case_ = 0;  ///< in training steps
};

TEST_P(HostileDevice, NeverEarnsAPassOrAWrongVerdictByWhatTheLineDoes) {
  const auto results = run({"any"}, 15, 1'000'000, seconds_of_many_silences);
  std::set<std::string> seen;
  for (const auto& target : results.at("targets")) {
    expect_only_earned_passes(target);
    for (const FaultLine& fault : faults(target.at("name"))) seen.insert(fault.name);
  }
  EXPECT_GE(seen.size(), 15u);  // else the seeds prove less than they seem to
}

TEST_P(HostileDevice, RepeatsNoMoreThanTheCaseThatARareFaultStruck) {
  constexpr int times = 1;
  const auto results =
      run({"drop_request", "corrupt_request", "drop_reply", "duplicate_reply", "reorder_replies",
           "truncate_reply", "corrupt_reply", "delay_reply", "wrong_case", "yesterday", "flood",
           "flood_of_frames", "flood_of_diagnostics", "hang", "die", "reset"},
          1, times, seconds_of_one_silence);
  for (const auto& target : results.at("targets")) {
    const std::string name = target.at("name");
    expect_only_earned_passes(target);
    EXPECT_EQ(target.at("verdict"), "pass") << name;
    EXPECT_LE(count(name, "steps"), honest_steps_ + longest_case_) << name;
    EXPECT_LE(faults(name).size(), 1u) << name;
  }
}

TEST_P(HostileDevice, NeverPassesOnceItsBuildHasChanged) {
  const auto results = run({"other_build_after_death", "reset_to_other_build", "two_boards"}, 3, 1,
                           seconds_of_one_silence);
  std::size_t struck = 0;
  for (const auto& target : results.at("targets")) {
    const auto committed = faults(target.at("name"));
    expect_only_earned_passes(target);
    // Whoever changes before it has ever answered has not changed.
    if (committed.empty()) continue;
    if (committed[0].opcode == hello && committed[0].name != "two_boards") continue;
    ++struck;
    EXPECT_EQ(target.at("verdict"), "device_failure") << target.at("name");
  }
  EXPECT_GE(struck, 3u);
}

TEST_P(HostileDevice, NeverPassesOnceItHasStatedItselfOtherwise) {
  constexpr int times = 2;  // it dies, and returns with one bit of its statement changed
  const auto results = run({"returns_otherwise"}, 10, times);
  std::size_t returned = 0;
  for (const auto& target : results.at("targets")) {
    const std::string name = target.at("name");
    expect_only_earned_passes(target);
    if (faults(name).size() < times) continue;
    ++returned;
    EXPECT_EQ(target.at("verdict"), "device_failure") << name;
    EXPECT_EQ(count(name, "starts"), 2u) << name;
  }
  EXPECT_GE(returned, 5u);
}

// A single untruth may leave everything as it would have been, such as a sample that is not loaded
// a second time; then the case passes with the honest numbers.
TEST_P(HostileDevice, FailsTheComparisonWhenItClaimsWhatItHasNotDone) {
  const auto results = run({"claims_to_load", "claims_to_run_forward", "claims_to_train",
                            "claims_to_store", "claims_to_calculate", "claims_to_configure"},
                           4, 1'000'000);
  std::size_t liars = 0;
  for (const auto& target : results.at("targets")) {
    const std::string name = target.at("name");
    for (const auto& found : target.at("cases")) {
      if (found.at("verdict") != "pass") continue;
      EXPECT_EQ(comparable(found), honest_.at(found.at("id"))) << name;
    }
    if (faults(name).size() <= 10) continue;
    ++liars;
    EXPECT_THAT(target.at("verdict"), testing::AnyOf("fail", "device_failure")) << name;
    EXPECT_TRUE(name.starts_with("claims_to_configure") || target.at("verdict") == "fail") << name;
  }
  EXPECT_GE(liars, 5u);
}

TEST_P(HostileDevice, FailsTheComparisonForEverySingleFalseNumber) {
  const auto results = run({"false_result"}, 15, 1);
  std::size_t struck = 0;
  for (const auto& target : results.at("targets")) {
    if (faults(target.at("name")).empty()) continue;
    ++struck;
    EXPECT_EQ(target.at("verdict"), "fail") << target.at("name");
    std::size_t failed = 0;
    for (const auto& found : target.at("cases")) failed += found.at("verdict") == "fail" ? 1 : 0;
    EXPECT_EQ(failed, 1u) << target.at("name");
  }
  EXPECT_GE(struck, 10u);
}

/// More layers than anybody needs, or no network of one weight and one bias.
bool are_impossible(const Capacities& c) {
  return c.layers == 0 || c.layers > 64 || c.inputs == 0 || c.width == 0 || c.activations == 0 ||
         c.parameters < 2;
}

TEST_P(HostileDevice, TakesNothingFromTheOthersByCapacitiesThatItHasNot) {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  std::vector<Target> targets{device("none", 0, 0)};
  for (const int seed : seeds(20)) targets.push_back(device("claims_capacities", seed, 1'000'000));
  const auto results = run(targets);
  getrusage(RUSAGE_SELF, &after);
  expect_only_earned_passes(results.at("targets").at(0));
  EXPECT_EQ(results.at("targets").at(0).at("verdict"), "pass");
  std::size_t refused = 0;
  for (std::size_t i = 1; i < targets.size(); ++i) {
    const auto& target = results.at("targets").at(i);
    EXPECT_FALSE(faults(targets[i].name).empty()) << targets[i].name;
    EXPECT_NE(target.at("verdict"), "fail") << targets[i].name;
    const auto capacities = stated(targets[i].name);
    ASSERT_FALSE(capacities.empty()) << targets[i].name;
    if (!are_impossible(capacities.front())) continue;
    ++refused;
    EXPECT_EQ(target.at("verdict"), "device_failure") << targets[i].name;
    EXPECT_EQ(capacities.size(), 1u) << "asked again until it stated what can be";
  }
  // Of what claim_capacities() draws, 47 % are impossible: fewer than 3 of 20 with probability
  // below 0.0007, so that fewer here prove less than they seem to.
  EXPECT_GE(refused, 3u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(after.ru_maxrss - before.ru_maxrss, 1 << 20);  // KiB
#endif
}

TEST_P(HostileDevice, GetsNoCountIntoAResultThatNoDeviceCanHave) {
  const auto results = run({"claims_counts"}, 10, 1'000'000);
  std::size_t struck = 0;
  for (const auto& target : results.at("targets")) {
    expect_only_earned_passes(target);
    struck += faults(target.at("name")).empty() ? 0 : 1;
  }
  EXPECT_GE(struck, 5u);
}

TEST_P(HostileDevice, IsNotBelievedThatItLacksWhatItHas) {
  const auto results = run({"refuses_large_networks"}, 1, 1'000'000);
  const Json& target = results.at("targets").at(0);
  EXPECT_FALSE(faults(target.at("name")).empty());
  EXPECT_EQ(target.at("verdict"), "fail");
  for (const auto& found : target.at("cases")) {
    if (comparable(found) == honest_.at(found.at("id"))) continue;
    EXPECT_EQ(found.at("verdict"), "fail");
    EXPECT_THAT(found.at("failure").at("message").get<std::string>(),
                testing::HasSubstr("as unsupported and took others with each"));
  }
}

TEST_P(HostileDevice, CannotKeepARunForEverThoughItAnswersInTime) {
  Target target = device("takes_its_time", 1, 1'000'000, seconds_of_many_silences);
  target.patience_seconds = 2;
  const auto start = std::chrono::steady_clock::now();
  const auto results = run({target});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 500s);
  EXPECT_EQ(results.at("targets").at(0).at("verdict"), "device_failure");
  EXPECT_THAT(results.at("targets").at(0).at("levels").dump(),
              testing::HasSubstr("kept the run waiting for too long"));
}

// A byte now and then keeps no request alive, and many requests no run.
TEST_P(HostileDevice, HasOnePatienceForEveryWayToBeSlow) {
  std::vector<Target> targets;
  for (const char* fault : {"drips", "takes_its_time", "hang", "flood_of_diagnostics"}) {
    targets.push_back(device(fault, 1, 1'000'000));
    targets.back().timeout_seconds = 600;
    targets.back().patience_seconds = 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto results = run(targets);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 500s);
  for (const auto& target : results.at("targets")) {
    expect_only_earned_passes(target);
    EXPECT_EQ(target.at("verdict"), "device_failure") << target.at("name");
  }
}

TEST_P(HostileDevice, EndsARunByAChainOfSilentCases) {
  const auto results = run({"hang"}, 6, 1'000'000, seconds_of_many_silences);
  constexpr std::size_t timeouts_in_vain = 12;
  constexpr std::size_t of_the_last_case = 2;
  std::size_t given_up = 0;
  for (const auto& target : results.at("targets")) {
    expect_only_earned_passes(target);
    EXPECT_LE(faults(target.at("name")).size(), timeouts_in_vain + of_the_last_case)
        << target.at("name");
    given_up += target.at("verdict") == "pass" ? 0 : 1;
  }
  EXPECT_GE(given_up, 2u);
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, HostileDevice, testing::ValuesIn(built_in_profiles()),
                         [](const auto& profile) { return profile.param->name(); });

/// What waiting for a device costs this thread and this process.
struct Cost {
  double cpu_seconds = 0;
  double wall_seconds = 0;
  long resident_kibibytes = 0;  ///< growth of the highest
};

Cost cost_of_waiting(const char* fault, std::chrono::milliseconds timeout) {
  const TemporaryDirectory directory;
  rusage before{}, after{};
  getrusage(RUSAGE_THREAD, &before);
  const auto start = std::chrono::steady_clock::now();
  int failures = 0;
  for (int attempt = 0; attempt < 3; ++attempt) try {
      AgentSession session(
          std::make_unique<ProcessStream>(
              std::vector<std::string>{std::string(LSGD_HOSTILE_DEVICE) + "float32", fault, "0",
                                       "1000000", directory.path()},
              "/"),
          timeout, 7);
      for (int request = 0; request < 10'000; ++request) session.measure();
    } catch (const DeviceError&) {
      ++failures;
    }
  EXPECT_EQ(failures, 3) << fault;
  getrusage(RUSAGE_THREAD, &after);
  const auto seconds = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  };
  return {seconds(after) - seconds(before),
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          after.ru_maxrss - before.ru_maxrss};
}

TEST(HostileDeviceCost, AHangKeepsTheHostWaitingWithoutWork) {
  const Cost cost = cost_of_waiting("hang", 1s);
  EXPECT_GE(cost.wall_seconds, 2.9);
  EXPECT_LE(cost.cpu_seconds, 0.1);
}

TEST(HostileDeviceCost, AFloodNeedsNeitherMemoryNorMoreThanTheTimeOut) {
  for (const char* fault : {"flood", "flood_of_frames", "flood_of_diagnostics"}) {
    const Cost cost = cost_of_waiting(fault, 1s);
    EXPECT_LE(cost.wall_seconds, 100) << fault;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(cost.resident_kibibytes, 4096) << fault;
#endif
  }
}

}  // namespace
}  // namespace lsgd
