// SPDX-License-Identifier: Apache-2.0
// @NAME@ behind the ports of core_wrapper (soc/core_wrapper_ports.svh). The names on the left are the core's: correct
// them, leave none out: a pin that is not connected is an error. An output that nobody needs goes to a signal in `unused`.
module core_wrapper #(
  parameter bit Rvfi = 1'b0  // 1 in the simulation that traces and verifies
) (
  `CORE_WRAPPER_PORTS
);
  @NAME@ u_core (
    .clk_i, .rst_ni, .boot_addr_i,
    // A core with AHB-Lite, AXI4-Lite, Wishbone or PicoRV32's interface goes through a shim of bus/ instead.
    .instr_req_o, .instr_gnt_i, .instr_addr_o, .instr_rvalid_i, .instr_rdata_i, .instr_err_i,
    .data_req_o, .data_gnt_i, .data_addr_o, .data_we_o, .data_be_o, .data_wdata_o,
    .data_rvalid_i, .data_rdata_i, .data_err_i,
    .irq_software_i, .irq_timer_i, .irq_external_i
  );

  // High for each instruction that retires; 0 where the core does not tell: reports then say so.
  assign retire_o = 1'b0;

  // Connect RVFI in place of this if the core has it.
  assign {rvfi_valid, rvfi_order, rvfi_insn, rvfi_trap, rvfi_halt, rvfi_intr, rvfi_mode, rvfi_ixl,
          rvfi_rs1_addr, rvfi_rs2_addr, rvfi_rs1_rdata, rvfi_rs2_rdata, rvfi_rd_addr, rvfi_rd_wdata,
          rvfi_pc_rdata, rvfi_pc_wdata, rvfi_mem_addr, rvfi_mem_rmask, rvfi_mem_wmask,
          rvfi_mem_rdata, rvfi_mem_wdata} = '0;

  // Inputs that the core does not take.
  logic unused;
  assign unused = ^{Rvfi, time_i};
endmodule
