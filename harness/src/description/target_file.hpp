// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "description/budget.hpp"
#include "description/capabilities.hpp"
#include "description/pace.hpp"
#include "description/source_mutation.hpp"
#include "description/transport.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What a target is there for: only ports are judged by `run`; the others are the suite's own proof
/// (a mutant must be rejected, a legal variant accepted).
enum class TargetKind : std::uint8_t { port, mutant, legal_variant };

/// Compiler of an image and the flags that matter, as declared.
struct Toolchain {
  std::string compiler;
  std::string flags;
};

/// How a modified port differs from its port, from the table [mutant] or [legal_variant].
struct Modification {
  std::string description;
  std::optional<int> level;    ///< of a mutant: where the suite is expected to catch it first, 0..4
  std::optional<int> erratum;  ///< of a mutant: row of SPEC 10 that it reproduces, from 1
};

/// A port's object compiled for exactly one network.
struct Footprint {
  std::string network;
  std::filesystem::path object;
  std::optional<std::filesystem::path> linked =
      {};  ///< with what it calls of the compiler's library
};

/// ELF files the memory table is measured from.
struct ElfFiles {
  std::optional<std::filesystem::path> port_object;
  std::optional<std::filesystem::path> agent_object;
};

/// Commands of this machine that see to a board, in the directory of the target file; empty where
/// there is none.
struct Hooks {
  std::vector<std::string> start;        ///< once, before the first connection: flashes a firmware
  std::vector<std::string> reset;        ///< before a connection after one that failed
  std::vector<std::string> power_cycle;  ///< where the board does not answer in spite of that
  double timeout_seconds = 120;          ///< longest time of each
};

/// A device under test: a port on a platform, as its target file declares it.
struct Target {
  std::string name;
  std::string port;
  std::string platform;
  std::string variant;
  const Profile* profile = nullptr;
  TargetKind kind = TargetKind::port;
  Pace pace = Pace::fast;
  std::vector<Network> networks;             ///< that it takes; none: any within its capacities
  std::optional<Capabilities> capabilities;  ///< that it states; nothing where it states none
  std::optional<Modification> modification;  ///< never of a port
  std::optional<SourceMutation> source_mutation;  ///< of a generated mutant
  ArithmeticModel arithmetic;
  Toolchain toolchain;
  ElfFiles elf;
  std::vector<Footprint> footprints;
  std::vector<Budget> budgets;  ///< at most one for a network

  const Transport* transport = &transport_of_programs();  ///< how the device is reached
  /// What the transport needs for that: a program, which speaks the protocol on its standard input
  /// and output, and its arguments, or as another transport reads it.
  std::vector<std::string> command;
  std::filesystem::path directory;  ///< of the target file; a program runs there
  Hooks hooks;
  /// Whether the way to the device holds requests that come before earlier ones are answered.
  bool requests_ahead = false;
  double timeout_seconds = 20;     ///< longest time a device may take over one request
  double patience_seconds = 3600;  ///< longest time that a run waits for the device altogether
  std::optional<std::string> build_identity;  ///< hexadecimal; what the device must answer
  std::string selector;                       ///< what --target takes to name it again
  std::string digest;                         ///< SHA-256 of the target file's text

  std::chrono::milliseconds timeout() const {
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::duration<double>(timeout_seconds));
  }
};

/// Parses the text of a target file (format "lsgd-target/1"); paths in it are relative to `file`.
/// Throws InputError.
Target parse_target(std::string_view text, const std::filesystem::path& file);

/// Reads a target file. Throws InputError.
Target read_target_file(const std::filesystem::path& file);

}  // namespace lsgd
