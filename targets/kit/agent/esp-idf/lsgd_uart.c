/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The platform on an ESP32: UART 0 through its driver. Call lsgd_agent_run from app_main, with
 * CONFIG_ESP_MAIN_TASK_STACK_SIZE above LSGD_STACK_BYTES and the log switched off
 * (CONFIG_LOG_DEFAULT_LEVEL_NONE); what the boot ROM says is skipped by the host.
 */
#include "driver/uart.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lsgd.h"

#ifndef LSGD_STACK_BYTES
#define LSGD_STACK_BYTES 2048
#endif
#define RECEIVE_BUFFER_BYTES 1024

/* Which build this is. */
const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {
    (uint8_t)__DATE__[4], (uint8_t)__DATE__[5], (uint8_t)__TIME__[0], (uint8_t)__TIME__[1],
    (uint8_t)__TIME__[3], (uint8_t)__TIME__[4], (uint8_t)__TIME__[6], (uint8_t)__TIME__[7]};

static uint8_t* stack_limit;

int lsgd_platform_read(void) {
  uint8_t byte;
  if (stack_limit == NULL) {
    stack_limit = (uint8_t*)__builtin_frame_address(0) - LSGD_STACK_BYTES;
    uart_driver_install(UART_NUM_0, RECEIVE_BUFFER_BYTES, 0, 0, NULL, 0);
  }
  while (uart_read_bytes(UART_NUM_0, &byte, 1, portMAX_DELAY) != 1) continue;
  return byte;
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  uart_write_bytes(UART_NUM_0, bytes, count);
}

uint64_t lsgd_platform_cycles(void) { return 0; }
uint64_t lsgd_platform_instructions(void) { return 0; }
uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }
uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int status) {
  (void)status;
  for (;;) vTaskDelay(portMAX_DELAY);
}
