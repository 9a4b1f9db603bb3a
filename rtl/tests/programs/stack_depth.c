// SPDX-License-Identifier: Apache-2.0
// Recurses as often as it is told by the byte it receives, 32 bytes of stack each time; 255 never
// returns.
#include <stdint.h>

#define DATA (*(volatile uint8_t*)0x10000000)
#define LINE_STATUS (*(volatile uint8_t*)0x10000005)

volatile uint32_t marks[4];

__attribute__((naked)) void descend(uint32_t levels) {
  __asm__ volatile(
      "1: beqz a0, 2f\n"
      "addi sp, sp, -32\n"
      "sw a0, 0(sp)\n"
      "addi a0, a0, -1\n"
      "j 1b\n"
      "2: la sp, __stack\n"
      "j leave\n");
}

__attribute__((noreturn, used)) void leave(void) {
  *(volatile uint32_t*)0x00100000 = 0x5555;
  for (;;) {
  }
}

int main(void) {
  while ((LINE_STATUS & 0x01) == 0) {
  }
  const uint32_t levels = DATA;
  marks[1] = 1;
  ((volatile uint8_t*)marks)[10] = 1;
  // The caller's own frame must not count.
  __asm__ volatile("la sp, __stack");
  descend(levels == 255 ? 1U << 20 : levels);
  leave();
}
