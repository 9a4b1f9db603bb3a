// SPDX-License-Identifier: Apache-2.0
// Decodes a 32-bit instruction of RV32IM and Zicsr; combinational. Every output is meaningful for
// legal instructions only, except illegal_o.
module lsgd_core_decoder #(
  parameter bit Simd = 1'b0  // cv.sdotsp.b and cv.clip are legal
) (
  input  logic [31:0] instruction_i,
  output logic        illegal_o,
  output logic        uses_rs1_o,
  output logic        uses_rs2_o,
  output logic        writes_rd_o,      // and rd is not x0
  output logic [31:0] immediate_o,
  output logic        alu_immediate_o,  // second ALU operand is the immediate
  output logic [3:0]  alu_operation_o,  // lsgd_core_pkg::Alu*
  output logic        lui_o,
  output logic        auipc_o,
  output logic        jal_o,
  output logic        jalr_o,
  output logic        branch_o,
  output logic        load_o,
  output logic        store_o,
  output logic        multiply_o,
  output logic        divide_o,
  output logic        dot_product_o,    // reads rd too
  output logic        clip_o,
  output logic        fence_i_o,
  output logic        csr_o,
  output logic        ecall_o,
  output logic        ebreak_o,
  output logic        mret_o
);
  logic [4:0] opcode;
  logic [2:0] funct3;
  logic [6:0] funct7;
  assign opcode = instruction_i[6:2];
  assign funct3 = instruction_i[14:12];
  assign funct7 = instruction_i[31:25];

  logic op, op_immediate, misc_mem, system, shift, privileged;
  assign lui_o        = (opcode == lsgd_core_pkg::OpcodeLui);
  assign auipc_o      = (opcode == lsgd_core_pkg::OpcodeAuipc);
  assign jal_o        = (opcode == lsgd_core_pkg::OpcodeJal);
  assign jalr_o       = (opcode == lsgd_core_pkg::OpcodeJalr);
  assign branch_o     = (opcode == lsgd_core_pkg::OpcodeBranch);
  assign load_o       = (opcode == lsgd_core_pkg::OpcodeLoad);
  assign store_o      = (opcode == lsgd_core_pkg::OpcodeStore);
  assign op           = (opcode == lsgd_core_pkg::OpcodeOp);
  assign op_immediate = (opcode == lsgd_core_pkg::OpcodeOpImm);
  assign misc_mem     = (opcode == lsgd_core_pkg::OpcodeMiscMem);
  assign system       = (opcode == lsgd_core_pkg::OpcodeSystem);

  assign multiply_o = op & funct7[0] & ~funct3[2];
  assign divide_o   = op & funct7[0] & funct3[2];
  assign dot_product_o = Simd & (opcode == lsgd_core_pkg::OpcodeCustom3);
  assign clip_o        = Simd & (opcode == lsgd_core_pkg::OpcodeCustom1);
  assign fence_i_o  = misc_mem & funct3[0];
  assign csr_o      = system & (funct3 != 3'b000);
  // ecall, ebreak, mret and wfi have rd, rs1 and funct3 zero.
  assign privileged = system & (instruction_i[19:7] == 13'd0);
  assign ecall_o    = privileged & (instruction_i[31:20] == 12'h000);
  assign ebreak_o   = privileged & (instruction_i[31:20] == 12'h001);
  assign mret_o     = privileged & (instruction_i[31:20] == 12'h302);
  logic wfi;  // permitted to do nothing
  assign wfi        = privileged & (instruction_i[31:20] == 12'h105);

  assign shift = (funct3[1:0] == 2'b01);
  assign alu_immediate_o = ~(op | branch_o);
  assign alu_operation_o = (op | op_immediate)
      ? {instruction_i[30] & (op | shift), funct3} : lsgd_core_pkg::AluAdd;

  assign uses_rs1_o = jalr_o | branch_o | load_o | store_o | op | op_immediate | (csr_o & ~funct3[2]) |
                      dot_product_o | clip_o;
  assign uses_rs2_o = branch_o | store_o | op | dot_product_o;
  assign writes_rd_o = (lui_o | auipc_o | jal_o | jalr_o | load_o | op | op_immediate | csr_o |
                        dot_product_o | clip_o) & (instruction_i[11:7] != 5'd0);

  always_comb begin
    unique case (opcode)
      lsgd_core_pkg::OpcodeLui, lsgd_core_pkg::OpcodeAuipc:
        immediate_o = {instruction_i[31:12], 12'd0};
      lsgd_core_pkg::OpcodeJal:
        immediate_o = {{12{instruction_i[31]}}, instruction_i[19:12], instruction_i[20],
                       instruction_i[30:21], 1'b0};
      lsgd_core_pkg::OpcodeBranch:
        immediate_o = {{20{instruction_i[31]}}, instruction_i[7], instruction_i[30:25],
                       instruction_i[11:8], 1'b0};
      lsgd_core_pkg::OpcodeStore:
        immediate_o = {{21{instruction_i[31]}}, instruction_i[30:25], instruction_i[11:7]};
      default:
        immediate_o = {{21{instruction_i[31]}}, instruction_i[30:20]};
    endcase
  end

  always_comb begin
    unique case (opcode)
      lsgd_core_pkg::OpcodeLui, lsgd_core_pkg::OpcodeAuipc, lsgd_core_pkg::OpcodeJal:
        illegal_o = 1'b0;
      lsgd_core_pkg::OpcodeJalr:    illegal_o = (funct3 != 3'b000);
      lsgd_core_pkg::OpcodeBranch:  illegal_o = (funct3[2:1] == 2'b01);
      lsgd_core_pkg::OpcodeLoad:    illegal_o = (funct3[1:0] == 2'b11) | (funct3 == 3'b110);
      lsgd_core_pkg::OpcodeStore:   illegal_o = funct3[2] | (funct3 == 3'b011);
      lsgd_core_pkg::OpcodeMiscMem: illegal_o = (funct3[2:1] != 2'b00);
      lsgd_core_pkg::OpcodeOpImm:
        illegal_o = shift & ({funct7[6], funct7[5] & ~funct3[2], funct7[4:0]} != 7'd0);
      lsgd_core_pkg::OpcodeOp:
        illegal_o = (funct7 != 7'h00) & (funct7 != 7'h01) &
                    ~((funct7 == 7'h20) & (funct3 == 3'b000 || funct3 == 3'b101));
      lsgd_core_pkg::OpcodeSystem:
        illegal_o = csr_o ? (funct3 == 3'b100) : ~(ecall_o | ebreak_o | mret_o | wfi);
      lsgd_core_pkg::OpcodeCustom1: illegal_o = ~clip_o | (funct7 != 7'h38) | (funct3 != 3'b011);
      lsgd_core_pkg::OpcodeCustom3: illegal_o = ~dot_product_o | (funct7 != 7'h54) | (funct3 != 3'b001);
      default:                      illegal_o = 1'b1;
    endcase
    if (instruction_i[1:0] != 2'b11) illegal_o = 1'b1;
  end
endmodule
