/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

#include "build_identity.h"
#include "lsgd/platform.h"

/* Positions in a frame. */
#define LENGTH 2
#define OPCODE 3

uint8_t lsgd_frame[LSGD_FRAME_MAXIMUM];

static uint32_t session_nonce;
static uint8_t in_session;

void lsgd_frame_start_session(uint32_t nonce) {
  session_nonce = nonce;
  in_session = 1;
}

/*
 * Four bits a turn, to need only 64 bytes of table. Weak: a platform with a unit for it, or with
 * memory for a larger table, takes its own.
 */
__attribute__((weak, noinline)) uint32_t lsgd_frame_crc(const uint8_t* bytes, uint32_t count,
                                                        uint32_t nonce) {
  static const uint32_t remainders[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                          0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                          0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                          0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
  uint32_t crc = 0xffffffffu ^ nonce;
  for (const uint8_t* const end = bytes + count; bytes != end; ++bytes) {
    crc ^= *bytes;
    crc = (crc >> 4) ^ remainders[crc & 15];
    crc = (crc >> 4) ^ remainders[crc & 15];
  }
  return ~crc;
}

/** CRC of the frame in memory without its magic, and with `more` bytes behind its payload. */
static uint32_t crc_of_frame(uint32_t more, uint32_t nonce) {
  return lsgd_frame_crc(&lsgd_frame[LENGTH], LSGD_FRAME_HEADER - LENGTH + lsgd_frame[LENGTH] + more,
                        nonce);
}

void lsgd_frame_add_build_identity(void) {
  session_nonce = lsgd_frame_crc(lsgd_build_identity, LSGD_BUILD_IDENTITY_BYTES, session_nonce);
}

static int has_good_crc(void) {
  const int is_hello = lsgd_frame[OPCODE] == LSGD_OPCODE_HELLO;
  if (!is_hello && !in_session) return 0;
  /* That of bytes and their own CRC, whatever they are and whatever it starts from. */
  const uint32_t crc_with_a_right_crc = 0x2144df1cu;
  return crc_of_frame(LSGD_FRAME_CRC, is_hello ? 0 : session_nonce) == crc_with_a_right_crc;
}

/**
 * Bytes up to where the next decision about the first `held` ones falls: that of the whole frame
 * once its length is there, one more before. 0 if no frame begins like that.
 */
static uint32_t bytes_to_decide(uint32_t held) {
  if (held > 0 && lsgd_frame[0] != LSGD_FRAME_MAGIC_0) return 0;
  if (held > 1 && lsgd_frame[1] != LSGD_FRAME_MAGIC_1) return 0;
  if (held <= LENGTH) return held + 1;
  const uint32_t length = lsgd_frame[LENGTH];
  return length > LSGD_PAYLOAD_MAXIMUM ? 0 : LSGD_FRAME_HEADER + length + LSGD_FRAME_CRC;
}

int lsgd_frame_receive(void) {
  uint32_t held = 0;
  for (;;) {
    const uint32_t bytes = bytes_to_decide(held);
    for (; held < bytes; ++held) {
      const int byte = lsgd_platform_read();
      if (byte < 0) return 0;
      lsgd_frame[held] = (uint8_t)byte;
    }
    if (bytes > LENGTH + 1 && has_good_crc()) return 1;
    if (bytes > 0 && bytes <= LENGTH + 1) continue;
    --held;
    memmove(lsgd_frame, lsgd_frame + 1, held);
  }
}

void lsgd_frame_send(uint8_t payload_bytes) {
  lsgd_frame[0] = LSGD_FRAME_MAGIC_0;
  lsgd_frame[1] = LSGD_FRAME_MAGIC_1;
  lsgd_frame[LENGTH] = payload_bytes;
  lsgd_frame[OPCODE] |= LSGD_OPCODE_REPLY;
  const uint32_t crc = crc_of_frame(0, session_nonce);
  memcpy(&lsgd_frame[LSGD_FRAME_HEADER + payload_bytes], &crc, LSGD_FRAME_CRC);
  lsgd_platform_write(lsgd_frame, LSGD_FRAME_HEADER + (size_t)payload_bytes + LSGD_FRAME_CRC);
}
