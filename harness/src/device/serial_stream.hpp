// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "device/byte_stream.hpp"

namespace lsgd {

enum class Parity : std::uint8_t { none, even, odd };

/// A serial line of eight data bits and one stop bit, as a device speaks on it.
struct SerialLine {
  std::string device;  ///< path, such as /dev/ttyUSB0
  std::uint32_t baud = 0;
  Parity parity = Parity::none;
  bool has_hardware_flow_control = false;   ///< RTS and CTS
  std::optional<bool> data_terminal_ready;  ///< level after opening; none: the driver's
  std::optional<bool> request_to_send;      ///< likewise
};

/// Rates that the system has a name for, rising.
std::vector<std::uint32_t> baud_rates();

/// A serial line that is used by nobody else meanwhile.
class SerialStream : public ByteStream {
 public:
  /// Opens the line, and drops what had arrived before. Throws DeviceError where that is not
  /// possible: no such device, no right to use it, used by another run, no serial line, or one that
  /// does not take the rate; HostError where this machine is the reason.
  explicit SerialStream(const SerialLine& line);
  ~SerialStream() override;
  SerialStream(const SerialStream&) = delete;
  SerialStream& operator=(const SerialStream&) = delete;

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;
  bool is_line() const override { return true; }
  std::vector<std::uint32_t> other_rates() const override;
  void change_rate(std::uint32_t rate) override;

 private:
  /// Whether the line has hung up; what had come before can still be read.
  bool wait_for(short event, Deadline deadline) const;
  [[noreturn]] void fail_with(int error) const;

  std::string device_;
  std::uint32_t baud_;
  int descriptor_ = -1;  // non-blocking
  bool has_answered_ = false;
};

}  // namespace lsgd
