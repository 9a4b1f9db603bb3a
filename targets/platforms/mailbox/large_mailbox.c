/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mailbox where memory is plenty. Every stop of the core costs: with eight times the bytes QEMU
 * stops an eighth as often, and a run needs two thirds of the processor time.
 */
#define LSGD_MAILBOX_BYTES 4096u
#include "mailbox.c"
