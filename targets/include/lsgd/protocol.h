/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * The protocol between a host and the agent on a device, version LSGD_PROTOCOL, over any byte
 * stream. Valid C and C++; an agent in another language needs nothing but this text.
 *
 * The host sends one request, the device answers with one reply. There is never more than one
 * outstanding, unless a line is said to hold those that come meanwhile: then the host sends some
 * ahead, and they are answered in turn. Multi-byte integers are little-endian. Both are frames:
 *
 *     offset      bytes  content
 *     0           2      magic: LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1
 *     2           1      length of the payload, 0..LSGD_PAYLOAD_MAXIMUM
 *     3           1      opcode; a reply has the request's | LSGD_OPCODE_REPLY
 *     4           2      sequence; a reply has the request's
 *     6           length payload; the first byte of a reply's is its status
 *     6 + length  4      CRC-32 of bytes 2..(6 + length - 1)
 *
 * The CRC is the reflected one of IEEE 802.3 (polynomial LSGD_CRC_POLYNOMIAL, final exclusive-or
 * with 0xffffffff, as in zlib) but starts from 0xffffffff ^ nonce. The nonce is 0 in a HELLO
 * request, the number that HELLO brought in its reply, and in everything that follows the CRC of
 * the build identity alone, started with that number. A host that draws a new number for each
 * session therefore never takes an answer left in a pipe, or another build's, for the one it waits
 * for.
 *
 * The device ignores whatever is not a frame with a good CRC: after a bad one it looks for the next
 * magic from the byte after the bad one's start. A host that has lost the thread sends
 * LSGD_FRAME_MAXIMUM zero bytes, which complete any half-received frame, then HELLO.
 * Before the first HELLO the device ignores every other request.
 *
 * HELLO may have any sequence; each further request has the one before plus 1 modulo 65536. A
 * request out of sequence is answered with LSGD_STATUS_BAD_SEQUENCE and not executed; the expected
 * sequence does not move. A host says HELLO again, with a new number, before the sequence comes
 * round: within a session no two requests have the same.
 *
 * A host that gets no reply, or a damaged one, may send the same request again, behind
 * LSGD_FRAME_MAXIMUM zero bytes. A request with the sequence of the one before is taken for that
 * one: it is not executed a second time, and answered with the status that it had and nothing else.
 * A device may answer LSGD_STATUS_BAD_SEQUENCE instead; then nobody learns what became of a
 * TRAIN_STEP whose reply was lost.
 *
 * A reply with a status other than LSGD_OK carries nothing but the status, and the request has had
 * no effect, except that a refused CONFIGURE leaves the device without a network.
 */

#include <stdint.h>

#define LSGD_PROTOCOL 3

#define LSGD_FRAME_MAGIC_0 0x4c
#define LSGD_FRAME_MAGIC_1 0x53
#define LSGD_FRAME_HEADER 6
#define LSGD_FRAME_CRC 4
#define LSGD_PAYLOAD_MAXIMUM 240
#define LSGD_FRAME_MAXIMUM (LSGD_FRAME_HEADER + LSGD_PAYLOAD_MAXIMUM + LSGD_FRAME_CRC)

#define LSGD_CRC_POLYNOMIAL 0xedb88320u /* reflected */

#define LSGD_OPCODE_REPLY 0x80

/** Bytes of the build identity in HELLO's reply. */
#define LSGD_BUILD_IDENTITY_BYTES 8

/**
 * Requests, with the payload of the request -> of the reply after its status byte. u8, u16, u32,
 * u64 are unsigned integers; tensors, layers and operations are those of port.h.
 */
