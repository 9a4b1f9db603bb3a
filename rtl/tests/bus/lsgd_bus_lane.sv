// SPDX-License-Identifier: Apache-2.0
// A manager of one bus, its shim and 4 KiB of memory behind the ports that core_wrapper has; every other address
// answers with an error.
module lsgd_bus_lane #(
  parameter lsgd_bus_pkg::bus_e Bus = lsgd_bus_pkg::Obi
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [3:0]  stall_i,     // {instruction response, grant, data response, grant}
  input  logic        hesitate_i,
  input  logic        valid_i,
  input  logic        instr_i,
  input  logic [31:0] addr_i,
  input  logic        we_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,
  output logic        error_o,
  output logic        write_o      // a write has reached the memory
);
  logic        instr_req, instr_gnt, instr_rvalid, instr_err_q, data_req, data_gnt, data_rvalid, data_err_q, data_we;
  logic [31:0] instr_addr, instr_rdata, data_addr, data_wdata, data_rdata;
  logic [3:0]  data_be;
  logic        instr_in_ram, data_in_ram;

  lsgd_test_bus #(.Bus(Bus)) u_bus (
    .clk_i, .rst_ni, .hesitate_i,
    .valid_i, .instr_i, .addr_i, .we_i, .be_i, .wdata_i, .ready_o, .rdata_o, .error_o,
    .instr_req_o(instr_req), .instr_gnt_i(instr_gnt), .instr_addr_o(instr_addr), .instr_rvalid_i(instr_rvalid),
    .instr_rdata_i(instr_rdata), .instr_err_i(instr_err_q),
    .data_req_o(data_req), .data_gnt_i(data_gnt), .data_addr_o(data_addr), .data_we_o(data_we), .data_be_o(data_be),
    .data_wdata_o(data_wdata), .data_rvalid_i(data_rvalid), .data_rdata_i(data_rdata), .data_err_i(data_err_q)
  );
  lsgd_soc_port #(.CheckRequests(1'b1)) u_instr_port (
    .clk_i, .rst_ni, .deny_grant_i(stall_i[2]), .delay_response_i(stall_i[3]),
    .req_i(instr_req), .request_i({37'd0, instr_addr}), .gnt_o(instr_gnt), .rvalid_o(instr_rvalid)
  );
  lsgd_soc_port #(.CheckRequests(1'b1)) u_data_port (
    .clk_i, .rst_ni, .deny_grant_i(stall_i[0]), .delay_response_i(stall_i[1]),
    .req_i(data_req), .request_i({data_we ? data_wdata : 32'd0, data_be, data_we, data_addr}),
    .gnt_o(data_gnt), .rvalid_o(data_rvalid)
  );
  assign instr_in_ram = (instr_addr[31:12] == 20'd0);
  assign data_in_ram = (data_addr[31:12] == 20'd0);
  assign write_o = data_gnt & data_in_ram & data_we;
  lsgd_soc_ram #(.Bytes(4096)) u_ram (
    .clk_i, .load_i(1'b0), .load_addr_i(10'd0), .load_data_i(32'd0),
    .instr_read_i(instr_gnt), .instr_addr_i(instr_addr[11:2]), .instr_data_o(instr_rdata),
    .data_access_i(data_gnt & data_in_ram), .data_addr_i(data_addr[11:2]), .data_write_i(data_we),
    .data_be_i(data_be), .data_wdata_i(data_wdata), .data_rdata_o(data_rdata)
  );
  always_ff @(posedge clk_i) begin
    if (instr_gnt) instr_err_q <= ~instr_in_ram;
    if (data_gnt) data_err_q <= ~data_in_ram;
    assert (!(instr_req && instr_addr[1:0] != 2'b00)) else $error("instruction port: an address of bytes");
    assert (!(data_req && data_addr[1:0] != 2'b00)) else $error("data port: an address of bytes");
  end
endmodule
