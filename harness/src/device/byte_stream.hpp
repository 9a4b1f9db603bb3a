// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace lsgd {

using Deadline = std::chrono::steady_clock::time_point;

/// A two-way byte stream to a device: the pipes of a process, a serial port, a socket. Every call
/// ends by its deadline.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Sends all bytes. Throws DeviceError when the device is gone or the deadline passes.
  virtual void write(std::span<const std::uint8_t> bytes, Deadline deadline) = 0;

  /// Receives at least one and at most buffer.size() bytes; returns how many. Throws DeviceError
  /// when the device is gone or the deadline passes.
  virtual std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) = 0;
};

}  // namespace lsgd
