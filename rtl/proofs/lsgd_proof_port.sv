// SPDX-License-Identifier: Apache-2.0
// Any memory behind a port of core_wrapper: grants when it likes, requested or not, and answers each granted request
// once, in a later cycle. What the other side must hold to is asserted, what the memory promises is assumed. The first
// cycle is the reset.
module lsgd_proof_port (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        req_i,
  input  logic        gnt_i,
  input  logic [31:0] addr_i,
  input  logic        we_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  input  logic        rvalid_i,
  output logic        busy_o,    // a response is outstanding
  output logic        prompt_o   // the memory does not make anybody wait in this cycle
);
  logic        busy_q, waiting_q;
  logic [68:0] request, request_q;
  logic        started_q = 1'b0;
  assign request = {we_i ? wdata_i : 32'd0, be_i, we_i, addr_i};
  assign busy_o = busy_q;
  assign prompt_o = gnt_i & (rvalid_i | ~busy_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q    <= 1'b0;
      waiting_q <= 1'b0;
    end else begin
      busy_q    <= (req_i & gnt_i) | (busy_q & ~rvalid_i);
      waiting_q <= req_i & ~gnt_i;
    end
  end
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    request_q <= request;
    assume (rst_ni == started_q);
    assume (!rvalid_i || busy_q);
    if (rst_ni) begin
      assert (!waiting_q || (req_i && request == request_q));
      assert (!req_i || !busy_q || rvalid_i);
      assert (!req_i || addr_i[1:0] == 2'b00);
      assert (!req_i || !we_i || be_i != 4'd0);
    end
  end
endmodule
