// SPDX-License-Identifier: Apache-2.0
// AXI4-Lite: one write and one read are taken at a time, their addresses and data in any order; they take turns on
// the port where both wait.
module lsgd_bus_axi4_lite (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the manager.
  input  logic        awvalid_i,
  output logic        awready_o,
  input  logic [31:0] awaddr_i,
  input  logic        wvalid_i,
  output logic        wready_o,
  input  logic [31:0] wdata_i,
  input  logic [3:0]  wstrb_i,
  output logic        bvalid_o,
  input  logic        bready_i,
  output logic [1:0]  bresp_o,
  input  logic        arvalid_i,
  output logic        arready_o,
  input  logic [31:0] araddr_i,
  output logic        rvalid_o,
  input  logic        rready_i,
  output logic [31:0] rdata_o,
  output logic [1:0]  rresp_o,

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
  localparam logic [1:0] Okay = 2'b00, SubordinateError = 2'b10;

  logic        aw_full_q, w_full_q, ar_full_q;  // what was taken and not yet granted
  logic        b_full_q, r_full_q;              // responses that wait for the manager
  logic [31:0] awaddr_q, araddr_q, wdata_q, rdata_q;
  logic [3:0]  wstrb_q;
  logic        b_error_q, r_error_q;
  logic        busy_q, writing_q;               // granted, response outstanding
  logic        held_q;                          // requested without grant: stays what it is
  logic        held_write_q;
  logic        can_write, can_read, write_next, granted;

  assign awready_o = ~aw_full_q;
  assign wready_o = ~w_full_q;
  assign arready_o = ~ar_full_q;
  assign bvalid_o = b_full_q;
  assign bresp_o = b_error_q ? SubordinateError : Okay;
  assign rvalid_o = r_full_q;
  assign rdata_o = rdata_q;
  assign rresp_o = r_error_q ? SubordinateError : Okay;

  assign can_write = aw_full_q & w_full_q & ~b_full_q;
  assign can_read = ar_full_q & ~r_full_q;
  assign write_next = held_q ? held_write_q : can_write & (~can_read | ~writing_q);
  assign req_o = ~busy_q & (can_write | can_read);
  assign granted = req_o & gnt_i;
  assign addr_o = {write_next ? awaddr_q[31:2] : araddr_q[31:2], 2'b00};
  assign we_o = write_next;
  assign be_o = write_next ? wstrb_q : 4'b1111;
  assign wdata_o = wdata_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      ar_full_q <= 1'b0;
      b_full_q  <= 1'b0;
      r_full_q  <= 1'b0;
      busy_q    <= 1'b0;
      writing_q <= 1'b0;
      held_q    <= 1'b0;
    end else begin
      aw_full_q <= aw_full_q ? ~(granted & write_next) : awvalid_i;
      w_full_q  <= w_full_q ? ~(granted & write_next) : wvalid_i;
      ar_full_q <= ar_full_q ? ~(granted & ~write_next) : arvalid_i;
      b_full_q  <= b_full_q ? ~bready_i : rvalid_i & writing_q;
      r_full_q  <= r_full_q ? ~rready_i : rvalid_i & ~writing_q;
      busy_q    <= granted | (busy_q & ~rvalid_i);
      held_q    <= req_o & ~gnt_i;
      if (granted) writing_q <= write_next;
    end
  end

  always_ff @(posedge clk_i) begin
    if (awvalid_i & awready_o) awaddr_q <= awaddr_i;
    if (arvalid_i & arready_o) araddr_q <= araddr_i;
    if (wvalid_i & wready_o) begin
      wdata_q <= wdata_i;
      wstrb_q <= wstrb_i;
    end
    held_write_q <= write_next;
    if (rvalid_i) begin
      if (writing_q) begin
        b_error_q <= err_i;
      end else begin
        r_error_q <= err_i;
        rdata_q   <= rdata_i;
      end
    end
  end

  logic unused;
  assign unused = ^{awaddr_q[1:0], araddr_q[1:0]};

`ifndef SYNTHESIS
  // ---- assertions; what the other sides must hold to is assumed ----
  // What is valid stays, and stays as it is, until it is taken: both sides of each channel.
  logic        aw_waits_q, w_waits_q, ar_waits_q, b_waits_q, r_waits_q;
  logic [31:0] last_awaddr_q, last_araddr_q, last_rdata_q;
  logic [35:0] last_write_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {aw_waits_q, w_waits_q, ar_waits_q, b_waits_q, r_waits_q} <= 5'd0;
    end else begin
      aw_waits_q <= awvalid_i & ~awready_o;
      w_waits_q  <= wvalid_i & ~wready_o;
      ar_waits_q <= arvalid_i & ~arready_o;
      b_waits_q  <= bvalid_o & ~bready_i;
      r_waits_q  <= rvalid_o & ~rready_i;
    end
  end
  always_ff @(posedge clk_i) begin
    last_awaddr_q <= awaddr_i;
    last_araddr_q <= araddr_i;
    last_write_q  <= {wdata_i, wstrb_i};
    last_rdata_q  <= rdata_o;
    assume (!aw_waits_q || (awvalid_i && awaddr_i == last_awaddr_q))
      else $error("AXI4-Lite: a write address changed while it waited");
    assume (!w_waits_q || (wvalid_i && {wdata_i, wstrb_i} == last_write_q))
      else $error("AXI4-Lite: write data changed while they waited");
    assume (!ar_waits_q || (arvalid_i && araddr_i == last_araddr_q))
      else $error("AXI4-Lite: a read address changed while it waited");
    assert (!b_waits_q || bvalid_o) else $error("AXI4-Lite: a write response was withdrawn");
    assert (!r_waits_q || (rvalid_o && rdata_o == last_rdata_q))
      else $error("AXI4-Lite: a read response changed while it waited");
    assert (!rvalid_i || busy_q) else $error("AXI4-Lite: a response to no request");
  end
`endif
endmodule
