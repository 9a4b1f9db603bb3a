// SPDX-License-Identifier: Apache-2.0

// The server's side of GDB's remote protocol, which sits in front of the simulated core, and a
// client that sends anything. An odd first byte makes packets with right sums of the lines behind
// it, an even one leaves them as they are.
#include <array>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "debugger_server.hpp"
#include "device/remote_packet.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

namespace {

/// 256 bytes of memory at 0x80000000; every run ends at once, or when it is asked to.
class FuzzCore : public rtl::DebuggedCore {
 public:
  std::optional<std::vector<std::uint8_t>> read_memory(std::uint32_t address,
                                                       std::uint32_t count) override {
    if (!is_memory(address, count)) return std::nullopt;
    return std::vector<std::uint8_t>(memory_.begin() + offset(address),
                                     memory_.begin() + offset(address) + count);
  }
  bool write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) override {
    if (!is_memory(address, static_cast<std::uint32_t>(bytes.size()))) return false;
    std::ranges::copy(bytes, memory_.begin() + offset(address));
    return true;
  }
  std::uint32_t read_register(unsigned number) const override { return registers_.at(number); }
  bool write_register(unsigned number, std::uint32_t value) override {
    registers_.at(number) = value;
    return value % 2 == 0;
  }
  bool set_breakpoint(std::uint32_t address) override { return is_memory(address, 2); }
  void remove_breakpoint(std::uint32_t) override {}
  Stop step(const std::function<bool()>& interrupted) override {
    return interrupted() ? Stop::interrupted : Stop::trap;
  }
  Stop resume(const std::function<bool()>& interrupted) override {
    return interrupted() ? Stop::interrupted : registers_[1] % 2 == 0 ? Stop::ended : Stop::lockup;
  }
  void reset() override { registers_.fill(0); }
  std::uint32_t status() const override { return registers_[2]; }

 private:
  static std::ptrdiff_t offset(std::uint32_t address) {
    return static_cast<std::ptrdiff_t>(address - 0x80000000u);
  }
  bool is_memory(std::uint32_t address, std::uint32_t count) const {
    return count <= memory_.size() && address - 0x80000000u <= memory_.size() - count;
  }

  std::array<std::uint8_t, 256> memory_{};
  std::array<std::uint32_t, kRegisters> registers_{};
};

std::string packets_for_server(std::string_view lines) {
  std::string packets;
  while (!lines.empty()) {
    const std::string_view contents = lines.substr(0, lines.find('\n'));
    packets += remote_packet(contents);
    lines.remove_prefix(std::min(lines.size(), contents.size() + 1));
  }
  return packets;
}

/// Acknowledgements and packets with right sums, and nothing else.
void require_protocol(std::string_view said) {
  while (!said.empty()) {
    if (said.front() == '+' || said.front() == '-') {
      said.remove_prefix(1);
      continue;
    }
    require(said.front() == '$');
    const std::size_t end = said.find('#');
    require(end != std::string_view::npos && end + 3 <= said.size());
    const std::string_view contents = said.substr(1, end - 1);
    require(said.substr(0, end + 3) == remote_packet(contents));
    said.remove_prefix(end + 3);
  }
}

}  // namespace

LSGD_FUZZ_TARGET(debugger_server) {
  if (size == 0) return 0;
  const std::string_view lines = text_of(bytes + 1, size - 1);
  const std::string sent = bytes[0] % 2 == 1 ? packets_for_server(lines) : std::string(lines);
  const int input = memfd_create("input", MFD_CLOEXEC);
  const int output = memfd_create("output", MFD_CLOEXEC);
  require(write(input, sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
  lseek(input, 0, SEEK_SET);
  {
    FuzzCore core;
    rtl::ByteStream client(input, output);
    rtl::DebuggerServer(core, client).serve();
    client.flush();
  }
  std::string said(static_cast<std::size_t>(lseek(output, 0, SEEK_END)), '\0');
  require(pread(output, said.data(), said.size(), 0) == static_cast<ssize_t>(said.size()));
  close(input);
  close(output);
  require_protocol(said);
  return 0;
}
