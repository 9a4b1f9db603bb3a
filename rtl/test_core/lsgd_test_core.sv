// SPDX-License-Identifier: Apache-2.0
// A small RV32IMC core that does one thing at a time: fetch a word, or two; execute; access memory. With parameters
// it is awkward in the ways of other cores, so that the system on chip and the suite are tested with them. Decoder,
// arithmetic and CSRs are lsgd_core's; there is no pipeline, no prediction and no forwarding.
module lsgd_test_core #(
  parameter bit          Counters    = 1'b1,  // 0: mcycle, minstret and their copies read as zero
  parameter bit          Vectors256  = 1'b0,  // mtvec is always vectored and aligned to 256 bytes
  parameter int StartCycles = 1,     // from the end of reset to the first fetch
  parameter bit          Rvfi        = 1'b0
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] boot_addr_i,

  // Two ports, valid until ready; never both valid.
  output logic        fetch_valid_o,
  output logic [31:0] fetch_addr_o,
  input  logic        fetch_ready_i,
  input  logic [31:0] fetch_rdata_i,
  input  logic        fetch_error_i,
  output logic        data_valid_o,
  output logic [31:0] data_addr_o,
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_ready_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_error_i,

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
  typedef enum logic [2:0] {Start = 3'd5, Fetch = 3'd0, FetchSecond = 3'd1, Execute = 3'd2, Memory = 3'd3} state_e;
  state_e      state_q;
  logic [31:0] start_q;                       // cycles left
  logic [31:1] pc_q, next_pc;
  logic [31:0] instruction_q;                 // as fetched
  logic        fault_q, fault_second_half_q;

  // ---- fetch ----
  logic [31:2] second_word;
  assign second_word = pc_q[31:2] + 30'd1;
  assign fetch_valid_o = (state_q == Fetch) | (state_q == FetchSecond);
  assign fetch_addr_o = {state_q == FetchSecond ? second_word : pc_q[31:2], 2'b00};
  logic fetch_straddles;
  assign fetch_straddles = pc_q[1] & (fetch_rdata_i[17:16] == 2'b11) & ~fetch_error_i;

  // ---- decode ----
  logic [31:0] expanded;
  logic        compressed, compressed_illegal;
  lsgd_core_compressed u_compressed (
    .instruction_i(instruction_q), .instruction_o(expanded), .compressed_o(compressed),
    .illegal_o(compressed_illegal)
  );

  logic        decode_illegal, uses_rs1, uses_rs2, writes_rd, alu_immediate;
  logic        is_lui, is_auipc, is_jal, is_jalr, is_branch, is_load, is_store, is_multiply, is_divide;
  logic        is_dot_product, is_clip, is_fence_i, is_csr, is_ecall, is_ebreak, is_mret;
  logic [31:0] immediate;
  logic [3:0]  alu_operation;
  lsgd_core_decoder u_decoder (
    .instruction_i(expanded), .illegal_o(decode_illegal),
    .uses_rs1_o(uses_rs1), .uses_rs2_o(uses_rs2), .writes_rd_o(writes_rd),
    .immediate_o(immediate), .alu_immediate_o(alu_immediate), .alu_operation_o(alu_operation),
    .lui_o(is_lui), .auipc_o(is_auipc), .jal_o(is_jal), .jalr_o(is_jalr), .branch_o(is_branch),
    .load_o(is_load), .store_o(is_store), .multiply_o(is_multiply), .divide_o(is_divide),
    .dot_product_o(is_dot_product), .clip_o(is_clip), .fence_i_o(is_fence_i),
    .csr_o(is_csr), .ecall_o(is_ecall), .ebreak_o(is_ebreak), .mret_o(is_mret)
  );

  logic [4:0] rs1, rs2, rd;
  logic [2:0] funct3;
  assign rs1    = expanded[19:15];
  assign rs2    = expanded[24:20];
  assign rd     = expanded[11:7];
  assign funct3 = expanded[14:12];

  logic        write;
  logic [31:0] write_data, operand_a, operand_b, unused_c;
  lsgd_core_register_file u_register_file (
    .clk_i,
    .read_a_i(rs1), .data_a_o(operand_a),
    .read_b_i(rs2), .data_b_o(operand_b),
    .read_c_i(5'd0), .data_c_o(unused_c),
    .write_i(write), .write_register_i(rd), .write_data_i(write_data)
  );

  // ---- execute ----
  logic [31:0] alu_result, sum, product, quotient, csr_raw, csr_read_data, result;
  logic        equal, less_signed, less_unsigned, start, multiply_done, divide_done;
  lsgd_core_alu u_alu (
    .operation_i(alu_operation), .compare_i(is_branch),
    .a_i(operand_a), .b_i(alu_immediate ? immediate : operand_b),
    .result_o(alu_result), .sum_o(sum),
    .equal_o(equal), .less_signed_o(less_signed), .less_unsigned_o(less_unsigned)
  );
  lsgd_core_multiplier #(.Fast(1'b0)) u_multiplier (
    .clk_i, .rst_ni, .start_i(start & is_multiply), .funct3_i(funct3[1:0]),
    .a_i(operand_a), .b_i(operand_b), .done_o(multiply_done), .result_o(product)
  );
  lsgd_core_divider u_divider (
    .clk_i, .rst_ni, .start_i(start & is_divide), .signed_i(~funct3[0]), .remainder_i(funct3[1]),
    .dividend_i(operand_a), .divisor_i(operand_b), .done_o(divide_done), .result_o(quotient)
  );

  logic        condition, branch_taken;
  logic [31:1] sequential_pc, relative_target;
  always_comb begin
    unique case (funct3[2:1])
      2'b00:   condition = equal;
      2'b10:   condition = less_signed;
      default: condition = less_unsigned;
    endcase
    condition = condition ^ funct3[0];
  end
  assign branch_taken = is_jal | is_jalr | (is_branch & condition);
  assign sequential_pc = pc_q + (compressed ? 31'd1 : 31'd2);
  assign relative_target = pc_q + immediate[31:1];

  always_comb begin
    result = alu_result;
    if (is_lui) result = immediate;
    if (is_auipc) result = {relative_target, 1'b0};
    if (is_jal | is_jalr) result = {sequential_pc, 1'b0};
    if (is_multiply) result = product;
    if (is_divide) result = quotient;
    if (is_csr) result = csr_read_data;
  end

  logic memory, misaligned, csr_illegal, illegal, exception, interrupt, working_q, executing;
  logic take_interrupt, take_exception, take_memory_fault, trap, complete, memory_done;
  assign executing = (state_q == Execute);
  assign memory = is_load | is_store;
  assign illegal = decode_illegal | compressed_illegal | (is_csr & csr_illegal);
  assign exception = fault_q | illegal | is_ecall | is_ebreak | (memory & misaligned);
  assign take_interrupt = executing & interrupt & ~working_q;
  assign take_exception = executing & ~take_interrupt & exception;
  assign memory_done = (state_q == Memory) & data_ready_i;
  assign take_memory_fault = memory_done & data_error_i;
  assign trap = take_interrupt | take_exception | take_memory_fault;
  assign start = executing & ~take_interrupt & ~exception;
  assign complete = start & (~is_multiply | multiply_done) & (~is_divide | divide_done);

  // ---- memory ----
  logic [31:0] load_data;
  lsgd_core_load_store u_load_store (
    .request_size_i(funct3[1:0]), .request_offset_i(sum[1:0]), .store_data_i(operand_b),
    .misaligned_o(misaligned), .byte_enable_o(data_be_o), .write_data_o(data_wdata_o),
    .response_funct3_i(funct3), .response_offset_i(sum[1:0]),
    .read_data_i(data_rdata_i), .load_data_o(load_data)
  );
  assign data_valid_o = (state_q == Memory);
  assign data_addr_o = {sum[31:2], 2'b00};
  assign data_we_o = is_store;

  assign write = writes_rd & ((complete & ~memory) | (memory_done & ~data_error_i));
  assign write_data = is_load ? load_data : result;
  assign retire_o = (complete & ~memory) | (memory_done & ~data_error_i);

  // ---- CSRs and traps ----
  logic [4:0]  trap_cause, interrupt_cause;  // lsgd_core_pkg::cause_e
  logic [31:0] trap_value, encoding;
  logic [31:2] mtvec, handler;
  logic [31:1] mepc;
  assign encoding = {compressed ? 16'd0 : instruction_q[31:16], instruction_q[15:0]};
  always_comb begin
    trap_value = 32'd0;
    if (take_memory_fault) begin
      trap_cause = is_load ? lsgd_core_pkg::CauseLoadFault : lsgd_core_pkg::CauseStoreFault;
      trap_value = sum;
    end else if (take_interrupt) begin
      trap_cause = interrupt_cause;
    end else if (fault_q) begin
      trap_cause = lsgd_core_pkg::CauseInstructionFault;
      trap_value = {pc_q + {30'd0, fault_second_half_q}, 1'b0};
    end else if (illegal) begin
      trap_cause = lsgd_core_pkg::CauseIllegal;
      trap_value = encoding;
    end else if (is_ecall) begin
      trap_cause = lsgd_core_pkg::CauseMachineCall;
    end else if (is_ebreak) begin
      trap_cause = lsgd_core_pkg::CauseBreakpoint;
      trap_value = {pc_q, 1'b0};
    end else begin
      trap_cause = is_load ? lsgd_core_pkg::CauseLoadMisaligned : lsgd_core_pkg::CauseStoreMisaligned;
      trap_value = sum;
    end
  end

  logic retired_q;  // the counter is written in the cycle before
  lsgd_core_csr u_csr (
    .clk_i, .rst_ni,
    .address_i(expanded[31:20]), .operation_i(funct3[1:0]),
    .writes_i((funct3[1:0] == 2'd1) | (rs1 != 5'd0)),
    .operand_i(funct3[2] ? {27'd0, rs1} : operand_a), .commit_i(complete & is_csr),
    .read_data_o(csr_raw), .illegal_o(csr_illegal),
    .trap_i(trap), .trap_cause_i(trap_cause), .trap_pc_i(pc_q), .trap_value_i(trap_value),
    .mret_i(complete & is_mret), .mtvec_o(mtvec), .mepc_o(mepc),
    .irq_software_i, .irq_timer_i, .irq_external_i,
    .interrupt_o(interrupt), .interrupt_cause_o(interrupt_cause),
    .retire_i(retired_q), .time_i
  );
  always_comb begin
    csr_read_data = csr_raw;
    unique case (expanded[31:20])
      12'h305: if (Vectors256) csr_read_data = {csr_raw[31:8], 8'h01};
      12'hB00, 12'hB02, 12'hB80, 12'hB82, 12'hC00, 12'hC02, 12'hC80, 12'hC82: if (!Counters) csr_read_data = 32'd0;
      default: ;
    endcase
  end
  always_comb begin
    handler = mtvec;
    if (Vectors256) handler = {mtvec[31:8], take_interrupt ? {2'b00, trap_cause[3:0]} : 6'd0};
  end

  always_comb begin
    next_pc = branch_taken ? (is_jalr ? sum[31:1] : relative_target) : sequential_pc;
    if (is_mret) next_pc = mepc;
    if (trap) next_pc = {handler, 1'b0};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= Start;
      start_q   <= StartCycles;
      pc_q      <= 31'd0;
      working_q <= 1'b0;
      retired_q <= 1'b0;
    end else begin
      working_q <= start & ~complete;
      retired_q <= retire_o;
      if (trap || retire_o) pc_q <= next_pc;
      unique case (state_q)
        Start: begin
          start_q <= start_q - 32'd1;
          pc_q    <= boot_addr_i[31:1];
          if (start_q == 32'd1) state_q <= Fetch;
        end
        Fetch: if (fetch_ready_i) state_q <= fetch_straddles ? FetchSecond : Execute;
        FetchSecond: if (fetch_ready_i) state_q <= Execute;
        Execute: begin
          if (complete) state_q <= memory ? Memory : Fetch;
          if (trap) state_q <= Fetch;
        end
        Memory: if (data_ready_i) state_q <= Fetch;
        default: state_q <= Start;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (fetch_ready_i && state_q == Fetch) begin
      instruction_q       <= pc_q[1] ? {16'd0, fetch_rdata_i[31:16]} : fetch_rdata_i;
      fault_q             <= fetch_error_i;
      fault_second_half_q <= 1'b0;
    end
    if (fetch_ready_i && state_q == FetchSecond) begin
      instruction_q[31:16] <= fetch_rdata_i[15:0];
      fault_q              <= fetch_error_i;
      fault_second_half_q  <= fetch_error_i;
    end
    assert (!(fetch_ready_i && !fetch_valid_o)) else $error("a response to no fetch");
    assert (!(data_ready_i && !data_valid_o)) else $error("a response to no access");
  end

  // ---- observation ----
  if (Rvfi) begin : gen_rvfi
    logic [31:0] result_q;
    always_ff @(posedge clk_i) if (complete) result_q <= result;
    lsgd_core_rvfi u_rvfi (
      .clk_i, .rst_ni,
      .complete_i(complete), .exception_i(take_exception), .interrupt_i(take_interrupt),
      .instruction_i(encoding), .pc_i(pc_q), .next_pc_i(next_pc),
      .rs1_i(uses_rs1 ? rs1 : 5'd0), .rs2_i(uses_rs2 ? rs2 : 5'd0),
      .rs1_data_i(operand_a), .rs2_data_i(operand_b), .rd_i(writes_rd ? rd : 5'd0),
      .mem_rmask_i(is_load ? data_be_o : 4'd0), .mem_wmask_i(is_store ? data_be_o : 4'd0),
      .mem_addr_i(sum), .mem_wdata_i(data_wdata_o),
      .waiting_i((state_q == Memory) & ~data_ready_i), .fault_i(take_memory_fault),
      .rd_data_i((state_q == Memory) ? load_data : result_q), .mem_rdata_i(data_rdata_i), .handler_i(handler),
      .rvfi_valid, .rvfi_order, .rvfi_insn, .rvfi_trap, .rvfi_halt, .rvfi_intr, .rvfi_mode, .rvfi_ixl,
      .rvfi_rs1_addr, .rvfi_rs2_addr, .rvfi_rs1_rdata, .rvfi_rs2_rdata, .rvfi_rd_addr, .rvfi_rd_wdata,
      .rvfi_pc_rdata, .rvfi_pc_wdata, .rvfi_mem_addr, .rvfi_mem_rmask, .rvfi_mem_wmask,
      .rvfi_mem_rdata, .rvfi_mem_wdata
    );
  end else begin : gen_no_rvfi
    assign {rvfi_valid, rvfi_order, rvfi_insn, rvfi_trap, rvfi_halt, rvfi_intr, rvfi_mode, rvfi_ixl,
            rvfi_rs1_addr, rvfi_rs2_addr, rvfi_rs1_rdata, rvfi_rs2_rdata, rvfi_rd_addr, rvfi_rd_wdata,
            rvfi_pc_rdata, rvfi_pc_wdata, rvfi_mem_addr, rvfi_mem_rmask, rvfi_mem_wmask,
            rvfi_mem_rdata, rvfi_mem_wdata} = '0;
    logic unused_rvfi;
    assign unused_rvfi = ^{uses_rs1, uses_rs2};
  end

  logic unused;
  assign unused = ^{boot_addr_i[0], is_dot_product, is_clip, is_fence_i, unused_c, handler};
endmodule
