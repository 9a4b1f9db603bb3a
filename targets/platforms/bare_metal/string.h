/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What ports and agent may use of the C library, where a compiler comes without one: the functions
 * that memory.c defines, as in C99.
 */

#include <stddef.h>

void* memcpy(void* restrict destination, const void* restrict source, size_t count);
void* memmove(void* destination, const void* source, size_t count);
void* memset(void* destination, int value, size_t count);
