/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The platform on Zephyr: the UART chosen as zephyr,console, polled. Call lsgd_agent_run from main,
 * whose stack has CONFIG_LSGD_AGENT_STACK_BYTES to spare (CONFIG_MAIN_STACK_SIZE), and leave
 * CONFIG_UART_CONSOLE off: nothing else may print there.
 */
#include <zephyr/device.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>

#include "lsgd.h"

static const struct device* const uart = DEVICE_DT_GET(DT_CHOSEN(zephyr_console));

/* Which build this is. */
const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {
    (uint8_t)__DATE__[4], (uint8_t)__DATE__[5], (uint8_t)__TIME__[0], (uint8_t)__TIME__[1],
    (uint8_t)__TIME__[3], (uint8_t)__TIME__[4], (uint8_t)__TIME__[6], (uint8_t)__TIME__[7]};

static uint8_t* stack_limit;

int lsgd_platform_read(void) {
  unsigned char byte;
  if (stack_limit == NULL)
    stack_limit = (uint8_t*)__builtin_frame_address(0) - CONFIG_LSGD_AGENT_STACK_BYTES;
  while (uart_poll_in(uart, &byte) != 0) k_yield();
  return byte;
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  for (; count > 0; --count) uart_poll_out(uart, *bytes++);
}

uint64_t lsgd_platform_cycles(void) { return 0; }
uint64_t lsgd_platform_instructions(void) { return 0; }
uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }
uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int status) {
  (void)status;
  for (;;) k_sleep(K_FOREVER);
}
