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
  # Functions and loops begin where the core fetches a word: so what one port costs does not depend on the size of what is linked
  # before it, nor a loop on what precedes it. The agent's size matters more.
  lsgd_add_platform(NAME ${arg_NAME}
    SOURCES ${shared}/riscv32/start.S ${shared}/riscv32/riscv32.c ${shared}/bare_metal/memory.c
            ${shared}/bare_metal/fault_line.c ${shared}/bare_metal/frame_crc.c ${arg_SOURCES}
    FLAGS -march=rv32imc -mabi=ilp32 -misa-spec=2.2 -ffreestanding -g -falign-functions=4 -falign-loops=4
    AGENT_FLAGS -Os -fno-align-functions -fno-align-loops
    LINKER_SCRIPT ${shared}/riscv32/riscv32.ld
    LINK_FLAGS -nostdlib -Wl,--no-warn-rwx-segments -lgcc
    RUNNER ${arg_RUNNER}
    COMMAND ${arg_COMMAND}
    COUNTERS ${arg_COUNTERS}
    PACE ${arg_PACE} ${debugger})
endfunction()
