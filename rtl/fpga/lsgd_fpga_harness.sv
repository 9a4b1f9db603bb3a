// SPDX-License-Identifier: Apache-2.0
// The core between registers, with few pins, so that a tool can place it by itself: every input comes from a shift
// register, every output goes into a register, and their parity out. The core's own paths alone are between registers.
module lsgd_fpga_harness #(
  parameter bit FastMultiplier = 1'b1,
  parameter int BranchTargets  = 64
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic serial_i,
  output logic parity_o
);
  localparam int Inputs = 140;
  logic [Inputs-1:0] inputs_q;
  logic              instr_req, data_req, data_we, retire;
  logic [31:0]       instr_addr, data_addr, data_wdata;
  logic [3:0]        data_be;
  logic [103:0]      outputs_q;

  always_ff @(posedge clk_i) begin
    inputs_q  <= {inputs_q[Inputs-2:0], serial_i};
    outputs_q <= {instr_req, instr_addr, data_req, data_addr, data_we, data_be, data_wdata, retire};
    parity_o  <= ^outputs_q;
  end

  lsgd_core #(.FastMultiplier(FastMultiplier), .BranchTargets(BranchTargets)) u_core (
    .clk_i, .rst_ni, .boot_addr_i(32'h8000_0000),
    .instr_req_o(instr_req), .instr_gnt_i(inputs_q[0]), .instr_addr_o(instr_addr), .instr_rvalid_i(inputs_q[1]),
    .instr_rdata_i(inputs_q[33:2]), .instr_err_i(inputs_q[34]),
    .data_req_o(data_req), .data_gnt_i(inputs_q[35]), .data_addr_o(data_addr), .data_we_o(data_we),
    .data_be_o(data_be), .data_wdata_o(data_wdata), .data_rvalid_i(inputs_q[36]), .data_rdata_i(inputs_q[68:37]),
    .data_err_i(inputs_q[69]),
    .irq_software_i(inputs_q[70]), .irq_timer_i(inputs_q[71]), .irq_external_i(inputs_q[72]),
    .time_i(inputs_q[136:73]), .retire_o(retire)
  );
endmodule
