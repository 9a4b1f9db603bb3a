/* SPDX-License-Identifier: Apache-2.0 */

/* A process of the host: the byte stream is standard input and output. */
#define _GNU_SOURCE
#include "lsgd/platform.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

/** Far more than the ports use, and far less than a process has. */
#define OBSERVED_STACK_BYTES 65536

int lsgd_platform_read(void) {
  static uint8_t buffer[4096];
  static ssize_t held, position;
  if (position == held) {
    do held = read(STDIN_FILENO, buffer, sizeof buffer);
    while (held < 0 && errno == EINTR);
    position = 0;
    if (held <= 0) {
      held = 0;
      return -1;
    }
  }
  return buffer[position++];
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written < 0 && errno != EINTR) lsgd_platform_exit(EXIT_FAILURE);
    if (written > 0) {
      bytes += written;
      count -= (size_t)written;
    }
  }
}

uint64_t lsgd_platform_cycles(void) { return 0; }

uint64_t lsgd_platform_instructions(void) { return 0; }

static uint8_t* stack_limit;
#if !defined(__GLIBC__)
static uint8_t* program_break;
#endif

uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }

/* The arenas keep their size when memory is freed, so this is a high-water mark but for blocks
   large enough for a mapping of their own. */
uint32_t lsgd_platform_heap_bytes(void) {
#if defined(__GLIBC__)
  const struct mallinfo2 heap = mallinfo2();
  return (uint32_t)(heap.arena + heap.hblkhd);
#else
  return (uint32_t)((uint8_t*)sbrk(0) - program_break); /* without mappings */
#endif
}

void lsgd_platform_exit(int status) { exit(status); }

int main(void) {
  stack_limit = (uint8_t*)__builtin_frame_address(0) - OBSERVED_STACK_BYTES;
#if !defined(__GLIBC__)
  program_break = sbrk(0);
#endif
  lsgd_agent_run();
  lsgd_platform_exit(EXIT_SUCCESS);
}
