// SPDX-License-Identifier: Apache-2.0
// 31 registers of 32 bits in flip-flops, three combinational read ports, one write port. Like every
// RISC-V core's, the registers hold nothing defined after reset; x0 reads as zero.
module lsgd_core_register_file (
  input  logic        clk_i,
  input  logic [4:0]  read_a_i,
  output logic [31:0] data_a_o,
  input  logic [4:0]  read_b_i,
  output logic [31:0] data_b_o,
  input  logic [4:0]  read_c_i,          // may be left unused, and costs nothing then
  output logic [31:0] data_c_o,
  input  logic        write_i,
  input  logic [4:0]  write_register_i,  // not 0 when write_i is set
  input  logic [31:0] write_data_i
);
  logic [31:0] registers [1:31];

  always_ff @(posedge clk_i) begin
    if (write_i) registers[write_register_i] <= write_data_i;
  end

  assign data_a_o = (read_a_i == 5'd0) ? 32'd0 : registers[read_a_i];
  assign data_b_o = (read_b_i == 5'd0) ? 32'd0 : registers[read_b_i];
  assign data_c_o = (read_c_i == 5'd0) ? 32'd0 : registers[read_c_i];
endmodule
