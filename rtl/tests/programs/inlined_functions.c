/* SPDX-License-Identifier: Apache-2.0 */

/* A function in which two others are inlined, one within the other, and which calls a third from
 * there. */
volatile unsigned sink = 3;

static inline __attribute__((always_inline)) unsigned inner(unsigned a) {
  sink = a;
  return a * sink;
}

static __attribute__((noinline)) unsigned called(unsigned a) {
  sink += a;
  return sink;
}

static inline __attribute__((always_inline)) unsigned outer(unsigned a) {
  return called(inner(a)) + 1;
}

__attribute__((noinline)) unsigned root(unsigned a) {
  for (int i = 0; i < 100; ++i) a = outer(a);
  return a;
}

int main(void) {
  root(1);
  return 0;
}
