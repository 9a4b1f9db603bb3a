// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "device/byte_stream.hpp"

namespace lsgd {

/// A TCP connection to a server that hands it to a device.
class TcpStream : public ByteStream {
 public:
  /// Connects to the first address of `host` that takes it. `port` is a number. Throws DeviceError
  /// where the host is unknown or nothing takes the connection before the deadline, HostError where
  /// this machine is the reason.
  TcpStream(const std::string& host, const std::string& port, Deadline deadline);
  ~TcpStream() override;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;
  bool is_line() const override { return true; }

 private:
  void wait_for(short event, Deadline deadline) const;
  [[noreturn]] void fail_with(int error) const;

  std::string peer_;  ///< host:port
  int socket_ = -1;   // non-blocking
  bool has_answered_ = false;
};

}  // namespace lsgd
