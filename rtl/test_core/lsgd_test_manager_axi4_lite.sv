// SPDX-License-Identifier: Apache-2.0
// Turns one access at a time, valid until ready, into transfers on AXI4-Lite. It is as awkward as the
// protocol allows: hesitate_i, random in tests, delays what a manager may delay.
module lsgd_test_manager_axi4_lite (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hesitate_i,
  input  logic        valid_i,
  input  logic        we_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,
  output logic        error_o,
  output logic        awvalid_o,
  input  logic        awready_i,
  output logic        wvalid_o,
  input  logic        wready_i,
  input  logic        bvalid_i,
  output logic        bready_o,
  input  logic [1:0]  bresp_i,
  output logic        arvalid_o,
  input  logic        arready_i,
  input  logic        rvalid_i,
  output logic        rready_o,
  input  logic [31:0] rdata_i,
  input  logic [1:0]  rresp_i
);
  logic aw_asked_q, w_asked_q, ar_asked_q;  // valid, not yet taken
  logic aw_done_q, w_done_q, ar_done_q;
  logic turn_q;                             // address or data first
  assign awvalid_o = valid_i & we_i & ~aw_done_q & (aw_asked_q | (~hesitate_i & (turn_q | w_done_q)));
  assign wvalid_o = valid_i & we_i & ~w_done_q & (w_asked_q | (~hesitate_i & (~turn_q | aw_done_q)));
  assign arvalid_o = valid_i & ~we_i & ~ar_done_q & (ar_asked_q | ~hesitate_i);
  assign bready_o = ~hesitate_i;
  assign rready_o = ~hesitate_i;
  assign ready_o = we_i ? bvalid_i & bready_o : rvalid_i & rready_o;
  assign rdata_o = rdata_i;
  assign error_o = (we_i ? bresp_i : rresp_i) != 2'b00;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {aw_asked_q, w_asked_q, ar_asked_q, aw_done_q, w_done_q, ar_done_q, turn_q} <= 7'd0;
    end else begin
      aw_asked_q <= awvalid_o & ~awready_i;
      w_asked_q  <= wvalid_o & ~wready_i;
      ar_asked_q <= arvalid_o & ~arready_i;
      aw_done_q  <= (awvalid_o & awready_i) | (aw_done_q & ~ready_o);
      w_done_q   <= (wvalid_o & wready_i) | (w_done_q & ~ready_o);
      ar_done_q  <= (arvalid_o & arready_i) | (ar_done_q & ~ready_o);
      turn_q     <= turn_q ^ (ready_o & we_i);
    end
  end
endmodule
