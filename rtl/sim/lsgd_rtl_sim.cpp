// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <bit>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "byte_stream.hpp"
#include "debugger_server.hpp"
#include "elf_image.hpp"
#include "json_file.hpp"
#include "memory_watch.hpp"
#include "run_on_core.hpp"

namespace lsgd::rtl {
namespace {

constexpr int kUsage = 2;
constexpr int kDeviceFailure = 3;

struct Arguments {
  std::uint64_t max_cycles = ~std::uint64_t{0};
  std::optional<std::uint64_t> wait_states;
  std::uint32_t ram_bytes = RamRange{}.bytes;
  Observation observation;
  std::string report;
  bool debugger = false;
};

MemoryWatch make_watch(const ElfImage& image, const RamRange& ram) {
  // A stack lies between `__stack_limit`, else the end of the image below it, and `__stack`.
  const std::uint32_t top = image.symbol("__stack").value_or(ram.base);
  std::uint32_t bottom = ram.base;
  for (const auto& segment : image.segments) {
    const std::uint32_t end = segment.address + static_cast<std::uint32_t>(segment.bytes.size());
    if (end <= top) bottom = std::max(bottom, end);
  }
  return {ram, image.symbol("__stack_limit").value_or(bottom), top};
}

void write_report(const std::string& path, const RunResult& result, const MemoryWatch& watch) {
  std::uint64_t written = 0;
  auto ranges = nlohmann::ordered_json::array();
  for (const auto& [begin, end] : watch.written()) {
    written += end - begin;
    ranges.push_back({begin, end});
  }
  const auto& stack = watch.stack();
  const nlohmann::ordered_json report{
      {"format", "lsgd-rtl-report/1"},
      {"outcome", outcome_name(result.outcome)},
      {"status", result.status},
      {"cycles", result.cycles},
      {"instructions", result.instructions == 0 ? nlohmann::ordered_json(nullptr)
                                                : nlohmann::ordered_json(result.instructions)},
      {"stack",
       {{"top", stack.top}, {"lowest", stack.lowest}, {"bytes", stack.top - stack.lowest}}},
      {"written", {{"bytes", written}, {"ranges", ranges}}}};
  write_json_file(path, report);
}

/// Prints the lines that a program writes to its scratch register; an address after " at 0x" gets
/// the name of its function.
class Diagnostics {
 public:
  explicit Diagnostics(const ElfImage& image) : image_(image) {}

  void append(char c) {
    if (c != '\n') {
      if (line_.size() < kLongestLine) line_ += c;
      return;
    }
    constexpr std::string_view kMark = " at 0x";
    constexpr std::size_t kDigits = 8;
    const std::size_t mark = line_.find(kMark);
    if (mark != std::string::npos) {
      const std::size_t first = mark + kMark.size();
      const std::size_t end = std::min(first + kDigits, line_.size());
      std::uint32_t address = 0;
      const auto parsed =
          std::from_chars(line_.data() + first, line_.data() + end, address, 16).ptr;
      const auto place = image_.place(address);
      if (parsed == line_.data() + first + kDigits && place)
        line_.insert(end, fmt::format(" ({})", *place));
    }
    fmt::print(stderr, "{}\n", line_);
    line_.clear();
  }

 private:
  static constexpr std::size_t kLongestLine = 200;

