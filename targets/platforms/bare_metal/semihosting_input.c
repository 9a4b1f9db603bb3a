/* SPDX-License-Identifier: Apache-2.0 */
#include "lsgd/platform.h"
#include "semihosting.h"

#define READ_BINARY 1

static uint32_t open_host_input(void) {
  static const char name[] = "/dev/stdin";
  const uint32_t request[3] = {(uint32_t)name, READ_BINARY, sizeof name - 1};
  return lsgd_semihosting(LSGD_SEMIHOSTING_OPEN, request);
}

int lsgd_platform_read(void) {
  static uint8_t received[256];
  static uint32_t host_input, next, held;
  if (host_input == 0) host_input = open_host_input();
  if (next == held) {
    const uint32_t request[3] = {host_input, (uint32_t)received, sizeof received};
    const uint32_t missing = lsgd_semihosting(LSGD_SEMIHOSTING_READ, request);
    if (missing >= sizeof received) return -1;
    next = 0;
    held = sizeof received - missing;
  }
  return received[next++];
}
