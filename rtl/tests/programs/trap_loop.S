# SPDX-License-Identifier: Apache-2.0
# The trap vector is unmapped, so taking the trap traps again.
    .section .text.start, "ax"
    .globl _start
_start:
    ecall
