/* SPDX-License-Identifier: Apache-2.0 */

/* The frames' checksum for simulated boards, which spend a third of their time on the agent's own
 * way of 64 bytes: a word a turn, with 4 KB of tables that no real board has to give. */
#include "../../agent/frame.h"

typedef const uint32_t __attribute__((may_alias)) word;

/* remainders[n][byte] is that of the byte and n zero bytes behind it. */
static uint32_t remainders[4][256];

static uint32_t with_byte(uint32_t crc, uint8_t byte) {
  return (crc >> 8) ^ remainders[0][(crc ^ byte) & 255];
}

static void fill_tables(void) {
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? LSGD_CRC_POLYNOMIAL : 0);
    remainders[0][byte] = remainder;
  }
  for (int zeros = 1; zeros < 4; ++zeros)
    for (uint32_t byte = 0; byte < 256; ++byte)
      remainders[zeros][byte] = with_byte(remainders[zeros - 1][byte], 0);
}

uint32_t lsgd_frame_crc(const uint8_t* bytes, uint32_t count, uint32_t nonce) {
  if (remainders[0][255] == 0) fill_tables();
  uint32_t crc = 0xffffffffu ^ nonce;
  const uint8_t* const end = bytes + count;
  while (bytes != end && (uintptr_t)bytes % sizeof(word) != 0) crc = with_byte(crc, *bytes++);
  for (; end - bytes >= (int)sizeof(word); bytes += sizeof(word)) {
    crc ^= *(word*)(const void*)bytes; /* little-endian, as all boards are */
    crc = remainders[3][crc & 255] ^ remainders[2][crc >> 8 & 255] ^
          remainders[1][crc >> 16 & 255] ^ remainders[0][crc >> 24];
  }
  while (bytes != end) crc = with_byte(crc, *bytes++);
  return ~crc;
}
