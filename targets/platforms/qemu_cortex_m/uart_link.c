/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes from and to the host through UART 0, which holds one of each. */
#include "cmsdk_uart.h"
#include "lsgd/platform.h"

/* The receive interrupt is number 0. */
#define INTERRUPT_ENABLE REGISTER(0xe000e100u)
#define INTERRUPT_CLEAR_PENDING REGISTER(0xe000e280u)
#define UART_RECEIVE_INTERRUPT_BIT 1u

static void enable_transmitter(void) {
  UART_BAUD_DIVISOR = SMALLEST_BAUD_DIVISOR;
  UART_CONTROL |= ENABLE_TRANSMITTER;
}

/* The interrupt only ends wfi. Until the receiver is enabled the bytes wait at the host. */
static void enable_receiver(void) {
  __asm__ volatile("cpsid i");
  INTERRUPT_ENABLE = UART_RECEIVE_INTERRUPT_BIT;
  UART_CONTROL |= ENABLE_RECEIVER_WITH_INTERRUPT;
}

/* Polling would take the lock that QEMU needs to receive, and a processor from the host. */
static void wait_for_byte(void) {
  UART_INTERRUPT = RECEIVE_INTERRUPT;
  INTERRUPT_CLEAR_PENDING = UART_RECEIVE_INTERRUPT_BIT;
  if ((UART_STATE & RECEIVER_FULL) == 0) __asm__ volatile("wfi");
}

int lsgd_platform_read(void) {
  if ((UART_CONTROL & ENABLE_RECEIVER_WITH_INTERRUPT) == 0) enable_receiver();
  while ((UART_STATE & RECEIVER_FULL) == 0) wait_for_byte();
  return (uint8_t)UART_DATA;
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  if ((UART_CONTROL & ENABLE_TRANSMITTER) == 0) enable_transmitter();
  for (; count > 0; --count) {
    while ((UART_STATE & TRANSMITTER_FULL) != 0) continue;
    UART_DATA = *bytes++;
  }
}
