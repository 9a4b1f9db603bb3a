// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/byte_stream.hpp"
#include "device/firmware_file.hpp"
#include "device/remote_debugger.hpp"

namespace lsgd {

/// The bytes of an agent in whose memory a debugger leaves requests and finds replies: see
/// targets/platforms/mailbox/mailbox.h. The core runs until it stops where the agent waits for
/// more, at a breakpoint; nothing is read or written while it runs.
class DebuggerStream : public ByteStream {
 public:
  /// Loads the firmware, unless it is there already, and runs it up to where it waits. Throws
  /// DeviceError where it does not come there.
  /// @param monitor  commands of the server's own before that, such as "reset halt"
  DebuggerStream(std::unique_ptr<ByteStream> server, const FirmwareFile& firmware, bool is_loaded,
                 const std::vector<std::string>& monitor, Deadline deadline);

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;
  /// As much as the mailbox holds beside one more frame, so that writing never waits for room.
  std::size_t most_bytes_ahead() const override;

 private:
  void start(const FirmwareFile& firmware, Deadline deadline);
  void set_program_counter(std::uint32_t address, Deadline deadline);
  /// From where the core waits to where it does again.
  void let_it_work(Deadline deadline);
  void run_to_where_it_waits(Deadline deadline);
  void read_counters(Deadline deadline);
  void write_counter(std::uint32_t offset, std::uint32_t value, Deadline deadline);

  RemoteDebugger debugger_;
  std::uint32_t mailbox_;
  std::uint32_t resume_;
  unsigned program_counter_;  ///< its number in the protocol
  std::uint32_t ring_bytes_ = 0;
  std::uint32_t to_device_written_ = 0, to_device_read_ = 0;
  std::uint32_t to_host_written_ = 0, to_host_read_ = 0;
};

}  // namespace lsgd
