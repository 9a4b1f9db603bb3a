// SPDX-License-Identifier: Apache-2.0
#include "run_on_core.hpp"

#include <optional>
#include <stdexcept>
#include <verilated_fst_c.h>

#include "Vsoc_fast.h"
#include "Vsoc_observed.h"
#include "call_profile.hpp"
#include "debugged_simulation.hpp"
#include "instruction_trace.hpp"

namespace lsgd::rtl {
namespace {

class Waveform {
 public:
  template <class Model>
  Waveform(Model& model, const std::string& path) {
    model.trace(&file_, 99);
    file_.open(path.c_str());
    if (!file_.isOpen()) throw std::runtime_error(path + ": expected a writable file");
  }
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;
  ~Waveform() { file_.close(); }

  void dump() { file_.dump(time_++); }

 private:
  VerilatedFstC file_;
  std::uint64_t time_ = 0;  // half cycles
};

}  // namespace

RunResult run_on_core(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
                      MemoryWatch& watch, std::uint32_t ram_bytes) {
  return Simulation<Vsoc_fast>(image, options, bytes, watch, ram_bytes).run();
}

RunResult run_on_observed_core(const ElfImage& image, const SimulationOptions& options,
                               ByteStream& bytes, MemoryWatch& watch, std::uint32_t ram_bytes,
                               const Observation& observation) {
  Simulation<Vsoc_observed> simulation(image, options, bytes, watch, ram_bytes);
  std::optional<Waveform> waveform;
  if (!observation.waveform.empty()) waveform.emplace(simulation.model(), observation.waveform);
  std::optional<InstructionTrace> instructions;
  if (!observation.instruction_trace.empty()) instructions.emplace(observation.instruction_trace);
  std::optional<CallProfile> profile;
  if (!observation.profile.empty())
    profile.emplace(image, observation.elf_file, observation.profile_function);
  std::uint64_t cycle = 0;
  return simulation.run(
      [&] {
        if (waveform) waveform->dump();
      },
      [&] {
        const Vsoc_observed& m = simulation.model();
        ++cycle;
        if (instructions) instructions->retired(m);
        if (profile && m.rvfi_valid != 0 &&
            profile->retired({cycle, m.rvfi_pc_rdata, m.rvfi_insn, m.rvfi_pc_wdata, m.rvfi_rd_addr,
                              m.rvfi_rd_wdata}))
          profile->write(observation.profile);
        return true;
      });
}

void debug_core(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
                MemoryWatch& watch, std::uint32_t ram_bytes,
                const std::function<void(DebuggedCore&)>& debug) {
  DebuggedSimulation<Vsoc_observed> core(image, options, bytes, watch, ram_bytes);
  debug(core);
}

}  // namespace lsgd::rtl
