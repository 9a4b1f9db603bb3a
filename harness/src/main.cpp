// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <locale>
#include <stdexcept>

#include "commands/commands.hpp"

int main(int argc, char** argv) {
  // Paths of Boost need the locale that the environment names, which a machine may not have.
  try {
    static_cast<void>(std::locale(""));
  } catch (const std::runtime_error&) {
    setenv("LC_ALL", "C", 1);
  }
  return lsgd::run_command_line(argc, argv);
}
