# SPDX-License-Identifier: Apache-2.0
#   make board    builds build/board.elf; `make smoke-board` has it judged, in QEMU as it stands
# Compiler, flags, start-up code and memory map are those of QEMU's virt machine with picolibc: change them all.
BOARD_CC ?= riscv64-unknown-elf-gcc
BOARD_FLAGS ?= -march=rv32imac -mabi=ilp32 -O2 -specs=picolibc.specs
BOARD_LINK ?= -Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x100000 \
  -Wl,--defsym=__ram=0x80100000 -Wl,--defsym=__ram_size=0x100000 -Wl,--defsym=__stack_size=0x4000
# What fits the board: see lsgd.h.
CAPACITIES ?=

BOARD_SOURCES = $(SOURCES) lsgd_agent.c board.c build/identity.c
board: build/board.elf
build/board.elf: $(BOARD_SOURCES) $(wildcard *.h) Makefile board.mk
	$(BOARD_CC) -I. $(BOARD_FLAGS) $(CAPACITIES) $(WARNINGS) $(BOARD_SOURCES) $(BOARD_LINK) $(LDLIBS) -o $@
smoke-board: build/board.elf
	$(CONFORM) run --suite smoke --target @NAME@-board.toml --out build/smoke-board
.PHONY: board smoke-board
