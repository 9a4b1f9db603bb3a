// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "reports/render_history.hpp"

namespace lsgd {

/// Results of the standard suite on 22 targets of three ports: most pass, one is wrong, one
/// crashes, one stops early, one skips a level. They satisfy results.schema.json.
nlohmann::json mixed_run();

/// The standard suite on three targets, everything right.
nlohmann::json passing_run();

/// Three ports, measured by level 4 on three platforms: a host, which counts nothing, an emulator,
/// which counts instructions, and a simulation, which counts cycles too, 5 for 4 instructions. A
/// step takes float32_c99 400,000 instructions, int8_hybrid_c99 600,000 and sgd_classic 500,000.
nlohmann::json simulated_run();

/// The smoke suite on one target, everything right.
nlohmann::json smoke_run();

/// smoke_run() with the benchmark of one port.
nlohmann::json benchmarked_run();

/// passing_run() with one failure, which is waived.
nlohmann::json waived_run();

/// The standard suite on no target.
nlohmann::json empty_run();

/// A self-test with three legal targets, all accepted, two semantic mutants, both caught, one of
/// them by a later level than expected, and three generated ones: one caught, one missed, one
/// equivalent.
nlohmann::json selftest_run();

/// Six runs of the three ports of simulated_run() that two programs judged: float32_c99 gets faster
/// and fails once, int8_hybrid_c99 takes more RAM, and a vendor's port comes late and fails.
std::vector<PastRun> sample_history();

/// A run whose every string that a target, a device or a vector set chooses is `text`.
nlohmann::json hostile_run(const std::string& text);

}  // namespace lsgd
