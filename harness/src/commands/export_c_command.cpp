// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>
#include <string>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "device/c_declaration.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

/// To a file, or to standard output where none is named.
void write_text(const std::string& file, const std::string& text) {
  if (file.empty())
    fmt::print("{}", text);
  else
    write_file(file, text);
}

void export_c(const std::string& profile, const std::string& file) {
  const Arithmetic arithmetic = read_arithmetic(profile);
  if (const auto reason = not_exported(arithmetic)) throw InputError(profile, 0, *reason);
  write_text(file, c_declaration(arithmetic, arithmetic));
}

}  // namespace

void add_profile_exports(CLI::App& profile_command) {
  struct Options {
    std::string profile;
    std::string out;
  };
  const auto options = std::make_shared<Options>();
  constexpr const char* out = "File to write; standard output without it";
  auto* header = profile_command.add_subcommand(
      "export-c", "declared_arithmetic.h, with which the port declared_c99 computes in a profile");
  header->add_option("PROFILE", options->profile, "Name of a built-in profile, or a TOML file")
      ->required();
  header->add_option("--out", options->out, out);
  header->callback([options] { export_c(options->profile, options->out); });
  auto* digests = profile_command.add_subcommand(
      "digests", "arithmetics.h, by which ports name the built-in profiles");
  digests->add_option("--out", options->out, out);
  digests->callback([options] { write_text(options->out, built_in_arithmetics_header()); });
}

}  // namespace lsgd
