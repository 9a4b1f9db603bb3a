/* SPDX-License-Identifier: Apache-2.0 */
#include "lsgd/platform.h"
#include "semihosting.h"

#define READ_BINARY 1
#define APPEND_BINARY 9

/* The handle of a stream of the host, opened at the first call. */
static uint32_t host_stream(uint32_t* handle, const char* name, uint32_t length, uint32_t mode) {
  const uint32_t request[3] = {(uint32_t)name, mode, length};
  if (*handle == 0) *handle = lsgd_semihosting(LSGD_SEMIHOSTING_OPEN, request);
  return *handle;
}

static uint32_t host_input(void) {
  static const char name[] = "/dev/stdin";
  static uint32_t handle;
  return host_stream(&handle, name, sizeof name - 1, READ_BINARY);
}

static uint32_t host_output(void) {
  static const char name[] = "/dev/stdout";
  static uint32_t handle;
  return host_stream(&handle, name, sizeof name - 1, APPEND_BINARY);
}

int lsgd_platform_read(void) {
  static uint8_t received[256];
  static uint32_t next, held;
  if (next == held) {
    const uint32_t request[3] = {host_input(), (uint32_t)received, sizeof received};
    const uint32_t missing = lsgd_semihosting(LSGD_SEMIHOSTING_READ, request);
    if (missing >= sizeof received) return -1;
    next = 0;
    held = sizeof received - missing;
  }
  return received[next++];
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  while (count > 0) {
    const uint32_t request[3] = {host_output(), (uint32_t)bytes, count};
    const uint32_t missing = lsgd_semihosting(LSGD_SEMIHOSTING_WRITE, request);
    if (missing >= count) lsgd_platform_exit(1); /* nobody reads any more */
    bytes += count - missing;
    count = missing;
  }
}
