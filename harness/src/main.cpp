// SPDX-License-Identifier: Apache-2.0
#include "commands/commands.hpp"

int main(int argc, char** argv) { return lsgd::run_command_line(argc, argv); }
