// SPDX-License-Identifier: Apache-2.0
#include "qemu.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace lsgd::rtl {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "lsgd-qemu-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("expected a writable directory for " + name);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Returns the exit status, -1 if the program did not start or end normally.
int run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

bool qemu_available() { return run({"qemu-system-riscv32", "--version"}) == 0; }

std::string run_qemu(const ElfImage& image, const RamRange& ram) {
  std::string memory;
  for (const auto& segment : image.segments) {
    const std::size_t offset = segment.address - ram.base;
    memory.resize(std::max(memory.size(), offset + segment.bytes.size()));
    std::copy(segment.bytes.begin(), segment.bytes.end(),
              memory.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  const TemporaryDirectory directory;
  const std::string binary = directory.file("image.bin"), output = directory.file("output.bin");
  std::ofstream(binary, std::ios::binary) << memory;
  const int status = run({"timeout", "60", "qemu-system-riscv32", "-machine", "virt", "-bios",
                          "none", "-display", "none", "-monitor", "none", "-serial",
                          "file:" + output, "-device", "loader,addr=0x80000000,file=" + binary});
  if (status != 0) throw std::runtime_error("expected qemu-system-riscv32 to end with status 0");
  std::ifstream file(output, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace lsgd::rtl
