// SPDX-License-Identifier: Apache-2.0

// Right ports with seeds that nobody looked at. Each run takes a second or a few, so more than a
// port of each profile with one seed only on demand, then all ports:
//   LSGD_SEEDS=1000 LSGD_FIRST_SEED=5000 program_tests --gtest_filter='FreshSeeds*'

#include <cstdint>
#include <cstdio>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "description/built_in_targets.hpp"
#include "number_from_environment.hpp"
#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

/// The ports as they are, compiled once each; the plain one of each profile, or all.
std::vector<Target> right_ports(bool all) {
  std::vector<Target> ports;
  for (Target& target : built_in_targets())
    if (target.kind == TargetKind::port && target.platform == "host" &&
        target.variant == "gcc_O2" && (all || target.port == target.profile->name() + "_c99"))
      ports.push_back(std::move(target));
  return ports;
}

TEST(FreshSeeds, FailNoRightPortInWhatIsDrawn) {
  const std::uint64_t first = number_from_environment("LSGD_FIRST_SEED", 1'000'000);
  const std::uint64_t seeds = number_from_environment("LSGD_SEEDS", 1);
  const TemporaryDirectory directory;
  std::size_t runs = 0, cases = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    RunRequest request;
    request.suite = read_built_in_suite("standard");
    request.targets = right_ports(seeds > 1);
    request.selection.filter = "level[012]/*";
    request.seed = seed;
    request.out = directory.path();
    request.jobs = std::thread::hardware_concurrency();
    request.is_journaled = false;
    request.is_explained = false;
    const nlohmann::ordered_json results = run_suite(request);
    for (const auto& target : results.at("targets")) {
      ++runs;
      for (const auto& finished : target.at("cases")) {
        ++cases;
        const auto& verdict = finished.at("verdict");
        EXPECT_TRUE(verdict == "pass" || verdict == "skipped" || verdict == "refused")
            << target.at("name") << ", " << finished.at("id") << ", seed " << seed << ": "
            << finished.at("failure");
      }
    }
  }
  EXPECT_GE(runs, 4 * seeds) << "a port of every profile";
  std::printf("%zu runs of %llu seeds, %zu cases\n", runs, static_cast<unsigned long long>(seeds),
              cases);
}

}  // namespace
}  // namespace lsgd
