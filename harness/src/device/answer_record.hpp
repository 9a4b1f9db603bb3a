// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// What a device answered during a case, in order: enough to hold the same conversation without it.
/// A request is its opcode and payload, a reply its status and payload.
class AnswerRecord {
 public:
  /// Appends the reply, of 1 to 255 bytes, to a request.
  void add(std::span<const std::uint8_t> request, std::span<const std::uint8_t> reply);

  /// The next reply; nothing at the end, or where the record is damaged.
  std::optional<std::vector<std::uint8_t>> take(std::span<const std::uint8_t> request);

  /// Whether every reply was taken.
  bool is_exhausted() const { return taken_ == bytes_.size(); }

  /// Compressed, in Base64.
  std::string text() const;

  /// The inverse of text(); nothing for what that never gives, or more than 256 MiB.
  static std::optional<AnswerRecord> from_text(std::string_view text);

 private:
  using Bytes = std::vector<std::uint8_t>;

  /// Exclusive or with the reply to the same request before, which then is this one: most bits of
  /// a weight outlive a training step.
  Bytes changed(std::span<const std::uint8_t> request, std::span<const std::uint8_t> reply,
                bool is_change);

  Bytes bytes_;  ///< of each reply its size, and what changed
  std::size_t taken_ = 0;
  std::map<std::string, Bytes> last_;  ///< reply by request, where it has a payload
};

}  // namespace lsgd
