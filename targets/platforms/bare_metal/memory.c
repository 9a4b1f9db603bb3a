/* SPDX-License-Identifier: Apache-2.0 */

/* The functions a compiler may call by itself, for platforms without a C library. */
#include <stdint.h>
#include <string.h>

/* Otherwise the loops below would be turned into calls of the functions they are in; four words a
   turn, for a simulated core spends its time here. */
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")

typedef uint32_t __attribute__((may_alias)) word;

#define BLOCK 16u
#define LARGE_BLOCK 64u

static int is_aligned(const void* pointer) { return (uintptr_t)pointer % sizeof(word) == 0; }

void* memcpy(void* restrict destination, const void* restrict source, size_t count) {
  uint8_t* to = destination;
  const uint8_t* from = source;
  if (is_aligned(to) && is_aligned(from))
    for (; count >= BLOCK; count -= BLOCK, to += BLOCK, from += BLOCK) {
      const word* const read = (const word*)(const void*)from;
      word* const written = (word*)(void*)to;
      const word a = read[0], b = read[1], c = read[2], d = read[3];
      written[0] = a;
      written[1] = b;
      written[2] = c;
      written[3] = d;
    }
  while (count-- > 0) *to++ = *from++;
  return destination;
}

void* memmove(void* destination, const void* source, size_t count) {
  uint8_t* to = destination;
  const uint8_t* from = source;
  const int by_words = is_aligned(to) && is_aligned(from);
  if ((uintptr_t)to <= (uintptr_t)from) {
    if (by_words)
      for (; count >= sizeof(word); count -= sizeof(word), to += sizeof(word), from += sizeof(word))
        *(word*)(void*)to = *(const word*)(const void*)from;
    while (count-- > 0) *to++ = *from++;
    return destination;
  }
  if (by_words) {
    while (count % sizeof(word) != 0) {
      --count;
      to[count] = from[count];
    }
    for (; count > 0; count -= sizeof(word))
      *(word*)(void*)(to + count - sizeof(word)) =
          *(const word*)(const void*)(from + count - sizeof(word));
  }
  while (count > 0) {
    --count;
    to[count] = from[count];
  }
  return destination;
}

void* memset(void* destination, int value, size_t count) {
  uint8_t* to = destination;
  const word repeated = (uint8_t)value * 0x01010101u;
  for (; count > 0 && !is_aligned(to); --count) *to++ = (uint8_t)value;
  /* Ports clear the parameters of their largest network whenever they are configured. */
  for (; count >= LARGE_BLOCK; count -= LARGE_BLOCK, to += LARGE_BLOCK) {
    word* const written = (word*)(void*)to;
    written[0] = written[1] = written[2] = written[3] = repeated;
    written[4] = written[5] = written[6] = written[7] = repeated;
    written[8] = written[9] = written[10] = written[11] = repeated;
    written[12] = written[13] = written[14] = written[15] = repeated;
  }
  for (; count >= sizeof(word); count -= sizeof(word), to += sizeof(word))
    *(word*)(void*)to = repeated;
  while (count-- > 0) *to++ = (uint8_t)value;
  return destination;
}
