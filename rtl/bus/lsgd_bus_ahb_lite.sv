// SPDX-License-Identifier: Apache-2.0
// AHB-Lite: the only subordinate of one manager. The address phase is registered, so that a transfer takes two cycles
// of data phase at least; an error takes the two cycles that the protocol asks for.
module lsgd_bus_ahb_lite (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the manager.
  input  logic [31:0] haddr_i,
  input  logic [1:0]  htrans_i,
  input  logic        hwrite_i,
  input  logic [2:0]  hsize_i,   // byte 0, halfword 1, word 2
  input  logic [31:0] hwdata_i,
  output logic        hready_o,
  output logic        hresp_o,
  output logic [31:0] hrdata_o,

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
  logic        request_q;   // in the data phase, not yet granted
  logic        response_q;  // granted, response outstanding
  logic        error_q;     // the second cycle of an error
  logic [31:0] addr_q;
  logic        write_q;
  logic [2:0]  size_q;
  logic        address_phase;

  assign address_phase = hready_o & htrans_i[1];
  assign hready_o = ~request_q & (~response_q | (rvalid_i & ~err_i));
  assign hresp_o = error_q | (response_q & rvalid_i & err_i);
  assign hrdata_o = rdata_i;

  assign req_o = request_q;
  assign addr_o = {addr_q[31:2], 2'b00};
  assign we_o = write_q;
  assign wdata_o = hwdata_i;
  always_comb begin
    unique case (size_q[1:0])
      2'd0:    be_o = 4'b0001 << addr_q[1:0];
      2'd1:    be_o = addr_q[1] ? 4'b1100 : 4'b0011;
      default: be_o = 4'b1111;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      request_q  <= 1'b0;
      response_q <= 1'b0;
      error_q    <= 1'b0;
    end else begin
      request_q  <= address_phase | (request_q & ~gnt_i);
      response_q <= (request_q & gnt_i) | (response_q & ~rvalid_i);
      error_q    <= response_q & rvalid_i & err_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (address_phase) begin
      addr_q  <= haddr_i;
      write_q <= hwrite_i;
      size_q  <= hsize_i;
    end
  end

  logic unused;
  assign unused = ^size_q[2];

`ifndef SYNTHESIS
  // ---- assertions; what the other sides must hold to is assumed ----
  logic        waiting_q, stalled_q, refused_q;
  logic [31:0] hwdata_q;
  logic [37:0] phase_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= 1'b0;
      stalled_q <= 1'b0;
      refused_q <= 1'b0;
    end else begin
      waiting_q <= ~hready_o & htrans_i[1];
      stalled_q <= ~hready_o & write_q & ~hresp_o;
      refused_q <= hresp_o;
    end
  end
  always_ff @(posedge clk_i) begin
    phase_q  <= {haddr_i, htrans_i, hwrite_i, hsize_i};
    hwdata_q <= hwdata_i;
    // Only the second cycle of an error lets the manager take its next address back.
    assume (!waiting_q || refused_q || {haddr_i, htrans_i, hwrite_i, hsize_i} == phase_q)
      else $error("AHB-Lite: an address phase changed while it waited");
    assume (!stalled_q || hwdata_i == hwdata_q) else $error("AHB-Lite: write data changed");
    assume (!address_phase || hsize_i <= 3'd2) else $error("AHB-Lite: a transfer of more than a word");
    assume (!address_phase || (haddr_i[1:0] & ~(2'b11 << hsize_i[1:0])) == 2'b00)
      else $error("AHB-Lite: a misaligned address");
    assert (!rvalid_i || response_q) else $error("AHB-Lite: a response to no request");
    assert (!error_q || (hready_o && hresp_o)) else $error("AHB-Lite: an error of one cycle");
  end
`endif
endmodule
