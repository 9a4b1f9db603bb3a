// SPDX-License-Identifier: Apache-2.0
// Long verification runs: directed tests and random programs in lock-step with the instruction-set
// model, with random wait states and timer interrupts, random programs also against QEMU.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>

#include "coverage.hpp"
#include "elf_image.hpp"
#include "lockstep.hpp"
#include "qemu.hpp"
#include "random_program.hpp"

namespace lsgd::rtl {
namespace {

struct Arguments {
  std::string runtime;
  std::vector<std::string> directed;
  unsigned programs = 200;
  unsigned batch = 100;
  std::uint64_t seed = 1;
  bool without_qemu = false;
  bool report_coverage = false;
  InstructionSet instruction_set = InstructionSet::rv32imc;
};

bool report(const std::string& what, const LockstepResult& result) {
  if (result.passed()) return true;
  fmt::print("FAIL {}: {}\n", what,
             result.mismatch.empty() ? fmt::format("case {}", result.status) : result.mismatch);
  return false;
}

unsigned run_directed(const Arguments& arguments, Coverage& total) {
  unsigned failures = 0;
  for (const auto& path : arguments.directed) {
    const ElfImage image = read_elf(path, RamRange{});
    for (unsigned run = 0; run < 4; ++run) {
      LockstepOptions options;
      options.instruction_set = arguments.instruction_set;
      if (run > 0) options.stall_seed = arguments.seed + run;
      Coverage coverage;
      if (!report(fmt::format("{} run {}", path, run), run_lockstep(image, options, coverage)))
        ++failures;
      total.merge(coverage);
    }
  }
  return failures;
}

// One batch on the core, twice: as fast as it gets, and disturbed.
unsigned run_batch(const ElfImage& runtime, const Arguments& arguments, BatchOptions batch,
                   Coverage& total) {
  std::string signatures;
  if (!arguments.without_qemu) signatures = run_qemu(make_batch(runtime, batch), RamRange{});
  unsigned failures = 0;
  for (const bool disturbed : {false, true}) {
    batch.timer_interrupts = disturbed;
    LockstepOptions options;
    options.instruction_set = arguments.instruction_set;
    if (disturbed) options.stall_seed = batch.seed;
    Coverage coverage;
    const auto result = run_lockstep(make_batch(runtime, batch), options, coverage);
    total.merge(coverage);
    const auto name =
        fmt::format("programs of seeds {} to {}{}", batch.seed, batch.seed + batch.programs - 1,
                    disturbed ? ", with wait states and interrupts" : "");
    if (!report(name, result)) {
      ++failures;
    } else if (result.output.size() != batch.programs * kSignatureBytes) {
      fmt::print("FAIL {}: {} bytes of signatures\n", name, result.output.size());
      ++failures;
    } else if (!signatures.empty() && result.output != signatures) {
      std::size_t at = 0;
      while (at < signatures.size() && signatures[at] == result.output[at]) ++at;
      fmt::print("FAIL {}: seed {} differs from QEMU in byte {} of its signature\n", name,
                 batch.seed + at / kSignatureBytes, at % kSignatureBytes);
      ++failures;
    }
  }
  return failures;
}

int verify(const Arguments& arguments) {
  Coverage coverage(arguments.instruction_set);
  unsigned failures = run_directed(arguments, coverage);
  const ElfImage runtime = read_elf(arguments.runtime, RamRange{});
  unsigned left = arguments.programs;
  for (std::uint64_t seed = arguments.seed; left > 0;) {
    const unsigned programs = std::min(left, arguments.batch);
    failures +=
        run_batch(runtime, arguments, {seed, programs, false, arguments.instruction_set}, coverage);
    seed += programs;
    left -= programs;
  }
  if (arguments.report_coverage) {
    fmt::print("{}", coverage.report());
    for (const std::string& point : coverage.missing()) {
      fmt::print("FAIL not covered: {}\n", point);
      ++failures;
    }
  }
  fmt::print("{} directed tests, {} random programs{}: {}\n", arguments.directed.size(),
             arguments.programs, arguments.without_qemu ? "" : " compared with QEMU",
             failures == 0 ? "no mismatch" : fmt::format("{} failures", failures));
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lsgd::rtl

int main(int argc, char** argv) {
  lsgd::rtl::Arguments arguments;
  CLI::App app{"Verifies the core against an instruction-set model and QEMU."};
  app.add_option("runtime", arguments.runtime, "ELF file of random_runtime.S")->required();
  app.add_option("directed", arguments.directed, "ELF files of directed tests");
  app.add_option("--programs", arguments.programs, "random programs")->capture_default_str();
  app.add_option("--batch", arguments.batch, "programs per run")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "seed of the first program")->capture_default_str();
  app.add_flag("--without-qemu", arguments.without_qemu,
               "compare with the instruction-set model only");
  app.add_flag("--coverage", arguments.report_coverage,
               "print what the programs exercised; fail if that is not every point");
  app.add_flag_callback(
      "--simd",
      [&arguments] { arguments.instruction_set = lsgd::rtl::InstructionSet::rv32imc_simd; },
      "for a core with cv.sdotsp.b and cv.clip; QEMU has neither");
  CLI11_PARSE(app, argc, argv);
  try {
    return lsgd::rtl::verify(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
