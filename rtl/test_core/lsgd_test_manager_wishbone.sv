// SPDX-License-Identifier: Apache-2.0
// Turns one access at a time, valid until ready, into transfers on Wishbone, classic cycles. It is as awkward as the
// protocol allows: hesitate_i, random in tests, delays what a manager may delay.
module lsgd_test_manager_wishbone (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hesitate_i,
  input  logic        valid_i,
  input  logic        we_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,
  output logic        error_o,
  output logic        cyc_o,
  output logic        stb_o,
  input  logic        ack_i,
  input  logic        err_i,
  input  logic [31:0] dat_i
);
  // A read may be given up and made again.
  logic [1:0] attempts_q;
  assign cyc_o = valid_i & ~(hesitate_i & ~we_i & (attempts_q != 2'd3));
  assign stb_o = cyc_o;
  assign ready_o = cyc_o & (ack_i | err_i);
  assign rdata_o = dat_i;
  assign error_o = err_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)              attempts_q <= 2'd0;
    else if (ready_o)         attempts_q <= 2'd0;
    else if (valid_i & ~cyc_o) attempts_q <= attempts_q + 2'd1;
  end
endmodule
