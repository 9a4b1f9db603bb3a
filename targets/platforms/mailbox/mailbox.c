/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"

#include "lsgd/platform.h"

struct lsgd_mailbox lsgd_mailbox = {LSGD_MAILBOX_MARK, LSGD_MAILBOX_BYTES, 0, 0, 0, 0, {0}, {0}};

/*
 * The host goes on behind the instruction of its breakpoint. A section of its own, so that a linker
 * script can keep other code off its page: where a breakpoint is, QEMU runs the whole page one
 * instruction at a time.
 */
__attribute__((noinline, noclone, section(".text.lsgd_mailbox_wait"))) void lsgd_mailbox_wait(
    void) {
  __asm__ volatile("nop\n\t.global lsgd_mailbox_resume\nlsgd_mailbox_resume:\n\tnop");
}

int lsgd_platform_read(void) {
  while (lsgd_mailbox.to_device_written == lsgd_mailbox.to_device_read) lsgd_mailbox_wait();
  const uint32_t count = lsgd_mailbox.to_device_read;
  const uint8_t byte = lsgd_mailbox.to_device[count % LSGD_MAILBOX_BYTES];
  lsgd_mailbox.to_device_read = count + 1;
  return byte;
}

void lsgd_platform_write(const uint8_t* bytes, size_t count) {
  for (; count > 0; --count) {
    const uint32_t written = lsgd_mailbox.to_host_written;
    while (written - lsgd_mailbox.to_host_read == LSGD_MAILBOX_BYTES) lsgd_mailbox_wait();
    lsgd_mailbox.to_host[written % LSGD_MAILBOX_BYTES] = *bytes++;
    lsgd_mailbox.to_host_written = written + 1;
  }
}
