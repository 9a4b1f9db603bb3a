/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * Calls of the machine that emulates this one (Arm semihosting, which RISC-V adopted), and the
 * bytes from and to the host by way of them: semihosting_link.c is lsgd_platform_read and
 * lsgd_platform_write. One call reads whatever there is or writes a whole frame, while QEMU's
 * models of a UART need system calls for every byte.
 */

#include <stdint.h>

#define LSGD_SEMIHOSTING_OPEN 0x01
#define LSGD_SEMIHOSTING_WRITE0 0x04
#define LSGD_SEMIHOSTING_WRITE 0x05
#define LSGD_SEMIHOSTING_READ 0x06
#define LSGD_SEMIHOSTING_EXIT_EXTENDED 0x20

/** Provided by the platform: an operation on its argument, by the processor's own instructions. */
uint32_t lsgd_semihosting(uint32_t operation, const void* argument);
