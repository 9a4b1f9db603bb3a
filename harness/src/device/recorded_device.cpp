// SPDX-License-Identifier: Apache-2.0
#include "device/recorded_device.hpp"

#include <algorithm>

#include <lsgd/protocol.h>

#include "device/device_error.hpp"
#include "device/frame.hpp"
#include "device/hello.hpp"
#include "device/little_endian.hpp"

namespace lsgd {

void RecordedDevice::write(std::span<const std::uint8_t> bytes, Deadline) {
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  while (answer_next()) continue;
}

bool RecordedDevice::answer_next() {
  // HELLO is preceded by zeros, and has no nonce.
  const auto magic = std::ranges::find(received_, LSGD_FRAME_MAGIC_0);
  received_.erase(received_.begin(), magic);
  DecodedFrame decoded = decode_frame(received_, nonce_);
  if (decoded.kind == DecodedFrame::Kind::bad_checksum) decoded = decode_frame(received_, 0);
  if (decoded.kind == DecodedFrame::Kind::incomplete) return false;
  if (decoded.kind != DecodedFrame::Kind::whole)
    throw DeviceError("the host sent no frame");  // it is this program
  received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));

  const auto& [opcode, sequence, payload] = decoded.frame;
  Frame reply{static_cast<std::uint8_t>(opcode | LSGD_OPCODE_REPLY), sequence, statement_};
  const bool is_hello = opcode == LSGD_OPCODE_HELLO;
  if (is_hello) {
    nonce_ = little_endian<std::uint32_t>(std::span(payload).subspan(1));
  } else {
    std::vector<std::uint8_t> request{opcode};
    request.insert(request.end(), payload.begin(), payload.end());
    auto answer = answers_.take(request);
    if (!answer) return true;  // read() finds nothing
    reply.payload = *std::move(answer);
  }
  const auto bytes = encode_frame(reply, nonce_);
  output_.insert(output_.end(), bytes.begin(), bytes.end());
  if (is_hello)
    nonce_ = session_nonce(
        nonce_, std::span(statement_).subspan(hello_identity_offset, LSGD_BUILD_IDENTITY_BYTES));
  return true;
}

std::size_t RecordedDevice::read(std::span<std::uint8_t> buffer, Deadline) {
  if (output_.empty()) throw DeviceError("the record holds no answer to this request");
  const std::size_t count = std::min(buffer.size(), output_.size());
  std::copy_n(output_.begin(), count, buffer.begin());
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

}  // namespace lsgd
