# SPDX-License-Identifier: Apache-2.0
# What RV32IMC platforms share, at the addresses of QEMU's virt machine; riscv32.h says what each adds.
# Debug information changes no instruction; it tells the simulation's profile what was inlined.
function(lsgd_add_riscv32_platform)
  cmake_parse_arguments(PARSE_ARGV 0 arg "DEBUGGER" "NAME;RUNNER;PACE" "SOURCES;COMMAND;COUNTERS")
  set(debugger)
  if(arg_DEBUGGER)
    set(debugger DEBUGGER)
  endif()
  set(shared ${PROJECT_SOURCE_DIR}/targets/platforms)
  lsgd_add_platform(NAME ${arg_NAME}
    SOURCES ${shared}/riscv32/start.S ${shared}/riscv32/riscv32.c ${shared}/bare_metal/memory.c
            ${shared}/bare_metal/fault_line.c ${arg_SOURCES}
    FLAGS -march=rv32imc -mabi=ilp32 -misa-spec=2.2 -ffreestanding -g
    AGENT_FLAGS -Os
    LINKER_SCRIPT ${shared}/riscv32/riscv32.ld
    LINK_FLAGS -nostdlib -Wl,--no-warn-rwx-segments -lgcc
    RUNNER ${arg_RUNNER}
    COMMAND ${arg_COMMAND}
    COUNTERS ${arg_COUNTERS}
    PACE ${arg_PACE} ${debugger})
endfunction()
