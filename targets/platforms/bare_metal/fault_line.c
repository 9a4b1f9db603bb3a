/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_line.h"

static char* append_hexadecimal(char* end, uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) *end++ = "0123456789abcdef"[value >> shift & 15];
  return end;
}

static char* append_text(char* end, const char* text) {
  while (*text != '\0') *end++ = *text++;
  return end;
}

const char* lsgd_fault_line(uint32_t cause, uint32_t address, uint32_t value) {
  static char line[64];
  char* end = append_hexadecimal(append_text(line, "fault: cause 0x"), cause);
  end = append_hexadecimal(append_text(end, " at 0x"), address);
  end = append_hexadecimal(append_text(end, ", value 0x"), value);
  *append_text(end, "\n") = '\0';
  return line;
}