  const ElfImage& image_;
  std::string line_;
};

// Small statuses are passed on; 2 and 3 keep the meaning they have for every program of the project
// only where the firmware does not use them itself.
int exit_status(const RunResult& result, const std::string& firmware) {
  switch (result.outcome) {
    case Outcome::exit_device:
    case Outcome::tohost:
      return result.status > 255 ? 255 : static_cast<int>(result.status);
    case Outcome::end_of_input:
      return 0;
    case Outcome::cycle_limit:
      fmt::print(stderr, "{}: expected an end within {} cycles\n", firmware, result.cycles);
      return kDeviceFailure;
    case Outcome::lockup:
    case Outcome::stopped:
      break;
  }
  fmt::print(stderr, "{}: expected progress, but no instruction retires after cycle {}\n", firmware,
             result.cycles);
  return kDeviceFailure;
}

int simulate(const Arguments& arguments) {
  const RamRange ram{.bytes = arguments.ram_bytes};
  // A debugger may bring the program.
  const ElfImage image =
      arguments.observation.elf_file.empty()
          ? ElfImage{.entry = ram.base, .segments = {}, .symbols = {}, .functions = {}}
          : read_elf(arguments.observation.elf_file, ram);
  // Standard input and output are the debugger's; then the byte device has none, and another
  // output.
  const int nothing = arguments.debugger ? open("/dev/null", O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  ByteStream bytes(nothing, arguments.debugger ? STDERR_FILENO : STDOUT_FILENO);
  MemoryWatch watch = make_watch(image, ram);
  Diagnostics diagnostics(image);
  const SimulationOptions options{arguments.max_cycles, arguments.wait_states,
                                  image.symbol("tohost"), !arguments.observation.waveform.empty(),
                                  [&diagnostics](char c) { diagnostics.append(c); }};
  if (arguments.debugger) {
    ByteStream client(STDIN_FILENO, STDOUT_FILENO);
    debug_core(image, options, bytes, watch, arguments.ram_bytes,
               [&](DebuggedCore& core) { DebuggerServer(core, client).serve(); });
    return 0;
  }
  const RunResult result = arguments.observation.is_of_nothing()
                               ? run_on_core(image, options, bytes, watch, arguments.ram_bytes)
                               : run_on_observed_core(image, options, bytes, watch,
                                                      arguments.ram_bytes, arguments.observation);
  if (!arguments.report.empty()) write_report(arguments.report, result, watch);
  return exit_status(result, arguments.observation.elf_file);
}

}  // namespace
}  // namespace lsgd::rtl

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  lsgd::rtl::Arguments arguments;
  CLI::App app{
      "Runs a RISC-V program on the verilated core; its byte device is standard input and output."};
  app.add_option("firmware", arguments.observation.elf_file,
                 "ELF file, linked to 0x80000000; not needed where a debugger loads it");
  CLI::Option* const debugger = app.add_flag(
      "--debugger", arguments.debugger,
      "serve GDB's remote protocol on standard input and output; the core stands at the entry");
  app.add_option("--max-cycles", arguments.max_cycles,
                 "give up after so many cycles, exit status 3")
      ->check(CLI::PositiveNumber);
  app.add_option("--wait-states", arguments.wait_states,
                 "seed of random grant delays and wait states");
  app.add_option("--ram", arguments.ram_bytes, "size of the RAM, as 4MiB; a power of two")
      ->transform(CLI::AsSizeValue(false))
      ->check([](const std::string& text) {
        constexpr std::uint32_t kLeast = 1U << 16U, kMost = 1U << 24U;
        const auto bytes = std::strtoull(text.c_str(), nullptr, 10);
        if (std::has_single_bit(bytes) && bytes >= kLeast && bytes <= kMost) return std::string();
        return fmt::format("expected a power of two from 64KiB to 16MiB, not {} bytes", bytes);
      });
  app.add_option("--trace", arguments.observation.waveform, "write a waveform, FST")
      ->excludes(debugger);
  app.add_option("--instruction-trace", arguments.observation.instruction_trace,
                 "write retired instructions, Spike's commit log format")
      ->excludes(debugger);
  app.add_option("--report", arguments.report,
                 "write cycles, instructions, stack and RAM use, JSON")
      ->excludes(debugger);
  app.add_option("--profile", arguments.observation.profile,
                 "write cycles and instructions by chain of calls, JSON, whenever a call ends")
      ->excludes(debugger);
  app.add_option("--profile-function", arguments.observation.profile_function,
                 "the function whose calls are profiled")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    if (arguments.observation.elf_file.empty() && !arguments.debugger)
      throw CLI::RequiredError("firmware");
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "lsgd-rtl-sim: {}\n", error.what());
    return lsgd::rtl::kUsage;
  }
  try {
    return lsgd::rtl::simulate(arguments);
  } catch (const lsgd::rtl::ElfError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return lsgd::rtl::kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "lsgd-rtl-sim: {}\n", error.what());
    return lsgd::rtl::kDeviceFailure;
  }
}
