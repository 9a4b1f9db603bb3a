// SPDX-License-Identifier: Apache-2.0
// Handshake of one memory port: grants requests and times their responses. Without stalls a request is
// granted at once and answered in the next cycle.
module lsgd_soc_port #(
  parameter bit CheckRequests = 1'b0  // assert that a request waiting for its grant stays as it is
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        deny_grant_i,      // no grant in this cycle
  input  logic        delay_response_i,  // no response in this cycle
  input  logic        req_i,
  input  logic [68:0] request_i,         // {write data, byte enables, write enable, address}
  output logic        gnt_o,             // the access takes place in this cycle
  output logic        rvalid_o
);
  logic pending_q;
  assign rvalid_o = pending_q & ~delay_response_i;
  assign gnt_o = req_i & ~deny_grant_i & (~pending_q | rvalid_o);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= 1'b0;
    else         pending_q <= gnt_o | (pending_q & ~rvalid_o);
  end

  if (CheckRequests) begin : gen_check
    logic        waiting_q;
    logic [68:0] request_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) waiting_q <= 1'b0;
      else         waiting_q <= req_i & ~gnt_o;
    end
    always_ff @(posedge clk_i) begin
      request_q <= request_i;
      assert (!waiting_q || (req_i && request_i == request_q)) else $error("a waiting request changed");
    end
  end else begin : gen_no_check
    logic unused;
    assign unused = ^request_i;
  end
endmodule
