// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "device/run_in_parallel.hpp"
#include "export/export_format_stream.hpp"
#include "export/recorded_formats.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

/// An option that takes the name of an enumerator into a value or an optional one.
template <Named Enumeration, class Value>
CLI::Option* add_name_option(CLI::App& command, const std::string& name, Value& value,
                             const std::string& description) {
  const auto take = [name, &value](const std::string& text) {
    const std::optional<Enumeration> named = from_name<Enumeration>(text);
    if (!named)
      throw InputError(
          name, 0,
          fmt::format("one of {}, found {}", fmt::join(EnumeratorNames<Enumeration>::names, ", "),
                      in_quotes(text)));
    value = *named;
  };
  return command.add_option_function<std::string>(name, take, description)->type_name("NAME");
}

struct StreamOptions {
  FormatStream stream;
  unsigned random_bits = 0;
  std::optional<Overflow> overflow;
  std::optional<Subnormals> subnormals;
  StreamFileFormat file_format = StreamFileFormat::csv;
  std::string out;
};

FormatStream stream_of(const StreamOptions& options) {
  FormatStream stream = options.stream;
  Rounding& rounding = stream.rounding;
  rounding.format = named_format(stream.format_name);
  rounding.random_bits = static_cast<int>(options.random_bits);
  rounding.overflow = options.overflow.value_or(overflow_rules(rounding.format).back());
  if (options.subnormals) {
    if (rounding.format.kind != FormatKind::floating)
      throw InputError("--subnormals", 0, "a float format, which alone has subnormal numbers");
    rounding.format.subnormals = *options.subnormals;
  }
  if (const auto reason = why_not_streamed(stream))
    throw InputError(stream.format_name, 0, *reason);
  return stream;
}

void write_stream(const StreamOptions& options) {
  const FormatStream stream = stream_of(options);
  const StreamText text = stream_text(stream, options.file_format);
  write_file(options.out, text.bytes);
  fmt::print("{}: {} rows of {}\n", options.out, text.rows, stream_name(stream));
}

void add_write_command(CLI::App& vectors) {
  auto* command = vectors.add_subcommand(
      "format", "All results of one operation of a number format: decode, encode, add or multiply");
  const auto options = std::make_shared<StreamOptions>();
  command
      ->add_option("FORMAT", options->stream.format_name,
                   "Such as e4m3, bfloat16 or int8_4, or PROFILE:FORMAT for a declared one")
      ->required();
  add_name_option<FormatOperation>(*command, "--operation", options->stream.operation,
                                   "decode, encode, add or multiply")
      ->required();
  add_name_option<RoundingDirection>(*command, "--rounding", options->stream.rounding.direction,
                                     "Default nearest_even");
  add_count_option(*command, "--random-bits", options->random_bits, "Of stochastic rounding", 1,
                   32);
  add_name_option<RandomMapping>(*command, "--mapping", options->stream.rounding.mapping,
                                 "How they are compared; default truncate");
  add_name_option<Overflow>(*command, "--overflow", options->overflow,
                            "Default infinity; NaN, wrap or saturate where the format has none");
  add_name_option<Subnormals>(*command, "--subnormals", options->subnormals,
                              "Default as the format declares");
  add_name_option<StreamFileFormat>(*command, "--format", options->file_format,
                                    "csv, c or npy; default csv");
  command->add_option("--out", options->out, "File to write")->required();
  command->callback([options] { write_stream(*options); });
}

struct DigestOptions {
  std::vector<std::string> formats;
  std::string out;
  unsigned jobs = 1;
};

/// Each recorded format's table, or those of some.
std::vector<std::string> chosen_formats(const DigestOptions& options) {
  const std::vector<std::string>& recorded = recorded_formats();
  for (const std::string& name : options.formats)
    if (std::ranges::find(recorded, name) == recorded.end())
      throw InputError(
          "--only", 0,
          fmt::format("one of {}, found {}", fmt::join(recorded, ", "), in_quotes(name)));
  return options.formats.empty() ? recorded : options.formats;
}

/// Prints what became of a format; whether all its streams are as recorded.
bool report_format(const std::string& name, const std::string& table) {
  const std::vector<std::string> changed = lines_missing_in(recorded_digests(name), table);
  const std::vector<std::string> gone = lines_missing_in(table, recorded_digests(name));
  for (const std::string& line : gone) fmt::print("{}: expected {}\n", name, line);
  for (const std::string& line : changed) fmt::print("{}: found {}\n", name, line);
  const auto streams = std::ranges::count(table, '\n') - 1;
  fmt::print("{}: {} streams, {}\n", name, streams,
             changed.empty() && gone.empty() ? "as recorded" : "not as recorded");
  return changed.empty() && gone.empty();
}

void check_formats(const DigestOptions& options, int& status) {
  const std::vector<std::string> formats = chosen_formats(options);
  std::vector<std::string> tables(formats.size());
  run_in_parallel(formats.size(), options.jobs,
                  [&](std::size_t i) { tables[i] = digest_table(formats[i]); });
  for (std::size_t i = 0; i < formats.size(); ++i) {
    if (!options.out.empty())
      write_file(std::filesystem::path(options.out) / digest_file_name(formats[i]), tables[i]);
    else if (!report_format(formats[i], tables[i]))
      status = 1;
  }
}

void add_check_command(CLI::App& vectors, int& status) {
  auto* command = vectors.add_subcommand(
      "formats", "Generate every recorded stream of `format` and compare its digest");
  const auto options = std::make_shared<DigestOptions>();
  command->add_option("--only", options->formats, "Formats; default: all that are recorded");
  command->add_option("--out", options->out,
                      "Directory to write the digests to, instead of comparing them");
  add_jobs_option(*command, options->jobs, "Formats");
  command->callback([options, &status] { check_formats(*options, status); });
}

}  // namespace

void add_format_stream_commands(CLI::App& vectors_command, int& status) {
  add_write_command(vectors_command);
  add_check_command(vectors_command, status);
}

}  // namespace lsgd
