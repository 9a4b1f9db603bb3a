// SPDX-License-Identifier: Apache-2.0
// The project's core with sums of products of bytes. The ports are the contract between
// the SoC and any core; see lsgd_core for their meaning.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] boot_addr_i,

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
  input  logic        data_err_i,

  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  input  logic [63:0] time_i,

  output logic        retire_o,

  output logic        rvfi_valid,
  output logic [63:0] rvfi_order,
  output logic [31:0] rvfi_insn,
  output logic        rvfi_trap,
  output logic        rvfi_halt,
  output logic        rvfi_intr,
  output logic [1:0]  rvfi_mode,
  output logic [1:0]  rvfi_ixl,
  output logic [4:0]  rvfi_rs1_addr,
  output logic [4:0]  rvfi_rs2_addr,
  output logic [31:0] rvfi_rs1_rdata,
  output logic [31:0] rvfi_rs2_rdata,
  output logic [4:0]  rvfi_rd_addr,
  output logic [31:0] rvfi_rd_wdata,
  output logic [31:0] rvfi_pc_rdata,
  output logic [31:0] rvfi_pc_wdata,
  output logic [31:0] rvfi_mem_addr,
  output logic [3:0]  rvfi_mem_rmask,
  output logic [3:0]  rvfi_mem_wmask,
  output logic [31:0] rvfi_mem_rdata,
  output logic [31:0] rvfi_mem_wdata
);
  lsgd_core #(.Simd(1'b1), .Rvfi(Rvfi)) u_core (
    .clk_i, .rst_ni, .boot_addr_i, .instr_req_o, .instr_gnt_i, .instr_addr_o, .instr_rvalid_i,
    .instr_rdata_i, .instr_err_i, .data_req_o, .data_gnt_i, .data_addr_o, .data_we_o,
    .data_be_o, .data_wdata_o, .data_rvalid_i, .data_rdata_i, .data_err_i, .irq_software_i,
    .irq_timer_i, .irq_external_i, .time_i, .retire_o, .rvfi_valid, .rvfi_order, .rvfi_insn,
    .rvfi_trap, .rvfi_halt, .rvfi_intr, .rvfi_mode, .rvfi_ixl, .rvfi_rs1_addr, .rvfi_rs2_addr,
    .rvfi_rs1_rdata, .rvfi_rs2_rdata, .rvfi_rd_addr, .rvfi_rd_wdata, .rvfi_pc_rdata,
    .rvfi_pc_wdata, .rvfi_mem_addr, .rvfi_mem_rmask, .rvfi_mem_wmask, .rvfi_mem_rdata,
    .rvfi_mem_wdata
  );
endmodule
