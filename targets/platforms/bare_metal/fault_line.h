/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/** "fault: cause 0x0000000b at 0x80000120, value 0x00000000\n"; lives until the next call. */
const char* lsgd_fault_line(uint32_t cause, uint32_t address, uint32_t value);
