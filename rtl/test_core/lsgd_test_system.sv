// SPDX-License-Identifier: Apache-2.0
// The test core behind a bus and its shim. Instructions come over OBI, data over Bus; with PicoRV32's interface
// both share one port.
module lsgd_test_system #(
  parameter lsgd_bus_pkg::bus_e Bus         = lsgd_bus_pkg::Obi,
  parameter bit                 Counters    = 1'b1,
  parameter bit                 Vectors256  = 1'b0,
  parameter bit                 GatedClock  = 1'b0,  // no clock in reset and while the core waits for memory
  parameter int          StartCycles = 1,
  parameter bit                 Rvfi        = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  logic        fetch_valid, fetch_ready, fetch_error, data_valid, data_we, data_ready, data_error;
  logic [31:0] fetch_addr, fetch_rdata, data_addr, data_wdata, data_rdata;
  logic [3:0]  data_be;

  logic core_clock, clocked, core_retire, core_rvfi_valid;
  if (GatedClock) begin : gen_gated_clock
    // The usual gate: a latch that is open while the clock is low, so that its enable cannot cut a pulse short.
    logic enable_q;
    assign clocked = rst_ni & ~((fetch_valid & ~fetch_ready) | (data_valid & ~data_ready));
    always_latch if (!clk_i) enable_q = clocked;
    assign core_clock = clk_i & enable_q;
  end else begin : gen_clock
    assign clocked = 1'b1;
    assign core_clock = clk_i;
  end
  // What the core shows stands still with its clock, and counts once.
  assign retire_o = core_retire & clocked;
  assign rvfi_valid = core_rvfi_valid & clocked;

  lsgd_test_core #(
    .Counters(Counters), .Vectors256(Vectors256), .StartCycles(StartCycles), .Rvfi(Rvfi)
  ) u_core (
    .clk_i(core_clock), .rst_ni, .boot_addr_i,
    .fetch_valid_o(fetch_valid), .fetch_addr_o(fetch_addr), .fetch_ready_i(fetch_ready),
    .fetch_rdata_i(fetch_rdata), .fetch_error_i(fetch_error),
    .data_valid_o(data_valid), .data_addr_o(data_addr), .data_we_o(data_we), .data_be_o(data_be),
    .data_wdata_o(data_wdata), .data_ready_i(data_ready), .data_rdata_i(data_rdata), .data_error_i(data_error),
    .irq_software_i, .irq_timer_i, .irq_external_i, .time_i, .retire_o(core_retire),
    .rvfi_valid(core_rvfi_valid), .rvfi_order, .rvfi_insn, .rvfi_trap, .rvfi_halt, .rvfi_intr, .rvfi_mode, .rvfi_ixl,
    .rvfi_rs1_addr, .rvfi_rs2_addr, .rvfi_rs1_rdata, .rvfi_rs2_rdata, .rvfi_rd_addr, .rvfi_rd_wdata,
    .rvfi_pc_rdata, .rvfi_pc_wdata, .rvfi_mem_addr, .rvfi_mem_rmask, .rvfi_mem_wmask,
    .rvfi_mem_rdata, .rvfi_mem_wdata
  );

  if (Bus == lsgd_bus_pkg::PicoRv32) begin : gen_single_bus
    logic        ready, error;
    logic [31:0] rdata;
    lsgd_test_bus #(.Bus(Bus)) u_bus (
      .clk_i, .rst_ni, .hesitate_i(1'b0),
      .valid_i(fetch_valid | data_valid), .instr_i(fetch_valid),
      .addr_i(fetch_valid ? fetch_addr : data_addr), .we_i(~fetch_valid & data_we),
      .be_i(data_be), .wdata_i(data_wdata), .ready_o(ready), .rdata_o(rdata), .error_o(error),
      .instr_req_o, .instr_gnt_i, .instr_addr_o, .instr_rvalid_i, .instr_rdata_i, .instr_err_i,
      .data_req_o, .data_gnt_i, .data_addr_o, .data_we_o, .data_be_o, .data_wdata_o,
      .data_rvalid_i, .data_rdata_i, .data_err_i
    );
    assign fetch_ready = ready & fetch_valid;
    assign data_ready = ready & data_valid;
    assign {fetch_rdata, fetch_error} = {rdata, error};
    assign {data_rdata, data_error} = {rdata, error};
  end else begin : gen_two_buses
    logic        no_req, fetch_we;
    logic [31:0] no_addr, fetch_wdata;
    logic [3:0]  fetch_be;
    lsgd_test_bus #(.Bus(lsgd_bus_pkg::Obi)) u_fetch_bus (
      .clk_i, .rst_ni, .hesitate_i(1'b0),
      .valid_i(fetch_valid), .instr_i(1'b1), .addr_i(fetch_addr), .we_i(1'b0), .be_i(4'b1111), .wdata_i(32'd0),
      .ready_o(fetch_ready), .rdata_o(fetch_rdata), .error_o(fetch_error),
      .instr_req_o(no_req), .instr_gnt_i(1'b0), .instr_addr_o(no_addr), .instr_rvalid_i(1'b0),
      .instr_rdata_i(32'd0), .instr_err_i(1'b0),
      .data_req_o(instr_req_o), .data_gnt_i(instr_gnt_i), .data_addr_o(instr_addr_o), .data_we_o(fetch_we),
      .data_be_o(fetch_be), .data_wdata_o(fetch_wdata), .data_rvalid_i(instr_rvalid_i),
      .data_rdata_i(instr_rdata_i), .data_err_i(instr_err_i)
    );
    logic        no_data_req;
    logic [31:0] no_data_addr;
    lsgd_test_bus #(.Bus(Bus)) u_data_bus (
      .clk_i, .rst_ni, .hesitate_i(1'b0),
      .valid_i(data_valid), .instr_i(1'b0), .addr_i(data_addr), .we_i(data_we), .be_i(data_be),
      .wdata_i(data_wdata), .ready_o(data_ready), .rdata_o(data_rdata), .error_o(data_error),
      .instr_req_o(no_data_req), .instr_gnt_i(1'b0), .instr_addr_o(no_data_addr), .instr_rvalid_i(1'b0),
      .instr_rdata_i(32'd0), .instr_err_i(1'b0),
      .data_req_o, .data_gnt_i, .data_addr_o, .data_we_o, .data_be_o, .data_wdata_o,
      .data_rvalid_i, .data_rdata_i, .data_err_i
    );
    logic unused;
    assign unused = ^{no_req, no_addr, fetch_we, fetch_be, fetch_wdata, no_data_req, no_data_addr};
  end
endmodule
