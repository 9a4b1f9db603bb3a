// SPDX-License-Identifier: Apache-2.0
// Speed of the simulation (million retired instructions per second of CPU time, one thread, no
// trace) and cycles per instruction of the core, on float32 training steps through soft float.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "Vsoc_fast.h"
#include "byte_stream.hpp"
#include "elf_image.hpp"
#include "memory_watch.hpp"
#include "simulation.hpp"

namespace lsgd::rtl {
namespace {

void training_step(benchmark::State& state) {
  const RamRange ram;
  const ElfImage image = read_elf(LSGD_RTL_TRAINING_STEP, ram);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  std::uint64_t instructions = 0;
  std::uint64_t cycles = 0;
  for (auto _ : state) {
    ByteStream bytes(nowhere, nowhere);
    MemoryWatch watch(ram, ram.base, image.symbol("__stack").value_or(ram.base));
    const RunResult result = Simulation<Vsoc_fast>(image, {}, bytes, watch).run();
    instructions += result.instructions;
    cycles += result.cycles;
  }
  close(nowhere);
  const double millions = static_cast<double>(instructions) * 1e-6;
  state.counters["Minst/s"] = benchmark::Counter(millions, benchmark::Counter::kIsRate);
  state.counters["CPI"] = static_cast<double>(cycles) / static_cast<double>(instructions);
}
BENCHMARK(training_step)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->Repetitions(9)
    ->ReportAggregatesOnly();

}  // namespace
}  // namespace lsgd::rtl

BENCHMARK_MAIN();
