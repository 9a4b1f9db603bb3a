// SPDX-License-Identifier: Apache-2.0
#include "device/answer_record.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <stdexcept>
#include <utility>
#include <zlib.h>

#include "device/little_endian.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t longest_record = std::uint32_t{256} << 20;

// A run writes many times what it ever reads again.
constexpr int compression = Z_BEST_SPEED;

std::string base64(const std::vector<std::uint8_t>& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  std::vector<unsigned char> ended(text.size() + 1);
  EVP_EncodeBlock(ended.data(), bytes.data(), static_cast<int>(bytes.size()));
  std::copy_n(ended.begin(), text.size(), text.begin());
  return text;
}

std::optional<std::vector<std::uint8_t>> bytes_of_base64(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (text.size() % 4 != 0 || size != static_cast<int>(bytes.size())) return std::nullopt;
  for (; text.ends_with('=') && !bytes.empty(); text.remove_suffix(1)) bytes.pop_back();
  return bytes;
}

}  // namespace

AnswerRecord::Bytes AnswerRecord::changed(std::span<const std::uint8_t> request,
                                          std::span<const std::uint8_t> reply, bool is_change) {
  Bytes result(reply.begin(), reply.end());
  if (reply.size() < 2) return result;
  Bytes& before = last_[std::string(request.begin(), request.end())];
  before.resize(reply.size());
  for (std::size_t i = 0; i < reply.size(); ++i) result[i] ^= before[i];
  before = is_change ? result : Bytes(reply.begin(), reply.end());
  return result;
}

void AnswerRecord::add(std::span<const std::uint8_t> request, std::span<const std::uint8_t> reply) {
  if (reply.empty() || reply.size() > 255) throw std::invalid_argument("no reply");
  bytes_.push_back(static_cast<std::uint8_t>(reply.size()));
  const Bytes change = changed(request, reply, false);
  bytes_.insert(bytes_.end(), change.begin(), change.end());
}

std::optional<std::vector<std::uint8_t>> AnswerRecord::take(std::span<const std::uint8_t> request) {
  if (is_exhausted()) return std::nullopt;
  if (taken_ == 0) last_.clear();  // of what was added
  const std::size_t size = bytes_[taken_];
  if (size == 0 || size > bytes_.size() - taken_ - 1) return std::nullopt;
  const auto change = std::span(bytes_).subspan(taken_ + 1, size);
  taken_ += 1 + size;
  return changed(request, change, true);
}

std::string AnswerRecord::text() const {
  uLongf size = compressBound(bytes_.size());
  std::vector<std::uint8_t> packed;
  packed.reserve(4 + size);
  append_little_endian(packed, static_cast<std::uint32_t>(bytes_.size()));
  packed.resize(4 + size);
  if (bytes_.size() > longest_record ||
      compress2(packed.data() + 4, &size, bytes_.data(), bytes_.size(), compression) != Z_OK)
    throw std::length_error("too many answers to record");
  packed.resize(4 + size);
  return base64(packed);
}

std::optional<AnswerRecord> AnswerRecord::from_text(std::string_view text) {
  if (text.size() > longest_record) return std::nullopt;
  const auto packed = bytes_of_base64(text);
  if (!packed || packed->size() < 4) return std::nullopt;
  uLongf size = little_endian<std::uint32_t>(*packed);
  if (size > longest_record) return std::nullopt;
  AnswerRecord record;
  record.bytes_.resize(std::max<std::size_t>(size, 1));
  const uLongf expected = size;
  if (uncompress(record.bytes_.data(), &size, packed->data() + 4, packed->size() - 4) != Z_OK ||
      size != expected)
    return std::nullopt;
  record.bytes_.resize(size);
  return record;
}

}  // namespace lsgd
