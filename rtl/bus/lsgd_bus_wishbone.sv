// SPDX-License-Identifier: Apache-2.0
// Wishbone B4, classic cycles. The request is registered, so that a manager may end its cycle early: the port gets
// its whole transfer, the manager no answer.
module lsgd_bus_wishbone (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the manager.
  input  logic        cyc_i,
  input  logic        stb_i,
  input  logic        we_i,
  input  logic [31:0] adr_i,
  input  logic [3:0]  sel_i,
  input  logic [31:0] dat_i,
  output logic        ack_o,
  output logic        err_o,
  output logic [31:0] dat_o,

  // To core_wrapper's port.
  output logic        req_o,
  input  logic        gnt_i,
  output logic [31:0] addr_o,
  output logic        we_o,
  output logic [3:0]  be_o,
  output logic [31:0] wdata_o,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic        request_q, response_q;  // not yet granted; granted, response outstanding
  logic        abandoned_q;            // the manager has ended the cycle
  logic        strobe, taken, answered;
  logic [31:0] addr_q, wdata_q;
  logic [3:0]  be_q;
  logic        write_q;

  assign strobe = cyc_i & stb_i;
  assign taken = strobe & ~request_q & ~response_q;
  assign answered = response_q & rvalid_i & ~abandoned_q & strobe;
  assign ack_o = answered & ~err_i;
  assign err_o = answered & err_i;
  assign dat_o = rdata_i;

  assign req_o = request_q;
  assign addr_o = {addr_q[31:2], 2'b00};
  assign we_o = write_q;
  assign be_o = be_q;
  assign wdata_o = wdata_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      request_q   <= 1'b0;
      response_q  <= 1'b0;
      abandoned_q <= 1'b0;
    end else begin
      request_q   <= taken | (request_q & ~gnt_i);
      response_q  <= (request_q & gnt_i) | (response_q & ~rvalid_i);
      abandoned_q <= ~taken & (abandoned_q | ~strobe);
    end
  end

  always_ff @(posedge clk_i) begin
    if (taken) begin
      addr_q  <= adr_i;
      write_q <= we_i;
      be_q    <= sel_i;
      wdata_q <= dat_i;
    end
  end

  logic unused;
  assign unused = ^addr_q[1:0];

`ifndef SYNTHESIS
  // ---- assertions; what the other sides must hold to is assumed ----
  logic        waiting_q;
  logic [68:0] strobe_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= strobe & ~ack_o & ~err_o;
  end
  always_ff @(posedge clk_i) begin
    strobe_q <= {we_i ? dat_i : 32'd0, sel_i, we_i, adr_i};
    assume (!(waiting_q && strobe) || {we_i ? dat_i : 32'd0, sel_i, we_i, adr_i} == strobe_q)
      else $error("Wishbone: a strobe changed while it waited");
    assert (!(ack_o && err_o)) else $error("Wishbone: two answers");
    assert (!rvalid_i || response_q) else $error("Wishbone: a response to no request");
  end
`endif
endmodule
