// SPDX-License-Identifier: Apache-2.0
// PicoRV32's native memory interface: one port for instructions and data, valid until ready. Fetches go to
// the instruction port. PicoRV32 knows no bus errors; mem_error_o comes with mem_ready_o for cores that do.
module lsgd_bus_picorv32 (
  input  logic        clk_i,
  input  logic        rst_ni,

  // From the core.
  input  logic        mem_valid_i,
  input  logic        mem_instr_i,
  input  logic [31:0] mem_addr_i,
  input  logic [31:0] mem_wdata_i,
  input  logic [3:0]  mem_wstrb_i,  // 0: a read
  output logic        mem_ready_o,
  output logic [31:0] mem_rdata_o,
  output logic        mem_error_o,

  // To core_wrapper's ports.
  output logic        instr_req_o,
  input  logic        instr_gnt_i,
  output logic [31:0] instr_addr_o,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,
  output logic        data_req_o,
  input  logic        data_gnt_i,
  output logic [31:0] data_addr_o,
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_rvalid_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_err_i
);
  logic busy_q;  // granted, response outstanding
  logic granted, rvalid;

  assign instr_req_o = mem_valid_i & mem_instr_i & ~busy_q;
  assign instr_addr_o = {mem_addr_i[31:2], 2'b00};
  assign data_req_o = mem_valid_i & ~mem_instr_i & ~busy_q;
  assign data_addr_o = {mem_addr_i[31:2], 2'b00};
  assign data_we_o = (mem_wstrb_i != 4'd0);
  assign data_be_o = data_we_o ? mem_wstrb_i : 4'b1111;
  assign data_wdata_o = mem_wdata_i;

  assign granted = (instr_req_o & instr_gnt_i) | (data_req_o & data_gnt_i);
  assign rvalid = mem_instr_i ? instr_rvalid_i : data_rvalid_i;
  assign mem_ready_o = busy_q & rvalid;
  assign mem_rdata_o = mem_instr_i ? instr_rdata_i : data_rdata_i;
  assign mem_error_o = mem_ready_o & (mem_instr_i ? instr_err_i : data_err_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else         busy_q <= granted | (busy_q & ~rvalid);
  end

  logic unused;
  assign unused = ^mem_addr_i[1:0];

`ifndef SYNTHESIS
  // ---- assertions; what the other sides must hold to is assumed ----
  logic        waiting_q;
  logic [68:0] request_q;
  logic [68:0] request;
  assign request = {data_we_o ? mem_wdata_i : 32'd0, mem_wstrb_i, mem_instr_i, mem_addr_i};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= mem_valid_i & ~mem_ready_o;
  end
  always_ff @(posedge clk_i) begin
    request_q <= request;
    assume (!waiting_q || (mem_valid_i && request == request_q))
      else $error("PicoRV32: an access changed while it waited");
    assume (!(mem_valid_i && mem_instr_i) || mem_wstrb_i == 4'd0) else $error("PicoRV32: a fetch that writes");
    assert (!(instr_rvalid_i || data_rvalid_i) || busy_q) else $error("PicoRV32: a response to no request");
  end
`endif
endmodule
