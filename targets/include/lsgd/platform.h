/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What a platform provides: a way to run an image, as seven functions for the agent. The platform's
 * start-up code (main on a hosted one) calls lsgd_agent_run and then lsgd_platform_exit(0).
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Next byte from the host, waiting for it as long as it takes; -1 once the stream has ended. */
int lsgd_platform_read(void);

/** Sends count bytes to the host, all of them: before lsgd_platform_read waits, at the latest. */
void lsgd_platform_write(const uint8_t* bytes, size_t count);

/**
 * Cycles and retired instructions since some fixed moment; the agent takes differences. Always 0
 * where the platform cannot count exactly: an emulator's clock or a host's time-stamp counter is no
 * cycle count.
 */
uint64_t lsgd_platform_cycles(void);
uint64_t lsgd_platform_instructions(void);

/**
 * Lowest address of the stack that may be written, a multiple of 4 and the same on every call.
 * Before each call of the port the agent fills the stack from here up to its own frame with a
 * pattern, so a hosted platform with megabytes of stack returns an address some ten kilobytes below
 * main. Deeper use is not seen.
 */
uint8_t* lsgd_platform_stack_limit(void);

/** Most heap bytes ever in use at once; 0 where the image has no heap. */
uint32_t lsgd_platform_heap_bytes(void);

/** Ends the program (leaves the simulator, stops the core); does not return. */
void lsgd_platform_exit(int status);

#ifdef __cplusplus
}
#endif
