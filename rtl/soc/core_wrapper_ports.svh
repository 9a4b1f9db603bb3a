// SPDX-License-Identifier: Apache-2.0
// The ports of `core_wrapper`, the contract between the SoC and any core; lsgd_core explains them. File lists
// of cores name this file before their wrapper: a macro needs no search path.
`define CORE_WRAPPER_PORTS \
  input  logic        clk_i,          \
  input  logic        rst_ni,         \
  input  logic [31:0] boot_addr_i,    \
  output logic        instr_req_o,    \
  input  logic        instr_gnt_i,    \
  output logic [31:0] instr_addr_o,   \
  input  logic        instr_rvalid_i, \
  input  logic [31:0] instr_rdata_i,  \
  input  logic        instr_err_i,    \
  output logic        data_req_o,     \
  input  logic        data_gnt_i,     \
  output logic [31:0] data_addr_o,    \
  output logic        data_we_o,      \
  output logic [3:0]  data_be_o,      \
  output logic [31:0] data_wdata_o,   \
  input  logic        data_rvalid_i,  \
  input  logic [31:0] data_rdata_i,   \
  input  logic        data_err_i,     \
  input  logic        irq_software_i, \
  input  logic        irq_timer_i,    \
  input  logic        irq_external_i, \
  input  logic [63:0] time_i,         \
  output logic        retire_o,       \
  output logic        rvfi_valid,     \
  output logic [63:0] rvfi_order,     \
  output logic [31:0] rvfi_insn,      \
  output logic        rvfi_trap,      \
  output logic        rvfi_halt,      \
  output logic        rvfi_intr,      \
  output logic [1:0]  rvfi_mode,      \
  output logic [1:0]  rvfi_ixl,       \
  output logic [4:0]  rvfi_rs1_addr,  \
  output logic [4:0]  rvfi_rs2_addr,  \
  output logic [31:0] rvfi_rs1_rdata, \
  output logic [31:0] rvfi_rs2_rdata, \
  output logic [4:0]  rvfi_rd_addr,   \
  output logic [31:0] rvfi_rd_wdata,  \
  output logic [31:0] rvfi_pc_rdata,  \
  output logic [31:0] rvfi_pc_wdata,  \
  output logic [31:0] rvfi_mem_addr,  \
  output logic [3:0]  rvfi_mem_rmask, \
  output logic [3:0]  rvfi_mem_wmask, \
  output logic [31:0] rvfi_mem_rdata, \
  output logic [31:0] rvfi_mem_wdata
