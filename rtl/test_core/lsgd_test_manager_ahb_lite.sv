// SPDX-License-Identifier: Apache-2.0
// Turns one access at a time, valid until ready, into transfers on AHB-Lite. It is as awkward as the
// protocol allows: hesitate_i, random in tests, delays what a manager may delay.
module lsgd_test_manager_ahb_lite (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hesitate_i,
  input  logic        valid_i,
  input  logic [31:0] addr_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,
  output logic        error_o,
  output logic [31:0] haddr_o,
  output logic [1:0]  htrans_o,
  output logic [2:0]  hsize_o,
  output logic [31:0] hwdata_o,
  input  logic        hready_i,
  input  logic        hresp_i,
  input  logic [31:0] hrdata_i
);
  logic asked_q, data_q;
  logic address_phase;
  assign address_phase = valid_i & ~data_q & (asked_q | ~hesitate_i);
  assign htrans_o = {address_phase, 1'b0};
  always_comb begin
    unique case (be_i)
      4'b0001, 4'b0010, 4'b0100, 4'b1000: hsize_o = 3'd0;
      4'b0011, 4'b1100:                   hsize_o = 3'd1;
      default:                            hsize_o = 3'd2;
    endcase
    unique case (be_i)
      4'b0010:          haddr_o = {addr_i[31:2], 2'd1};
      4'b0100, 4'b1100: haddr_o = {addr_i[31:2], 2'd2};
      4'b1000:          haddr_o = {addr_i[31:2], 2'd3};
      default:          haddr_o = {addr_i[31:2], 2'd0};
    endcase
  end
  // Data of a write are valid in the data phase only.
  assign hwdata_o = data_q ? wdata_i : 32'hdead_dead;
  assign ready_o = data_q & hready_i;
  assign rdata_o = hrdata_i;
  assign error_o = hresp_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      asked_q <= 1'b0;
      data_q  <= 1'b0;
    end else begin
      asked_q <= address_phase & ~hready_i;
      data_q  <= (address_phase & hready_i) | (data_q & ~ready_o);
    end
  end
  logic unused;
  assign unused = ^addr_i[1:0];
endmodule
