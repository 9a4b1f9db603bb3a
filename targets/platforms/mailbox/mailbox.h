/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * A link for boards that have none but their debug probe: requests and replies lie in memory, where
 * the host reaches them through GDB's remote protocol while the core is stopped. mailbox.c is
 * lsgd_platform_read and lsgd_platform_write; the host finds lsgd_mailbox, lsgd_mailbox_wait and
 * lsgd_mailbox_resume by their symbols in the ELF file.
 */

#include <stdint.h>

/** Bytes that each direction holds; a frame and the zeros before a greeting, or less. */
#ifndef LSGD_MAILBOX_BYTES
#define LSGD_MAILBOX_BYTES 512u
#endif

#define LSGD_MAILBOX_MARK 0x4d53474cu

/**
 * Two rings. Counters are of bytes since the start, modulo 2^32: byte n lies at n modulo
 * ring_bytes. Each has one writer.
 */
struct lsgd_mailbox {
  volatile uint32_t mark;              /**< LSGD_MAILBOX_MARK */
  volatile uint32_t ring_bytes;        /**< LSGD_MAILBOX_BYTES, a power of two */
  volatile uint32_t to_device_written; /**< by the host */
  volatile uint32_t to_device_read;    /**< by the device */
  volatile uint32_t to_host_written;   /**< by the device */
  volatile uint32_t to_host_read;      /**< by the host */
  volatile uint8_t to_device[LSGD_MAILBOX_BYTES];
  volatile uint8_t to_host[LSGD_MAILBOX_BYTES];
};

extern struct lsgd_mailbox lsgd_mailbox;

/**
 * Called where the device can do nothing but wait for the host, which has a breakpoint there and
 * lets it go on from lsgd_mailbox_resume, behind the breakpoint's instruction.
 */
void lsgd_mailbox_wait(void);
