// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "device/byte_stream.hpp"

namespace lsgd {

/// How long the host has waited for a device, over all its connections, how long it will, and what
/// travelled meanwhile.
struct Waiting {
  std::chrono::nanoseconds limit{};
  std::chrono::nanoseconds spent{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;

  bool is_over() const { return spent >= limit; }
};

/// A stream that counts the time of its calls. Throws DeviceError once that time is over: a device
/// that answers every request just in time would keep a run for ever.
class WatchedStream : public ByteStream {
 public:
  /// Connects at once, which counts as well. `runs_ahead`: whether requests may be sent before the
  /// replies to earlier ones have come, as far as the stream holds them.
  WatchedStream(const std::function<std::unique_ptr<ByteStream>()>& connect, Waiting& waiting,
                bool runs_ahead);

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;
  std::size_t most_bytes_ahead() const override {
    return runs_ahead_ ? stream_->most_bytes_ahead() : 0;
  }
  bool is_line() const override { return stream_->is_line(); }
  bool is_slow() const override { return stream_->is_slow(); }
  std::vector<std::uint32_t> other_rates() const override { return stream_->other_rates(); }
  void change_rate(std::uint32_t rate) override { stream_->change_rate(rate); }

 private:
  template <class Call>
  auto watch(Deadline deadline, const Call& call);

  std::unique_ptr<ByteStream> stream_;
  Waiting& waiting_;
  bool runs_ahead_;
};

}  // namespace lsgd
