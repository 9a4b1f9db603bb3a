// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "device/byte_stream.hpp"
#include "device/device_error.hpp"
#include "mock_device.hpp"

namespace lsgd {

/// What passes of a byte.
using ByteChange = std::function<std::vector<std::uint8_t>(std::uint8_t byte)>;

inline ByteChange unchanged() {
  return [](std::uint8_t byte) { return std::vector{byte}; };
}
inline ByteChange replaces(std::uint8_t from, std::vector<std::uint8_t> to) {
  return [=](std::uint8_t byte) { return byte == from ? to : std::vector{byte}; };
}
inline ByteChange drops(std::vector<std::uint8_t> dropped) {
  return [=](std::uint8_t byte) {
    return std::ranges::count(dropped, byte) > 0 ? std::vector<std::uint8_t>{} : std::vector{byte};
  };
}
inline ByteChange clears_bit_7() {
  return [](std::uint8_t byte) { return std::vector{static_cast<std::uint8_t>(byte & 0x7f)}; };
}

/// How a line treats what passes, and what it has done so far, over all its connections.
struct LineState {
  ByteChange to_device = unchanged();
  ByteChange to_host = unchanged();
  bool echoes = false;
  std::uint32_t rate = 0;    ///< that the device speaks at; 0: any
  int late_answers = 0;      ///< at that rate, which are there when the next is awaited
  double damaged_bytes = 0;  ///< share of the bytes
  double resets = 0;         ///< of the device, in each thing that is sent
  double unplugs = 0;        ///< likewise
  int unplugged_for = 2;     ///< connections
  std::mt19937 engine{1};

  int connections_to_fail = 0;
  std::uint64_t bytes = 0, damaged = 0, times_reset = 0, times_unplugged = 0;

  bool happens(double probability) { return static_cast<double>(engine()) < probability * 0x1p32; }
};

/// A mock device behind a line that is not what it should be. Nobody waits: what is not there when
/// it is read has timed out.
class SimulatedLine : public ByteStream {
 public:
  /// Throws DeviceError while it is unplugged.
  SimulatedLine(LineState& line, MockState& board)
      : line_(line), board_(board), device_(std::make_unique<MockDevice>(board)) {
    if (line_.connections_to_fail == 0) return;
    --line_.connections_to_fail;
    throw DeviceError("the line is not there");
  }

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override {
    if (line_.happens(line_.unplugs)) {
      ++line_.times_unplugged;
      line_.connections_to_fail = line_.unplugged_for;
      is_unplugged_ = true;
    }
    require_plugged();
    if (line_.happens(line_.resets)) {
      ++line_.times_reset;
      device_ = std::make_unique<MockDevice>(board_);
      constexpr std::string_view banner = "ROM 1.2, restarted\r\n";
      arrived_.assign(banner.begin(), banner.end());
    }
    if (line_.echoes) arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
    if (line_.rate != 0 && rate_ != line_.rate) return;
    device_->write(passed(bytes, line_.to_device), deadline);
  }

  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override {
    require_plugged();
    if (line_.late_answers > 0 && rate_ == line_.rate) {
      --line_.late_answers;
      throw TimeOutError("the answer is late");
    }
    if (arrived_.empty()) fetch(deadline);
    const std::size_t count = std::min(buffer.size(), arrived_.size());
    std::copy_n(arrived_.begin(), count, buffer.begin());
    arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  bool is_line() const override { return true; }
  std::vector<std::uint32_t> other_rates() const override { return {9600, 57600}; }
  void change_rate(std::uint32_t rate) override { rate_ = rate == 0 ? own_rate : rate; }

 private:
  static constexpr std::uint32_t own_rate = 115200;

  void require_plugged() const {
    if (is_unplugged_) throw DeviceError("the line vanished");
  }

  void fetch(Deadline deadline) {
    while (arrived_.empty()) {
      std::vector<std::uint8_t> buffer(4096);
      buffer.resize(device_->read(buffer, deadline));
      const auto bytes = passed(buffer, line_.to_host);
      arrived_.insert(arrived_.end(), bytes.begin(), bytes.end());
    }
  }

  std::vector<std::uint8_t> passed(std::span<const std::uint8_t> bytes, const ByteChange& change) {
    std::vector<std::uint8_t> all;
    for (std::uint8_t byte : bytes) {
      ++line_.bytes;
      if (line_.happens(line_.damaged_bytes)) {
        ++line_.damaged;
        byte ^= static_cast<std::uint8_t>(1 + line_.engine() % 255);
      }
      const auto passes = change(byte);
      all.insert(all.end(), passes.begin(), passes.end());
    }
    return all;
  }

  LineState& line_;
  MockState& board_;
  std::unique_ptr<MockDevice> device_;
  std::deque<std::uint8_t> arrived_;
  std::uint32_t rate_ = own_rate;
  bool is_unplugged_ = false;
};

}  // namespace lsgd
