// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <lsgd/protocol.h>

#include "device/byte_stream.hpp"
#include "device/device_error.hpp"
#include "device/frame.hpp"
#include "device/hello.hpp"

namespace lsgd {

inline constexpr std::uint32_t hello_nonce = 7;

enum Piece : std::uint8_t { raw_bytes, right_reply, any_frame, piece_kinds };

/// What a device sends: pieces of one byte for the kind, one for the size, and the contents.
class FuzzDevice : public ByteStream {
 public:
  explicit FuzzDevice(std::span<const std::uint8_t> script, bool is_line = false)
      : script_(script), is_line_(is_line) {}

  bool is_line() const override { return is_line_; }
  std::vector<std::uint32_t> other_rates() const override { return {9600, 57600}; }

  void write(std::span<const std::uint8_t> bytes, Deadline) override {
    const bool is_hello = bytes.size() > 3 && bytes[3] == LSGD_OPCODE_HELLO;
    const DecodedFrame decoded = decode_frame(bytes, is_hello ? 0 : nonce_);
    if (decoded.kind == DecodedFrame::Kind::whole) request_ = decoded.frame;
    if (is_hello) nonce_ = hello_nonce;
  }

  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (output_.empty()) next_piece();
    const std::size_t count = std::min(buffer.size(), output_.size());
    std::copy_n(output_.begin(), count, buffer.begin());
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

 private:
  void next_piece() {
    while (output_.empty()) {
      if (script_.size() < 2 && is_line_) throw TimeOutError("silent");
      if (script_.size() < 2) throw DeviceError("silent");
      const auto kind = script_[0] % piece_kinds;
      const std::size_t size = std::min<std::size_t>(script_[1], script_.size() - 2);
      const auto contents = script_.subspan(2, size);
      script_ = script_.subspan(2 + size);
      output_ = kind == raw_bytes ? std::vector(contents.begin(), contents.end())
                                  : framed(contents, kind == right_reply);
    }
  }

  std::vector<std::uint8_t> framed(std::span<const std::uint8_t> contents, bool is_right) {
    Frame frame{
        static_cast<std::uint8_t>(request_.opcode | LSGD_OPCODE_REPLY), request_.sequence, {}};
    if (!is_right && contents.size() >= 2) {
      frame.opcode = contents[0];
      frame.sequence = contents[1];
      contents = contents.subspan(2);
    }
    contents = contents.first(std::min<std::size_t>(contents.size(), LSGD_PAYLOAD_MAXIMUM));
    frame.payload.assign(contents.begin(), contents.end());
    const auto encoded = encode_frame(frame, nonce_);
    if (request_.opcode == LSGD_OPCODE_HELLO && frame.payload.size() > hello_name_offset)
      nonce_ = session_nonce(
          hello_nonce,
          std::span(frame.payload).first(hello_name_offset).last(LSGD_BUILD_IDENTITY_BYTES));
    return encoded;
  }

  std::span<const std::uint8_t> script_;
  bool is_line_;
  Frame request_;
  std::uint32_t nonce_ = hello_nonce;
  std::vector<std::uint8_t> output_;
};

}  // namespace lsgd
