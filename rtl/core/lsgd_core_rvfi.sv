// SPDX-License-Identifier: Apache-2.0
// RISC-V Formal Interface, one channel. Every instruction that completes or raises an exception is
// presented once, in order, in the cycle its result is final. Memory addresses are word-aligned with
// byte masks (RISCV_FORMAL_ALIGNED_MEM). rvfi_intr marks the first instruction after an
// interrupt; after an exception the handler follows from the trapping instruction's rvfi_pc_wdata.
module lsgd_core_rvfi (
  input  logic        clk_i,
  input  logic        rst_ni,

  // The execute stage: instruction_i leaves it in this cycle, completed or with an exception.
  input  logic        complete_i,
  input  logic        exception_i,
  input  logic        interrupt_i,  // an interrupt is taken instead
  input  logic [31:0] instruction_i,  // as fetched
  input  logic [31:1] pc_i,
  input  logic [31:1] next_pc_i,
  input  logic [4:0]  rs1_i,        // 0 where not used, like rs2_i and rd_i
  input  logic [4:0]  rs2_i,
  input  logic [31:0] rs1_data_i,
  input  logic [31:0] rs2_data_i,
  input  logic [4:0]  rd_i,
  input  logic [3:0]  mem_rmask_i,
  input  logic [3:0]  mem_wmask_i,
  input  logic [31:0] mem_addr_i,
  input  logic [31:0] mem_wdata_i,

  // The write-back stage, one cycle or more later.
  input  logic        waiting_i,    // a memory response is outstanding
  input  logic        fault_i,      // it came with an error
  input  logic [31:0] rd_data_i,
  input  logic [31:0] mem_rdata_i,
  input  logic [31:2] handler_i,

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
  logic        valid_q, exception_q, intr_q, next_intr_q;
  logic [63:0] order_q;
  logic [31:0] instruction_q, rs1_data_q, rs2_data_q, mem_addr_q, mem_wdata_q;
  logic [31:1] pc_q, next_pc_q;
  logic [4:0]  rs1_q, rs2_q, rd_q;
  logic [3:0]  mem_rmask_q, mem_wmask_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q     <= 1'b0;
      next_intr_q <= 1'b0;
      order_q     <= 64'd0;
    end else begin
      valid_q     <= complete_i | exception_i | (valid_q & waiting_i);
      next_intr_q <= interrupt_i | (next_intr_q & ~(complete_i | exception_i));
      order_q     <= order_q + {63'd0, rvfi_valid};
    end
  end

  always_ff @(posedge clk_i) begin
    if (complete_i | exception_i) begin
      exception_q   <= exception_i;
      intr_q        <= next_intr_q;
      instruction_q <= instruction_i;
      pc_q          <= pc_i;
      next_pc_q     <= next_pc_i;
      rs1_q         <= rs1_i;
      rs2_q         <= rs2_i;
      rs1_data_q    <= rs1_data_i;
      rs2_data_q    <= rs2_data_i;
      rd_q          <= exception_i ? 5'd0 : rd_i;
      mem_rmask_q   <= exception_i ? 4'd0 : mem_rmask_i;
      mem_wmask_q   <= exception_i ? 4'd0 : mem_wmask_i;
      mem_addr_q    <= mem_addr_i;
      mem_wdata_q   <= mem_wdata_i;
    end
  end

  assign rvfi_valid     = valid_q & ~waiting_i;
  assign rvfi_order     = order_q;
  assign rvfi_insn      = instruction_q;
  assign rvfi_trap      = exception_q | fault_i;
  assign rvfi_halt      = 1'b0;
  assign rvfi_intr      = intr_q;
  assign rvfi_mode      = 2'd3;
  assign rvfi_ixl       = 2'd1;
  assign rvfi_rs1_addr  = rs1_q;
  assign rvfi_rs2_addr  = rs2_q;
  assign rvfi_rs1_rdata = (rs1_q == 5'd0) ? 32'd0 : rs1_data_q;
  assign rvfi_rs2_rdata = (rs2_q == 5'd0) ? 32'd0 : rs2_data_q;
  assign rvfi_rd_addr   = fault_i ? 5'd0 : rd_q;
  assign rvfi_rd_wdata  = (rvfi_rd_addr == 5'd0) ? 32'd0 : rd_data_i;
  assign rvfi_pc_rdata  = {pc_q, 1'b0};
  assign rvfi_pc_wdata  = fault_i ? {handler_i, 2'b00} : {next_pc_q, 1'b0};
  assign rvfi_mem_addr  = {mem_addr_q[31:2], 2'b00};
  assign rvfi_mem_rmask = fault_i ? 4'd0 : mem_rmask_q;
  assign rvfi_mem_wmask = fault_i ? 4'd0 : mem_wmask_q;
  assign rvfi_mem_rdata = mem_rdata_i;
  assign rvfi_mem_wdata = mem_wdata_q;

  logic unused;
  assign unused = ^mem_addr_q[1:0];
endmodule
