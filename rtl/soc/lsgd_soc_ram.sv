// SPDX-License-Identifier: Apache-2.0
// RAM with an instruction port (read), a data port (read and write by bytes) and a load port for the
// simulation program, which writes the image while the core is in reset. Reads take one cycle.
module lsgd_soc_ram #(
  parameter int Bytes = 1 << 20,  // a power of two
  localparam int AddressBits = $clog2(Bytes)
) (
  input  logic                   clk_i,

  input  logic                   load_i,
  input  logic [AddressBits-1:2] load_addr_i,
  input  logic [31:0]            load_data_i,

  input  logic                   instr_read_i,
  input  logic [AddressBits-1:2] instr_addr_i,
  output logic [31:0]            instr_data_o,

  input  logic                   data_access_i,
  input  logic [AddressBits-1:2] data_addr_i,
  input  logic                   data_write_i,
  input  logic [3:0]             data_be_i,
  input  logic [31:0]            data_wdata_i,
  output logic [31:0]            data_rdata_o
);
  logic [31:0] words_q [Bytes / 4];
  logic [31:0] mask;
  assign mask = {{8{data_be_i[3]}}, {8{data_be_i[2]}}, {8{data_be_i[1]}}, {8{data_be_i[0]}}};

  always_ff @(posedge clk_i) begin
    if (instr_read_i) instr_data_o <= words_q[instr_addr_i];
    if (load_i) begin
      words_q[load_addr_i] <= load_data_i;
    end else if (data_access_i) begin
      if (data_write_i) begin
        words_q[data_addr_i] <= (words_q[data_addr_i] & ~mask) | (data_wdata_i & mask);
      end else begin
        data_rdata_o <= words_q[data_addr_i];
      end
    end
  end
endmodule
