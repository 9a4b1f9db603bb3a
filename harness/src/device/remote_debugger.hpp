// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/byte_stream.hpp"

namespace lsgd {

/// A client of GDB's remote protocol (the manual's appendix E), which QEMU, OpenOCD, pyOCD,
/// probe-rs and the servers of probes speak. The core is stopped but while resume() runs. Throws
/// DeviceError for what is no such protocol and for what the server refuses, TimeOutError where it
/// does not answer. Where the first request is not answered, either says what came in its place.
class RemoteDebugger {
 public:
  /// Asks what the server can do. The core is stopped then.
  RemoteDebugger(std::unique_ptr<ByteStream> stream, Deadline deadline);
  /// Leaves the server, which may then let the core run.
  ~RemoteDebugger();
  RemoteDebugger(const RemoteDebugger&) = delete;
  RemoteDebugger& operator=(const RemoteDebugger&) = delete;

  /// Of the core, as the server names it ("arm", "riscv:rv32"); "" where it does not.
  const std::string& architecture() const { return architecture_; }

  std::vector<std::uint8_t> read_memory(std::uint32_t address, std::size_t count,
                                        Deadline deadline);
  void write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes, Deadline deadline);
  /// A 32-bit register by the number that the architecture gives it in the protocol.
  void write_register(unsigned number, std::uint32_t value, Deadline deadline);
  /// A command of the server's own, such as "reset halt".
  void monitor(std::string_view command, Deadline deadline);
  /// A breakpoint in hardware, or where the server has none, in memory.
  void set_breakpoint(std::uint32_t address, Deadline deadline);
  /// Lets the core run until it stops; the signal that it stops with, 5 (SIGTRAP) at a breakpoint.
  /// Throws DeviceError where the program ends. After a TimeOutError the core runs on.
  int resume(Deadline deadline);

 private:
  std::string greet(Deadline deadline);
  void send(std::string_view contents, Deadline deadline);
  std::string receive(Deadline deadline);
  std::string ask(std::string_view contents, Deadline deadline);
  void require_ok(std::string_view contents, const std::string& what, Deadline deadline);
  std::uint8_t next_byte(Deadline deadline);

  std::unique_ptr<ByteStream> stream_;
  std::vector<std::uint8_t> received_;
  std::size_t taken_ = 0;  ///< of these
  std::size_t packet_bytes_ = 400;
  std::string architecture_;
  bool has_acknowledgements_ = true;
  bool is_greeting_ = false;
  std::string heard_;  ///< while it is greeted
};

}  // namespace lsgd
