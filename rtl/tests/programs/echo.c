// SPDX-License-Identifier: Apache-2.0
// Sends back every byte it receives, plus one; a zero ends it with the number of bytes as exit
// status.
#include <stdint.h>

#define DATA (*(volatile uint8_t*)0x10000000)
#define LINE_STATUS (*(volatile uint8_t*)0x10000005)

int main(void) {
  int count = 0;
  for (;;) {
    while ((LINE_STATUS & 0x01) == 0) {
    }
    const uint8_t byte = DATA;
    if (byte == 0) return count;
    while ((LINE_STATUS & 0x20) == 0) {
    }
    DATA = (uint8_t)(byte + 1);
    ++count;
  }
}
