# SPDX-License-Identifier: Apache-2.0
# Entry of an image: trap handler, stack, zeroed memory, the agent.
    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, __stack
    la      t0, trap_vector
    csrw    mtvec, t0
    la      a0, __bss_start
    li      a1, 0
    la      a2, __bss_end
    sub     a2, a2, a0
    call    memset
    call    lsgd_riscv32_prepare
    call    lsgd_agent_run
    li      a0, 0
    call    lsgd_platform_exit

# The stack may be what failed, and nothing returns to it.
    .balign 4
trap:
    la      sp, __stack
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    call    lsgd_riscv32_trap

# Where traps go first: some cores take them at multiples of 256 only. The linker script aligns it, behind all other code:
# an alignment here would make the linker relax fewer calls everywhere.
    .section .trap_vector, "ax"
trap_vector:
    j       trap
