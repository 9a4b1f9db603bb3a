// SPDX-License-Identifier: Apache-2.0
// All buses side by side; one of them is used at a time.
module lsgd_bus_test (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [2:0]  bus_i,       // lsgd_bus_pkg::bus_e
  input  logic [3:0]  stall_i,
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
  output logic        write_o
);
  logic [4:0]  ready, error, write;
  logic [31:0] rdata [5];
  for (genvar bus = 0; bus < 5; bus++) begin : gen_lane
    lsgd_bus_lane #(.Bus(lsgd_bus_pkg::bus_e'(bus))) u_lane (
      .clk_i, .rst_ni, .stall_i, .hesitate_i, .valid_i(valid_i & (bus_i == bus)), .instr_i, .addr_i, .we_i, .be_i,
      .wdata_i, .ready_o(ready[bus]), .rdata_o(rdata[bus]), .error_o(error[bus]), .write_o(write[bus])
    );
  end
  assign ready_o = ready[bus_i];
  assign rdata_o = rdata[bus_i];
  assign error_o = error[bus_i];
  assign write_o = write[bus_i];
endmodule
