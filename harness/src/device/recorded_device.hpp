// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "device/answer_record.hpp"
#include "device/byte_stream.hpp"

namespace lsgd {

/// Speaks the protocol in the stead of a device, with the answers that it gave during a case.
class RecordedDevice : public ByteStream {
 public:
  /// @param statement its reply to HELLO (DeviceDescription::statement)
  /// @param answers outlives this; they are taken from it
  RecordedDevice(std::span<const std::uint8_t> statement, AnswerRecord& answers)
      : statement_(statement.begin(), statement.end()), answers_(answers) {}

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;

  /// Throws DeviceError where the next request is none of those that were answered.
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;

 private:
  /// Answers the frame at the front of what was received; false where there is none.
  bool answer_next();

  std::vector<std::uint8_t> statement_;
  AnswerRecord& answers_;
  std::uint32_t nonce_ = 0;
  std::vector<std::uint8_t> received_;
  std::vector<std::uint8_t> output_;
};

}  // namespace lsgd
