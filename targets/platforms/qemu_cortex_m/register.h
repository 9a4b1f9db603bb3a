/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/** A device's word at an address. */
#define REGISTER(address) (*(volatile uint32_t*)(address))
