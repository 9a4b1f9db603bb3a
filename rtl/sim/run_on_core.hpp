// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "byte_stream.hpp"
#include "debugged_core.hpp"
#include "elf_image.hpp"
#include "memory_watch.hpp"
#include "simulation.hpp"

namespace lsgd::rtl {

/// The files that a run is observed for; an empty name stands for none.
struct Observation {
  std::string waveform;           ///< FST
  std::string instruction_trace;  ///< in the format of Spike's commit log
  std::string profile;            ///< JSON of CallProfile, whenever a call ends
  std::string profile_function = "main";
  std::string elf_file;  ///< the image's, for the profile: it may have debug information

  [[nodiscard]] bool is_of_nothing() const {
    return waveform.empty() && instruction_trace.empty() && profile.empty();
  }
};

/// Runs a program on the core that this is compiled for: Simulation of its plain model.
RunResult run_on_core(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
                      MemoryWatch& watch, std::uint32_t ram_bytes);

/// The same on the model with the retirement port and the code for waveforms, both of which cost
/// speed.
/// @throws std::runtime_error if a file cannot be written, ElfError if the image has no function of
///         the name that is to be profiled
RunResult run_on_observed_core(const ElfImage& image, const SimulationOptions& options,
                               ByteStream& bytes, MemoryWatch& watch, std::uint32_t ram_bytes,
                               const Observation& observation);

/// Hands the observed model to a debugger, stopped at the entry.
/// @throws std::runtime_error if the core does not show what retires
void debug_core(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
                MemoryWatch& watch, std::uint32_t ram_bytes,
                const std::function<void(DebuggedCore&)>& debug);

}  // namespace lsgd::rtl
