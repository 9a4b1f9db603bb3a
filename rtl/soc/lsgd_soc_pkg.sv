// SPDX-License-Identifier: Apache-2.0
// The memory map: a subset of QEMU's RISC-V `virt` machine at the same addresses, so that one image
// runs on both. Every other address, below and above the RAM included, answers with an error: a
// stack placed at the start of the RAM overflows into a trap instead of into data.
//
//   0x0010_0000  exit device, one word, write only
//                0x5555: stop with exit status 0; status << 16 | 0x3333: stop with that status
//   0x0200_0000  timer (CLINT): msip at 0x0, mtimecmp at 0x4000, mtime at 0xbff8; mtime counts cycles;
//                at 0x4, where `virt` has nothing, bit 0 is the external interrupt's line
//   0x1000_0000  byte device (16550): data at 0, line status at 5 (bit 0: byte received, bits 5 and
//                6: ready to transmit); the other registers read zero and ignore writes, but the
//                simulation prints what is written to the scratch register, at 7, as diagnostics,
//                and stands still where data are read before a byte is there
//   0x8000_0000  RAM
package lsgd_soc_pkg;
  localparam logic [31:0] ExitBase  = 32'h0010_0000;
  localparam logic [31:0] TimerBase = 32'h0200_0000;
  localparam logic [31:0] BytesBase = 32'h1000_0000;
  localparam logic [31:0] RamBase   = 32'h8000_0000;
endpackage
