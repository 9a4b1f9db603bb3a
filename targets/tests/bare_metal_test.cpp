// SPDX-License-Identifier: Apache-2.0

// What boards without a C library run, against this machine's own: every alignment of both ends,
// every overlap and every length up to some blocks of words.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <zlib.h>

extern "C" {
void* bare_memcpy(void* destination, const void* source, std::size_t count);
void* bare_memmove(void* destination, const void* source, std::size_t count);
void* bare_memset(void* destination, int value, std::size_t count);
std::uint32_t bare_frame_crc(const std::uint8_t* bytes, std::uint32_t count, std::uint32_t nonce);
}

namespace {

constexpr std::size_t longest = 139;

/// Words, so that the alignment of each byte is known; no two bytes near each other are equal.
struct Memory {
  alignas(16) std::array<std::uint8_t, 192> bytes;

  Memory() { std::iota(bytes.begin(), bytes.end(), std::uint8_t{100}); }
  bool operator==(const Memory&) const = default;
};

TEST(BareMetal, MovesBetweenAnyTwoPlacesAsTheLibraryDoes) {
  for (std::size_t to = 0; to < 48; ++to)
    for (std::size_t from = 0; from < 48; ++from)
      for (std::size_t count = 0; count <= longest; ++count) {
        Memory expected, got;
        std::memmove(&expected.bytes[to], &expected.bytes[from], count);
        ASSERT_EQ(bare_memmove(&got.bytes[to], &got.bytes[from], count), &got.bytes[to]);
        ASSERT_EQ(got, expected) << count << " bytes from " << from << " to " << to;
      }
}

TEST(BareMetal, CopiesAndFillsAsTheLibraryDoes) {
  const Memory source;
  for (std::size_t to = 0; to < 8; ++to)
    for (std::size_t from = 0; from < 8; ++from)
      for (std::size_t count = 0; count <= longest; ++count) {
        Memory expected, got;
        std::memcpy(&expected.bytes[to], &source.bytes[40 + from], count);
        bare_memcpy(&got.bytes[to], &source.bytes[40 + from], count);
        ASSERT_EQ(got, expected) << count << " bytes from " << from << " to " << to;
        std::memset(&expected.bytes[to], 0xa5 + static_cast<int>(from), count);
        bare_memset(&got.bytes[to], 0xa5 + static_cast<int>(from), count);
        ASSERT_EQ(got, expected) << count << " bytes at " << to;
      }
}

TEST(BareMetal, HasTheChecksumOfFrames) {
  const Memory memory;
  for (const std::uint32_t nonce : {0U, 1U, 0x80000000U, 0xdeadbeefU})
    for (std::size_t from = 0; from < 8; ++from)
      for (std::uint32_t count = 0; count <= longest; ++count)
        ASSERT_EQ(bare_frame_crc(&memory.bytes[from], count, nonce),
                  crc32(nonce, &memory.bytes[from], count))
            << count << " bytes from " << from << ", nonce " << nonce;
}

}  // namespace
