// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "files/input_error.hpp"
#include "import/table_file.hpp"

namespace lsgd {
namespace {

struct CsvImport {
  DataImportOptions data;
  std::string path, test, test_out;
  TableOptions table;
  bool no_header = false;
  bool header = false;
  bool min_max = false;
};

char separator_of_option(const std::string& text) {
  const std::map<std::string, char> words{
      {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"blanks", ' '}};
  if (const auto word = words.find(text); word != words.end()) return word->second;
  const bool is_separator =
      text.size() == 1 && std::string("\"\r\n").find(text) == std::string::npos;
  if (!is_separator)
    throw InputError("--separator", 0,
                     fmt::format("one character, tab or blanks, found {}", in_quotes(text)));
  return text.front();
}

void add_options(CLI::App& command, CsvImport& options) {
  TableOptions& table = options.table;
  command.add_option("FILE", options.path, "Table with a header, plain or .gz")->required();
  add_data_import_options(command, options.data);
  CLI::Option* const test =
      command.add_option("--test", options.test, "Table of test data, coded as FILE is");
  CLI::Option* const test_out =
      command.add_option("--test-out", options.test_out, "Data file to write for --test");
  test->needs(test_out);
  test_out->needs(test);
  CLI::Option* const no_header = command.add_flag(
      "--no-header", options.no_header, "The first row is a sample; columns are named 0, 1, ...");
  command.add_flag("--header", options.header, "The first row is names, though they are numbers")
      ->excludes(no_header);
  command
      .add_option_function<std::string>(
          "--separator",
          [&table](const std::string& text) { table.separator = separator_of_option(text); },
          "One character, tab or blanks; guessed from the first line if absent")
      ->type_name("SEPARATOR");
  command.add_flag("--decimal-comma", table.decimal_comma, "1,5 is one and a half");
  const std::map<std::string, MissingValues> missing{{"error", MissingValues::error},
                                                     {"drop", MissingValues::drop},
                                                     {"mean", MissingValues::mean},
                                                     {"name", MissingValues::name}};
  command
      .add_option("--missing", table.missing,
                  "Empty fields, ?, NA and the like: error; drop their rows; mean of the column of "
                  "numbers; name, one of its own")
      ->transform(CLI::CheckedTransformer(missing));
  CLI::Option* const label =
      command.add_option("--label", table.label, "Column of the label; the last one if absent");
  command.add_option("--targets", table.targets, "Columns of real targets instead of a label")
      ->delimiter(',')
      ->excludes(label);
  command
      .add_option("--categorical", table.categorical,
                  "Columns of names, or all: place in alphabetical order / (names - 1)")
      ->delimiter(',');
  command.add_option("--ignore", table.ignored, "Columns to leave out; '' is one without a name")
      ->delimiter(',');
  command.add_flag("--min-max", options.min_max, "As --scale min-max");
}

void import_csv(CsvImport& options) {
  if (options.min_max && !options.data.scale)
    options.data.scale = InputScale{.kind = InputScale::Kind::min_max};
  TableOptions& table = options.table;
  if (options.no_header) table.header = TableHeader::none;
  if (options.header) table.header = TableHeader::certain;
  table.scale = options.data.scale;
  const LikeData like(options.data.like);
  table.like = like.coding_or_null();
  std::string file = options.path;
  table.progress = [&file](std::size_t rows, bool are_coded) {
    fmt::print("{}: {} million rows {}\n", file, rows / 1'000'000, are_coded ? "coded" : "read");
    std::fflush(stdout);
  };
  const ImportedData imported = read_table(options.path, table);
  if (options.test.empty()) {
    write_imported_data(options.data.out, imported, like.data_or_null());
    return;
  }
  table.like = &imported.coding;
  file = options.test;
  const ImportedData test = read_table(options.test, table);
  write_imported_data(options.data.out, imported, like.data_or_null());
  write_imported_data(options.test_out, test, &imported.data);
}

}  // namespace

void add_csv_importer(CLI::App& import) {
  auto* command = import.add_subcommand("csv", "A table of samples, one per row");
  const auto options = std::make_shared<CsvImport>();
  add_options(*command, *options);
  command->callback([options] { import_csv(*options); });
}

}  // namespace lsgd
