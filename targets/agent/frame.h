/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "lsgd/protocol.h"

/** The one frame in memory, request and then reply: header, payload and CRC as in protocol.h. */
extern uint8_t lsgd_frame[LSGD_FRAME_MAXIMUM];

/** Everything from here on is checked, or sealed, with this nonce; HELLO requests always with 0. */
void lsgd_frame_start_session(uint32_t nonce);

/** Everything from here on has as its nonce the CRC of the build identity, started with the nonce.
 */
void lsgd_frame_add_build_identity(void);

/**
 * Waits for a request with a good CRC, skipping everything else; before the first session only
 * HELLO counts.
 *
 * @return 1 with the request in lsgd_frame; 0 at the end of the stream
 */
int lsgd_frame_receive(void);

/** CRC-32 of bytes, begun as frames' checksums are; of bytes in pieces, begun with that of the
 * pieces before. */
uint32_t lsgd_frame_crc(const uint8_t* bytes, uint32_t count, uint32_t nonce);

/** Sends lsgd_frame as the reply to the request received last. payload_bytes are in place. */
void lsgd_frame_send(uint8_t payload_bytes);
