// SPDX-License-Identifier: Apache-2.0
// Encodings of the RISC-V unprivileged and privileged specifications that more than one module needs.
package lsgd_core_pkg;
  // Major opcodes, instruction bits 6 to 2 (bits 1 and 0 are set in every 32-bit instruction).
  localparam logic [4:0] OpcodeLoad    = 5'b00000;
  localparam logic [4:0] OpcodeMiscMem = 5'b00011;
  localparam logic [4:0] OpcodeOpImm   = 5'b00100;
  localparam logic [4:0] OpcodeAuipc   = 5'b00101;
  localparam logic [4:0] OpcodeStore   = 5'b01000;
  localparam logic [4:0] OpcodeCustom1 = 5'b01010;
  localparam logic [4:0] OpcodeOp      = 5'b01100;
  localparam logic [4:0] OpcodeLui     = 5'b01101;
  localparam logic [4:0] OpcodeBranch  = 5'b11000;
  localparam logic [4:0] OpcodeJalr    = 5'b11001;
  localparam logic [4:0] OpcodeJal     = 5'b11011;
  localparam logic [4:0] OpcodeSystem  = 5'b11100;
  localparam logic [4:0] OpcodeCustom3 = 5'b11110;

  // ALU operations: {instruction bit 30, funct3} of OP, so that no translation is needed.
  localparam logic [3:0] AluAdd  = 4'b0000;
  localparam logic [3:0] AluSub  = 4'b1000;
  localparam logic [3:0] AluSll  = 4'b0001;
  localparam logic [3:0] AluSlt  = 4'b0010;
  localparam logic [3:0] AluSltu = 4'b0011;
  localparam logic [3:0] AluXor  = 4'b0100;
  localparam logic [3:0] AluSrl  = 4'b0101;
  localparam logic [3:0] AluSra  = 4'b1101;
  localparam logic [3:0] AluOr   = 4'b0110;
  localparam logic [3:0] AluAnd  = 4'b0111;

  // What mcause shows: {interrupt, code}.
  typedef enum logic [4:0] {
    CauseInstructionFault  = 5'd1,
    CauseIllegal           = 5'd2,
    CauseBreakpoint        = 5'd3,
    CauseLoadMisaligned    = 5'd4,
    CauseLoadFault         = 5'd5,
    CauseStoreMisaligned   = 5'd6,
    CauseStoreFault        = 5'd7,
    CauseMachineCall       = 5'd11,
    CauseSoftwareInterrupt = 5'h13,
    CauseTimerInterrupt    = 5'h17,
    CauseExternalInterrupt = 5'h1b
  } cause_e;
endpackage
