// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "description/target_file.hpp"

namespace lsgd {

/// What is to be measured.
struct BenchmarkRequest {
  std::vector<Target> targets;        ///< on simulated cores, benchmark_targets() or more
  std::optional<std::string> filter;  ///< shell pattern on PORT/CORE/NETWORK
  unsigned jobs = 1;                  ///< simulations at the same time

  /// From each of three states of training; an eighth of the largest network and of ports that
  /// are run on another core than the first, except those that need its SIMD.
  std::size_t most_samples = 64;

  /// Told one line for each row that fails and each network whose data set is not installed, which
  /// are then left out, from several threads at once; without it the first failure ends all.
  std::function<void(const std::string&)> not_measured = {};
};

/// Those of some targets that can be measured: ports compiled by gcc -O2 whose command is one of
/// the project's simulation programs.
std::vector<Target> benchmark_targets(std::vector<Target> targets);

/// The built-in targets on simulated cores, and the images for rtl_rv32imc on the other cores,
/// which execute the same instructions.
std::vector<Target> every_port_on_every_core();

/// Measures targets with the networks car 6-32-16-4, cogdist 6-40-32-1 and, on the first core and
/// with SIMD, fashion_mnist 784-16-10. The core with SIMD is left to ports that use it.
///
/// Returns {compiler, rows}. A row has port, core, network; samples, how many of each were measured
/// from the states of states_of_training(); cycles, cycles_worst, instructions and
/// instructions_worst of a forward pass and a training step, lower medians and maxima over all of
/// them, null where the core does not count them; stack_bytes; static_ram_bytes and text_bytes of
/// the port built for that network alone, null where it is not; and, for car on cores that show
/// what retires, where the cycles of one step go: cycles, counted_cycles (by the device itself),
/// functions [{name, phase, cycles, instructions}], largest first, phases {forward, activation,
/// delta, update, shared} of phase_of(), and bounds of lower_bounds(). Nothing depends on the
/// machine. Throws InputError where nothing fits the filter, and DeviceError.
nlohmann::ordered_json run_benchmark(const BenchmarkRequest& request);

/// The name of the network among these whose shape a network has; nothing where none is alike.
std::optional<std::string> benchmark_network(const Network& network);

/// Instructions of RV32IMC, and cycles of a core that completes one in each, that the formulas take
/// in the cheapest way we know (harness/README.md derives them): a multiply-add for each weight in
/// the forward pass and for each above the first layer in delta, an update of each weight, an
/// activation of each neuron. Loops, addresses, biases and rare cases are not counted.
/// @param sizes                    d_0..d_L
/// @param dot_product_instruction  of four bytes, for the forward pass
nlohmann::ordered_json lower_bounds(const std::vector<std::size_t>& sizes, std::string_view profile,
                                    bool dot_product_instruction);

/// The phase of a chain of active functions, from lsgd_port_train_step on: what the innermost
/// function whose name tells is for. `shared` is what serves delta and update alike.
std::string phase_of(const std::vector<std::string>& chain);

/// One line for each figure of `now` that is worse than recorded: median or worst cycles by more
/// than 1 %, static RAM or stack by any byte. Rows that are not in both are not compared, nor is
/// anything where the compilers differ.
std::vector<std::string> regressions(const nlohmann::json& recorded, const nlohmann::json& now);

/// Recorded rows that `now` does not have, as PORT/CORE/NETWORK.
std::vector<std::string> unmeasured(const nlohmann::json& recorded, const nlohmann::json& now);

/// The file that `bench --record` writes: format, compiler and the figures that regressions()
/// compares.
nlohmann::ordered_json baselines_json(const nlohmann::ordered_json& benchmark);

/// The table that `bench` prints.
std::string benchmark_table(const nlohmann::ordered_json& benchmark);

}  // namespace lsgd
