// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lsgd {

using Deadline = std::chrono::steady_clock::time_point;

/// What poll() takes: from 0 to 1,000,000, rounded up.
inline int milliseconds_until(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000));
}

/// A two-way byte stream to a device: the pipes of a process, a serial port, a socket. Every call
/// ends by its deadline.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Sends all bytes. Throws DeviceError when the device is gone, TimeOutError when the deadline
  /// passes.
  virtual void write(std::span<const std::uint8_t> bytes, Deadline deadline) = 0;

  /// Receives at least one and at most buffer.size() bytes; returns how many. Throws DeviceError
  /// when the device is gone, TimeOutError when the deadline passes.
  virtual std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) = 0;

  /// Bytes of requests from which on their replies have to be read before more are sent. 0 for a
  /// line that loses what the device does not take in time.
  virtual std::size_t most_bytes_ahead() const { return 0; }

  /// Whether it is a line to a board, which may be booting while it is greeted, whose boot ROM and
  /// log may speak on the line, too, and which may lose or change bytes. Else nothing gets lost,
  /// and there are frames alone.
  virtual bool is_line() const { return false; }

  /// Whether bytes take longer than what host and device compute to save some of them.
  virtual bool is_slow() const { return is_line(); }

  /// Bits per second at which the device of a line may speak in place of the rate that was asked
  /// for, the most usual first; none where the line has no rate.
  virtual std::vector<std::uint32_t> other_rates() const { return {}; }

  /// Goes on at one of other_rates(); back to the own rate by 0.
  virtual void change_rate(std::uint32_t) {}
};

}  // namespace lsgd
