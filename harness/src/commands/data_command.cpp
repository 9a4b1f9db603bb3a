// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "data/built_in_data_set.hpp"
#include "data/data_file.hpp"

namespace lsgd {

void add_data_command(CLI::App& app, int&) {
  struct Options {
    std::string name;
    bool test = false;
    std::string out;
  };
  auto* command = app.add_subcommand("data", "Work with data sets");
  command->require_subcommand(1);
  auto* write = command->add_subcommand("export", "Write a built-in data set as a data file");
  const auto options = std::make_shared<Options>();
  write->add_option("NAME", options->name, "Built-in data set")->required();
  write->add_flag("--test", options->test, "The test part instead of the training part");
  write->add_option("--out", options->out, "Data file to write")->required();
  write->callback([options] {
    write_data(options->out,
               load_built_in_data_set(options->name,
                                      options->test ? DataSetPart::test : DataSetPart::training));
  });
}

}  // namespace lsgd
