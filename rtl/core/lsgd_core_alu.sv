// SPDX-License-Identifier: Apache-2.0
// Integer ALU and branch comparator. The adder also forms load, store and jalr addresses.
module lsgd_core_alu (
  input  logic [3:0]  operation_i,     // one of lsgd_core_pkg::Alu*
  input  logic        compare_i,       // subtract whatever operation_i says: conditional branches
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] result_o,
  output logic [31:0] sum_o,           // a_i + b_i, or a_i - b_i where a difference is needed
  output logic        equal_o,
  output logic        less_signed_o,   // valid for compare_i, slt and sltu
  output logic        less_unsigned_o
);
  logic        subtract;
  logic [32:0] difference;

  assign subtract = compare_i | (operation_i == lsgd_core_pkg::AluSub) |
                    (operation_i == lsgd_core_pkg::AluSlt) |
                    (operation_i == lsgd_core_pkg::AluSltu);
  assign difference = {1'b0, a_i} + {1'b0, subtract ? ~b_i : b_i} + {32'd0, subtract};
  assign sum_o = difference[31:0];
  assign equal_o = (a_i == b_i);
  assign less_unsigned_o = ~difference[32];
  assign less_signed_o = (a_i[31] == b_i[31]) ? ~difference[32] : a_i[31];

  logic signed [32:0] shift_operand;
  logic        [31:0] shifted_right;
  // Bit 3 of the operation is set for sra only, so srl shifts zeros in.
  assign shift_operand = {operation_i[3] & a_i[31], a_i};
  /* verilator lint_off UNUSEDSIGNAL */  // the sign position falls away
  logic signed [32:0] shifted_wide;
  /* verilator lint_on UNUSEDSIGNAL */
  assign shifted_wide = shift_operand >>> b_i[4:0];
  assign shifted_right = shifted_wide[31:0];

  always_comb begin
    unique case (operation_i)
      lsgd_core_pkg::AluSll:  result_o = a_i << b_i[4:0];
      lsgd_core_pkg::AluSlt:  result_o = {31'd0, less_signed_o};
      lsgd_core_pkg::AluSltu: result_o = {31'd0, less_unsigned_o};
      lsgd_core_pkg::AluXor:  result_o = a_i ^ b_i;
      lsgd_core_pkg::AluSrl:  result_o = shifted_right;
      lsgd_core_pkg::AluSra:  result_o = shifted_right;
      lsgd_core_pkg::AluOr:   result_o = a_i | b_i;
      lsgd_core_pkg::AluAnd:  result_o = a_i & b_i;
      default:                result_o = difference[31:0];
    endcase
  end
endmodule