enum lsgd_opcode {
  /**
   * u8 protocol version (LSGD_PROTOCOL), u32 nonce ->
   * u8 protocol version, u16 interface version, LSGD_DIGEST_BYTES digest of the arithmetic, for
   * each of the LSGD_TENSORS tensors u8 bytes of a code and u8 extent (struct lsgd_arithmetic), u16
   * layers, u16 inputs, u16 width, u32 activations, u32 parameters (capacities),
   * LSGD_BUILD_IDENTITY_BYTES build identity (a hash of sources and flags), then the port's name,
   * as many bytes as are left, without a terminator. LSGD_STATUS_BAD_VERSION if the device does not
   * speak the version; its CRC has the nonce, too. HELLO does not touch the network or its
   * parameters. One of another length starts no session and is answered with the nonce from before.
   */
  LSGD_OPCODE_HELLO = 1,
  /**
   * u8 loss, u16 inputs, then per layer u16 outputs, u8 activation -> nothing.
   * Starts afresh (lsgd_port_configure); the sample becomes zero, the measurements 0.
   */
  LSGD_OPCODE_CONFIGURE = 2,
  /** u8 tensor, u8 layer, u32 byte offset, bytes -> nothing. From host to device. */
  LSGD_OPCODE_LOAD = 3,
  /** u8 tensor, u8 layer, u32 byte offset, u8 count (up to LSGD_STORE_MAXIMUM) -> count bytes. */
  LSGD_OPCODE_STORE = 4,
  /** Nothing -> nothing. Forward pass of the sample. */
  LSGD_OPCODE_FORWARD = 5,
  /** u32 learning rate (binary32 bits) -> nothing. One step of training on the sample. */
  LSGD_OPCODE_TRAIN_STEP = 6,
  /**
   * u8 operation, then n times u32 a, u32 b (1 <= n <= LSGD_ARITHMETIC_MAXIMUM) -> n times u32
   * result. Needs no network.
   */
  LSGD_OPCODE_ARITHMETIC = 7,
  /**
   * Nothing -> u64 cycles, u64 instructions, u32 stack bytes of the last FORWARD or TRAIN_STEP,
   * u32 heap bytes ever allocated at once by the image. Cycles and instructions are 0 where the
   * platform cannot count them; the stack is the port's, below the agent's call. A call that leaves
   * most of what is above its deepest byte untouched may be told at the next MEASURE only, if no
   * CONFIGURE comes before it.
   */
  LSGD_OPCODE_MEASURE = 8,
  /** Nothing -> nothing. The program ends once the reply is sent. */
  LSGD_OPCODE_QUIT = 9,
  /*
   * The requests from here on only save bytes. A device without them answers
   * LSGD_STATUS_UNKNOWN_OPCODE, and the host goes on with LOAD and STORE.
   */
  /**
   * n times u8 tensor, u8 layer (1 <= n <= LSGD_DIGEST_MAXIMUM) -> u32 CRC-32 of all their bytes,
   * as zlib computes it: what STORE would answer, one tensor behind the other.
   */
  LSGD_OPCODE_DIGEST = 10,
  /**
   * The same -> the same. Each of the tensors is loaded with the bytes that it holds, as if STORE
   * and LOAD had carried them to the host and back.
   */
  LSGD_OPCODE_RELOAD = 11,
  /**
   * u8 tensor, u8 layer, u32 byte offset, u8 n, u8 count (1 <= n * count <=
   * LSGD_STORE_LOW_MAXIMUM) -> of each of n codes the `count` lowest bytes, fewer than it has.
   */
  LSGD_OPCODE_STORE_LOW = 12
};

/** Most data bytes one LOAD or STORE can carry. */
#define LSGD_LOAD_MAXIMUM (LSGD_PAYLOAD_MAXIMUM - 6)
#define LSGD_STORE_MAXIMUM (LSGD_PAYLOAD_MAXIMUM - 1)
#define LSGD_ARITHMETIC_MAXIMUM ((LSGD_PAYLOAD_MAXIMUM - 1) / 8)

/** Most tensors of one DIGEST or RELOAD, and most bytes that STORE_LOW answers. */
#define LSGD_DIGEST_MAXIMUM 32
#define LSGD_STORE_LOW_MAXIMUM 168

/** Statuses the agent adds to enum lsgd_status. */
enum lsgd_protocol_status {
  LSGD_STATUS_BAD_VERSION = 16,    /**< HELLO with another protocol version */
  LSGD_STATUS_BAD_SEQUENCE = 17,   /**< not the sequence that was due */
  LSGD_STATUS_UNKNOWN_OPCODE = 18, /**< no such request */
  LSGD_STATUS_BAD_LENGTH = 19,     /**< the payload has the wrong size for its opcode */
  LSGD_STATUS_NOT_CONFIGURED = 20, /**< there is no network */
  LSGD_STATUS_BAD_NETWORK = 21,    /**< a size of 0, no layer, an unknown activation or loss, or bce
                                        without a sigmoid output layer */
  LSGD_STATUS_BAD_TENSOR = 22, /**< no such tensor, layer or direction, or unaligned or outside */
  LSGD_STATUS_OVERRUN = 23     /**< the port stored more bytes than it was asked for */
};
