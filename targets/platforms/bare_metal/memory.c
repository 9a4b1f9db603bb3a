/* SPDX-License-Identifier: Apache-2.0 */

/* The functions a compiler may call by itself, for platforms without a C library. */
#include <stdint.h>
#include <string.h>

/* Otherwise the loops below would be turned into calls of the functions they are in. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void* memcpy(void* restrict destination, const void* restrict source, size_t count) {
  uint8_t* to = destination;
  const uint8_t* from = source;
  while (count-- > 0) *to++ = *from++;
  return destination;
}

void* memmove(void* destination, const void* source, size_t count) {
  uint8_t* to = destination;
  const uint8_t* from = source;
  if ((uintptr_t)to <= (uintptr_t)from) return memcpy(destination, source, count);
  while (count-- > 0) to[count] = from[count];
  return destination;
}

void* memset(void* destination, int value, size_t count) {
  uint8_t* to = destination;
  while (count-- > 0) *to++ = (uint8_t)value;
  return destination;
}
