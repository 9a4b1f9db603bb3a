// SPDX-License-Identifier: Apache-2.0
// Turns one access at a time, valid until ready, into transfers on OBI. It is as awkward as the
// protocol allows: hesitate_i, random in tests, delays what a manager may delay.
module lsgd_test_manager_obi (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hesitate_i,
  input  logic        valid_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,
  output logic        error_o,
  output logic        req_o,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  output logic        rready_o,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic asked_q, granted_q;
  // A request once made stays; to begin it may take its time.
  assign req_o = valid_i & ~granted_q & (asked_q | ~hesitate_i);
  assign rready_o = ~hesitate_i;
  assign ready_o = granted_q & rvalid_i & rready_o;
  assign rdata_o = rdata_i;
  assign error_o = err_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      asked_q   <= 1'b0;
      granted_q <= 1'b0;
    end else begin
      asked_q   <= req_o & ~gnt_i;
      granted_q <= (req_o & gnt_i) | (granted_q & ~ready_o);
    end
  end
endmodule
