// SPDX-License-Identifier: Apache-2.0
// Byte lanes of loads and stores: the request side in execute, the response side in write-back.
module lsgd_core_load_store (
  input  logic [1:0]  request_size_i,      // low bits of funct3: byte 0, halfword 1, word 2
  input  logic [1:0]  request_offset_i,    // low address bits
  input  logic [31:0] store_data_i,
  output logic        misaligned_o,
  output logic [3:0]  byte_enable_o,
  output logic [31:0] write_data_o,

  input  logic [2:0]  response_funct3_i,
  input  logic [1:0]  response_offset_i,
  input  logic [31:0] read_data_i,
  output logic [31:0] load_data_o
);
  always_comb begin
    unique case (request_size_i)
      2'd0: begin
        misaligned_o  = 1'b0;
        byte_enable_o = 4'b0001 << request_offset_i;
        write_data_o  = {4{store_data_i[7:0]}};
      end
      2'd1: begin
        misaligned_o  = request_offset_i[0];
        byte_enable_o = request_offset_i[1] ? 4'b1100 : 4'b0011;
        write_data_o  = {2{store_data_i[15:0]}};
      end
      default: begin
        misaligned_o  = (request_offset_i != 2'd0);
        byte_enable_o = 4'b1111;
        write_data_o  = store_data_i;
      end
    endcase
  end

  logic [15:0] half;
  logic [7:0]  octet;
  logic        extend;  // sign extension
  assign half = response_offset_i[1] ? read_data_i[31:16] : read_data_i[15:0];
  assign octet = response_offset_i[0] ? half[15:8] : half[7:0];
  assign extend = ~response_funct3_i[2];
  always_comb begin
    unique case (response_funct3_i[1:0])
      2'd0:    load_data_o = {{24{extend & octet[7]}}, octet};
      2'd1:    load_data_o = {{16{extend & half[15]}}, half};
      default: load_data_o = read_data_i;
    endcase
  end
endmodule
