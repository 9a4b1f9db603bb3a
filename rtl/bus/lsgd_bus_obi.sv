// SPDX-License-Identifier: Apache-2.0
// OBI 1.2 with what core_wrapper's memory ports leave out: addresses of bytes, identifiers, and a manager that is
// not always ready for its response. One transfer is outstanding.
module lsgd_bus_obi #(
  parameter int IdBits = 1
) (
  input  logic              clk_i,
  input  logic              rst_ni,

  // From the manager.
  input  logic              req_i,
  output logic              gnt_o,
  input  logic [31:0]       addr_i,
  input  logic              we_i,
  input  logic [3:0]        be_i,
  input  logic [31:0]       wdata_i,
  input  logic [IdBits-1:0] aid_i,
  output logic              rvalid_o,
  input  logic              rready_i,
  output logic [31:0]       rdata_o,
  output logic              err_o,
  output logic [IdBits-1:0] rid_o,

  // To core_wrapper's port.
  output logic              req_o,
  input  logic              gnt_i,
  output logic [31:0]       addr_o,
  output logic              we_o,
  output logic [3:0]        be_o,
  output logic [31:0]       wdata_o,
  input  logic              rvalid_i,
  input  logic [31:0]       rdata_i,
  input  logic              err_i
);
  logic              busy_q;  // granted, response outstanding
  logic              held_q;  // a response waits for the manager
  logic [31:0]       rdata_q;
  logic              err_q;
  logic [IdBits-1:0] id_q;

  // The response of the transfer before must have gone: there is room for one.
  assign req_o = req_i & ~held_q & (~busy_q | (rvalid_i & rready_i));
  assign gnt_o = req_o & gnt_i;
  assign addr_o = {addr_i[31:2], 2'b00};
  assign we_o = we_i;
  assign be_o = be_i;
  assign wdata_o = wdata_i;

  assign rvalid_o = held_q | rvalid_i;
  assign rdata_o = held_q ? rdata_q : rdata_i;
  assign err_o = held_q ? err_q : err_i;
  assign rid_o = id_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      held_q <= 1'b0;
    end else begin
      busy_q <= gnt_o | (busy_q & ~rvalid_i);
      held_q <= rvalid_o & ~rready_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (gnt_o) id_q <= aid_i;
    if (rvalid_i) begin
      rdata_q <= rdata_i;
      err_q   <= err_i;
    end
  end

  logic unused;
  assign unused = ^addr_i[1:0];

`ifndef SYNTHESIS
  // ---- assertions; what the other sides must hold to is assumed ----
  logic              waiting_q;
  logic [68:0]       request_q;
  logic [68:0]       request;
  assign request = {we_i ? wdata_i : 32'd0, be_i, we_i, addr_i};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= req_i & ~gnt_o;
  end
  always_ff @(posedge clk_i) begin
    request_q <= request;
    assume (!waiting_q || (req_i && request == request_q)) else $error("OBI: a waiting request changed");
    assert (!rvalid_i || busy_q) else $error("OBI: a response to no request");
    assert (!(rvalid_i && held_q)) else $error("OBI: a response was lost");
  end
`endif
endmodule
