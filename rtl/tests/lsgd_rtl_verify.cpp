// SPDX-License-Identifier: Apache-2.0
// Long verification runs: directed tests and random programs in lock-step with the instruction-set
// model, with random wait states and timer interrupts, random programs also against QEMU.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>

#include "core_file.hpp"
#include "coverage.hpp"
#include "elf_image.hpp"
#include "instruction_set_model.hpp"
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
  bool without_rvfi = false;
  bool without_fence_i = false;
  bool report_coverage = false;
  InstructionSet instruction_set = InstructionSet::rv32imc;
};

bool report(const std::string& what, const LockstepResult& result) {
  if (result.passed()) return true;
  fmt::print("FAIL {}: {}\n", what,
             result.mismatch.empty() ? fmt::format("case {}", result.status) : result.mismatch);
  return false;
}

// A core that is to have RVFI and shows no retirement would pass unseen.
LockstepResult compared(const ElfImage& image, const LockstepOptions& options, Coverage& coverage) {
  LockstepResult result = run_lockstep(image, options, coverage);
  if (result.passed() && !options.without_rvfi && result.retirements == 0)
    result.mismatch = "expected retirements on RVFI, or a core with without-rvfi = true";
  return result;
}

// What a program without interrupts transmits, by the instruction-set model alone.
std::string run_model(const ElfImage& image, InstructionSet instruction_set) {
  constexpr std::uint64_t kMostInstructions = 100'000'000;
  InstructionSetModel model(image, RamRange{}, instruction_set);
  for (std::uint64_t i = 0; i < kMostInstructions && !model.ended(); ++i) model.step({});
  return model.transmitted();
}

unsigned run_directed(const Arguments& arguments, Coverage& total) {
  unsigned failures = 0;
  for (const auto& path : arguments.directed) {
    const ElfImage image = read_elf(path, RamRange{});
    for (unsigned run = 0; run < 4; ++run) {
      LockstepOptions options;
      options.instruction_set = arguments.instruction_set;
      options.without_rvfi = arguments.without_rvfi;
      if (run > 0) options.stall_seed = arguments.seed + run;
      Coverage coverage;
      if (!report(fmt::format("{} run {}", path, run), compared(image, options, coverage)))
        ++failures;
      total.merge(coverage);
    }
  }
  return failures;
}

// One batch on the core, twice: as fast as it gets, and disturbed.
unsigned run_batch(const ElfImage& runtime, const Arguments& arguments, BatchOptions batch,
                   Coverage& total) {
  // Without retirements to compare, the state at the end is what tells.
  std::string signatures;
  if (!arguments.without_qemu)
    signatures = run_qemu(make_batch(runtime, batch), RamRange{});
  else if (arguments.without_rvfi)
    signatures = run_model(make_batch(runtime, batch), arguments.instruction_set);
  unsigned failures = 0;
  for (const bool disturbed : {false, true}) {
    batch.timer_interrupts = disturbed;
    LockstepOptions options;
    options.instruction_set = arguments.instruction_set;
    options.without_rvfi = arguments.without_rvfi;
    if (disturbed) options.stall_seed = batch.seed;
    Coverage coverage;
    const auto result = compared(make_batch(runtime, batch), options, coverage);
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
      fmt::print("FAIL {}: seed {} differs from {} in byte {} of its signature\n", name,
                 batch.seed + at / kSignatureBytes, arguments.without_qemu ? "the model" : "QEMU",
                 at % kSignatureBytes);
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
    failures += run_batch(
        runtime, arguments,
        {seed, programs, false, arguments.instruction_set, !arguments.without_fence_i}, coverage);
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
  fmt::print("{} directed tests, {} random programs{}{}: {}\n", arguments.directed.size(),
             arguments.programs, arguments.without_qemu ? "" : " compared with QEMU",
             arguments.without_rvfi ? " by their state at the end" : "",
             failures == 0 ? "no mismatch" : fmt::format("{} failures", failures));
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace lsgd::rtl

int main(int argc, char** argv) {
  lsgd::rtl::Arguments arguments;
  CLI::App app{"Verifies the core against an instruction-set model and QEMU."};
  app.set_config("--core", lsgd::rtl::core_file,
                 "what the core lacks: options of this program, TOML");
  app.add_option("runtime", arguments.runtime, "ELF file of random_runtime.S")->required();
  app.add_option("directed", arguments.directed, "ELF files of directed tests");
  app.add_option("--programs", arguments.programs, "random programs")->capture_default_str();
  app.add_option("--batch", arguments.batch, "programs per run")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "seed of the first program")->capture_default_str();
  app.add_flag("--without-qemu", arguments.without_qemu,
               "compare with the instruction-set model only");
  app.add_flag("--without-rvfi", arguments.without_rvfi,
               "the core shows no retirements: compare its state at the end, not each instruction");
  app.add_flag("--without-fence-i", arguments.without_fence_i,
               "the core has no Zifencei: no program modifies itself");
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
