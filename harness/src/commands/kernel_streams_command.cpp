// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "export/export_kernel_stream.hpp"
#include "export/recorded_formats.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

struct KernelOptions {
  std::string name, file_format = "csv", out, results;
};

const KernelStream& kernel_named(const std::string& name) {
  if (const KernelStream* const stream = find_kernel_stream(name)) return *stream;
  std::vector<std::string> names;
  for (const KernelStream& stream : kernel_streams()) names.push_back(stream.name);
  throw InputError("KERNEL", 0,
                   fmt::format("one of {}, found {}", fmt::join(names, ", "), in_quotes(name)));
}

void write_kernel(const KernelStream& stream, const KernelOptions& options) {
  const auto format = from_name<StreamFileFormat>(options.file_format);
  if (!format)
    throw InputError("--format", 0,
                     fmt::format("one of {}, found {}",
                                 fmt::join(EnumeratorNames<StreamFileFormat>::names, ", "),
                                 in_quotes(options.file_format)));
  const StreamText text = kernel_text(stream, *format);
  write_file(options.out, text.bytes);
  fmt::print("{}: {} rows of {}\n", options.out, text.rows, stream.name);
}

void judge_results(const KernelStream& stream, const KernelOptions& options, int& status) {
  const KernelComparison comparison = compare_kernel_results(stream, options.results);
  if (comparison.wrong != 0) {
    fmt::print("{}\n", comparison.first);
    status = 1;
  }
  fmt::print("{}: {} of {} rows wrong\n", stream.name, comparison.wrong, comparison.rows);
}

void add_kernel_command(CLI::App& vectors, int& status) {
  auto* command = vectors.add_subcommand(
      "kernel", "All calls of an integer kernel of level 1 with their results, or a device's");
  const auto options = std::make_shared<KernelOptions>();
  command->add_option("KERNEL", options->name, "Such as ibert_exp/1; see vectors/kernels")
      ->required();
  command->add_option("--format", options->file_format, "csv, c or npy; default csv");
  auto* const out = command->add_option("--out", options->out, "File to write");
  command->add_option("--results", options->results, "CSV file of a device's results to judge")
      ->excludes(out);
  command->callback([options, &status] {
    const KernelStream& stream = kernel_named(options->name);
    if (options->out.empty() && options->results.empty())
      throw InputError("kernel", 0, "--out FILE to write its calls, or --results FILE to judge");
    if (options->results.empty())
      write_kernel(stream, *options);
    else
      judge_results(stream, *options, status);
  });
}

void check_kernels(const std::string& out, int& status) {
  const std::string digests = kernel_digests();
  if (!out.empty()) {
    write_file(out, digests);
    return;
  }
  const auto gone = lines_missing_in(digests, recorded_kernel_digests());
  const auto changed = lines_missing_in(recorded_kernel_digests(), digests);
  for (const std::string& line : gone) fmt::print("expected {}\n", line);
  for (const std::string& line : changed) fmt::print("found {}\n", line);
  const bool is_recorded = gone.empty() && changed.empty();
  fmt::print("{} kernels, {}\n", kernel_streams().size(),
             is_recorded ? "as recorded" : "not as recorded");
  if (!is_recorded) status = 1;
}

void add_kernel_check_command(CLI::App& vectors, int& status) {
  auto* command = vectors.add_subcommand(
      "kernels", "Generate the calls of every integer kernel and compare their digests");
  const auto out = std::make_shared<std::string>();
  command->add_option("--out", *out, "File to write the digests to, instead of comparing them");
  command->callback([out, &status] { check_kernels(*out, status); });
}

}  // namespace

void add_kernel_stream_commands(CLI::App& vectors_command, int& status) {
  add_kernel_command(vectors_command, status);
  add_kernel_check_command(vectors_command, status);
}

}  // namespace lsgd
