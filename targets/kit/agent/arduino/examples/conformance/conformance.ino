/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The platform on an Arduino: the port's seven functions (lsgd.h) stand in a C file beside this
 * sketch. Nothing else may print to Serial. Memory: build with -DLSGD_CAPACITY_... (lsgd.h).
 */
#include <Arduino.h>
#include <lsgd.h>

/* Stack that may be written below loop's frame. */
#define STACK_BYTES 1024

static uint8_t* stack_limit;

/* Which build this is. */
extern "C" const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {
    (uint8_t)__DATE__[4], (uint8_t)__DATE__[5], (uint8_t)__TIME__[0], (uint8_t)__TIME__[1],
    (uint8_t)__TIME__[3], (uint8_t)__TIME__[4], (uint8_t)__TIME__[6], (uint8_t)__TIME__[7]};

extern "C" int lsgd_platform_read(void) {
  while (Serial.available() <= 0) yield();
  return Serial.read();
}

extern "C" void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  Serial.write(bytes, count);
}

extern "C" uint64_t lsgd_platform_cycles(void) { return 0; }
extern "C" uint64_t lsgd_platform_instructions(void) { return 0; }
extern "C" uint8_t* lsgd_platform_stack_limit(void) { return stack_limit; }
extern "C" uint32_t lsgd_platform_heap_bytes(void) { return 0; }

/* An Arduino has nowhere to go: it waits for the next session. */
extern "C" void lsgd_platform_exit(int status) { (void)status; }

void setup() { Serial.begin(115200); }

void loop() {
  stack_limit = (uint8_t*)__builtin_frame_address(0) - STACK_BYTES;
  lsgd_agent_run();
}
