// SPDX-License-Identifier: Apache-2.0
// RV32IMC_Zicsr_Zicntr_Zifencei core, machine mode only, with an option for sums of products of
// bytes; in order, three stages:
//
//   fetch        word queue, branch target prediction, expansion of compressed instructions
//   execute      decode, operands, ALU, multiplication, branches, CSRs, traps, memory requests
//   write-back   memory responses, the register write; its ALU results are forwarded to execute
//
// Memory ports follow OBI: a request is accepted when req and gnt are set, address and data
// stay stable until then, and every accepted request, stores included, gets one rvalid in a later
// cycle, in order; err with it raises an access fault. At most one request is outstanding on each
// port. gnt must not depend on rvalid of the same port in a combinational loop through req.
module lsgd_core #(
  parameter bit          FastMultiplier = 1'b1,  // 0: 34 cycles a multiplication
  parameter bit          Simd           = 1'b0,  // cv.sdotsp.b and cv.clip; else they are illegal
  parameter int BranchTargets  = 64,    // branch predictor entries, a power of two
  parameter logic [31:0] HartId         = 32'd0,
  parameter bit          Rvfi           = 1'b0   // drive the rvfi_* ports; else they are zero
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] boot_addr_i,               // first instruction, 2-byte aligned

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
  input  logic [63:0] time_i,                    // read by the time and timeh CSRs

  output logic        retire_o,                  // one instruction retires in this cycle

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
  // ---- fetch ----
  logic        redirect, redirect_ready;
  logic [31:1] next_pc;
  logic        predictor_update, branch_taken;
  logic [31:1] last_half_pc, branch_target;
  logic        fetch_ready, fetched, fetched_fault, fetched_fault_second_half, fetched_split;
  logic        fetched_predicted, expanded_compressed, expanded_illegal;
  logic [31:0] fetched_instruction, expanded_instruction;
  logic [31:1] fetched_target;
  logic        split_q;       // a wrong prediction cut the instruction in execute in two

  lsgd_core_fetch #(.BranchTargets(BranchTargets)) u_fetch (
    .clk_i, .rst_ni,
    .instr_req_o, .instr_gnt_i, .instr_addr_o, .instr_rvalid_i, .instr_rdata_i, .instr_err_i,
    .redirect_ready_o(redirect_ready), .redirect_i(redirect), .redirect_target_i(next_pc),
    .update_i(predictor_update), .update_taken_i(branch_taken & ~split_q),
    .update_last_i(last_half_pc), .update_target_i(branch_target),
    .ready_i(fetch_ready), .valid_o(fetched), .instruction_o(fetched_instruction),
    .fault_o(fetched_fault), .fault_second_half_o(fetched_fault_second_half),
    .split_o(fetched_split), .predicted_o(fetched_predicted), .predicted_target_o(fetched_target)
  );

  lsgd_core_compressed u_compressed (
    .instruction_i(fetched_instruction), .instruction_o(expanded_instruction),
    .compressed_o(expanded_compressed), .illegal_o(expanded_illegal)
  );

  // ---- fetch | execute ----
  logic        starting_q;    // the first cycle after reset: go to boot_addr_i
  logic [31:1] pc_q;          // of the instruction in execute, or of the next one to arrive there
  logic        valid_q;
  logic [31:0] instruction_q;
  logic [15:0] encoding_q;    // the low half as fetched
  logic        compressed_q, compressed_illegal_q;
  logic        fault_q, fault_second_half_q;
  logic        predicted_q;
  logic [31:1] predicted_target_q;
  logic        complete;      // the instruction in execute moves on

  assign fetch_ready = ~valid_q | complete;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      starting_q <= 1'b1;
      valid_q    <= 1'b0;
    end else begin
      starting_q <= 1'b0;
      valid_q    <= ~redirect & (fetch_ready ? fetched : 1'b1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (redirect | complete) pc_q <= next_pc;
    if (fetch_ready) begin
      instruction_q        <= expanded_instruction;
      encoding_q           <= fetched_instruction[15:0];
      compressed_q         <= expanded_compressed;
      compressed_illegal_q <= expanded_illegal;
      fault_q              <= fetched_fault;
      fault_second_half_q  <= fetched_fault_second_half;
      split_q              <= fetched_split;
      predicted_q          <= fetched_predicted;
      predicted_target_q   <= fetched_target;
    end
  end

  // ---- execute: decode and operands ----
  logic        decode_illegal, uses_rs1, uses_rs2, writes_rd, alu_immediate;
  logic        is_lui, is_auipc, is_jal, is_jalr, is_branch, is_load, is_store, is_multiply, is_divide;
  logic        is_dot_product, is_clip, is_fence_i, is_csr, is_ecall, is_ebreak, is_mret;
  logic [31:0] immediate;
  logic [3:0]  alu_operation;

  lsgd_core_decoder #(.Simd(Simd)) u_decoder (
    .instruction_i(instruction_q), .illegal_o(decode_illegal),
    .uses_rs1_o(uses_rs1), .uses_rs2_o(uses_rs2), .writes_rd_o(writes_rd),
    .immediate_o(immediate), .alu_immediate_o(alu_immediate), .alu_operation_o(alu_operation),
    .lui_o(is_lui), .auipc_o(is_auipc), .jal_o(is_jal), .jalr_o(is_jalr), .branch_o(is_branch),
    .load_o(is_load), .store_o(is_store), .multiply_o(is_multiply), .divide_o(is_divide),
    .dot_product_o(is_dot_product), .clip_o(is_clip), .fence_i_o(is_fence_i),
    .csr_o(is_csr), .ecall_o(is_ecall), .ebreak_o(is_ebreak), .mret_o(is_mret)
  );

  logic [4:0] rs1, rs2, rd;
  logic [2:0] funct3;
  assign rs1    = instruction_q[19:15];
  assign rs2    = instruction_q[24:20];
  assign rd     = instruction_q[11:7];
  assign funct3 = instruction_q[14:12];

  // Write-back stage registers; their logic is at the end.
  logic        wb_valid_q, wb_writes_q, wb_memory_q, wb_load_q, wb_fault_q;
  logic [4:0]  wb_rd_q;
  logic [2:0]  wb_funct3_q;
  logic [31:0] wb_result_q;      // or the address of a load or store
  logic [31:1] wb_pc_q;
  logic        wb_write;
  logic [31:0] wb_data, load_data;

  logic [31:0] register_a, register_b, register_c, operand_a, operand_b, operand_c;
  logic        matches_a, matches_b, matches_c, hazard;

  lsgd_core_register_file u_register_file (
    .clk_i,
    .read_a_i(rs1), .data_a_o(register_a),
    .read_b_i(rs2), .data_b_o(register_b),
    .read_c_i(rd), .data_c_o(register_c),
    .write_i(wb_write), .write_register_i(wb_rd_q), .write_data_i(wb_data)
  );

  // A loaded value is not forwarded: memory and ALU in one cycle would be the longest path.
  assign matches_a = wb_writes_q & (wb_rd_q == rs1);
  assign matches_b = wb_writes_q & (wb_rd_q == rs2);
  assign matches_c = wb_writes_q & (wb_rd_q == rd);
  assign hazard = wb_load_q & ((matches_a & uses_rs1) | (matches_b & uses_rs2) |
                               (matches_c & is_dot_product));
  assign operand_a = matches_a ? wb_result_q : register_a;
  assign operand_b = matches_b ? wb_result_q : register_b;
  assign operand_c = matches_c ? wb_result_q : register_c;

  // ---- execute: results ----
  logic [31:0] alu_result, sum, product, quotient, simd_result, csr_read_data, result;
  logic        equal, less_signed, less_unsigned;
  logic        start, multiply_done, divide_done;

  lsgd_core_alu u_alu (
    .operation_i(alu_operation), .compare_i(is_branch),
    .a_i(operand_a), .b_i(alu_immediate ? immediate : operand_b),
    .result_o(alu_result), .sum_o(sum),
    .equal_o(equal), .less_signed_o(less_signed), .less_unsigned_o(less_unsigned)
  );

  lsgd_core_multiplier #(.Fast(FastMultiplier)) u_multiplier (
    .clk_i, .rst_ni, .start_i(start & is_multiply), .funct3_i(funct3[1:0]),
    .a_i(operand_a), .b_i(operand_b), .done_o(multiply_done), .result_o(product)
  );

  lsgd_core_divider u_divider (
    .clk_i, .rst_ni, .start_i(start & is_divide), .signed_i(~funct3[0]), .remainder_i(funct3[1]),
    .dividend_i(operand_a), .divisor_i(operand_b), .done_o(divide_done), .result_o(quotient)
  );

  if (Simd) begin : gen_simd
    lsgd_core_simd u_simd (
      .clip_i(is_clip), .a_i(operand_a), .b_i(operand_b), .accumulator_i(operand_c), .bits_i(rs2),
      .result_o(simd_result)
    );
  end else begin : gen_no_simd
    assign simd_result = 32'd0;
  end

  // ---- execute: control flow ----
  logic        condition, mispredicted;
  logic [31:1] relative_target, sequential_pc;

  always_comb begin
    unique case (funct3[2:1])
      2'b00:   condition = equal;
      2'b10:   condition = less_signed;
      default: condition = less_unsigned;
    endcase
    condition = condition ^ funct3[0];
  end

  assign relative_target = pc_q + immediate[31:1];
  assign branch_taken = is_jal | is_jalr | (is_branch & condition);
  assign branch_target = is_jalr ? sum[31:1] : relative_target;
  assign sequential_pc = pc_q + (compressed_q ? 31'd1 : 31'd2);
  assign last_half_pc = pc_q + {30'd0, ~compressed_q & ~split_q};
  assign mispredicted = (branch_taken != predicted_q) |
                        (branch_taken & (branch_target != predicted_target_q));

  always_comb begin
    result = alu_result;  // of loads and stores: the address
    if (is_lui) result = immediate;
    if (is_auipc) result = {relative_target, 1'b0};
    if (is_jal | is_jalr) result = {sequential_pc, 1'b0};
    if (is_multiply) result = product;
    if (is_divide) result = quotient;
    if (is_dot_product | is_clip) result = simd_result;
    if (is_csr) result = csr_read_data;
  end

  // ---- execute: what happens in this cycle ----
  logic memory, misaligned, wb_ready, go, serialize, csr_illegal, illegal, exception;
  logic interrupt, take_interrupt, take_exception, take_wb_fault, refetch, take_refetch, trap;
  logic working_q;  // a request without grant, a multiplication or division: not interruptible

  assign memory = is_load | is_store;
  // Behind a load or store nothing may take effect before its response is known to be good.
  assign wb_ready = ~wb_memory_q | (data_rvalid_i & ~data_err_i);
  assign go = valid_q & wb_ready & ~wb_fault_q & ~hazard;
  // These read or change state that the instruction in write-back still changes.
  assign serialize = (is_csr | is_fence_i | is_mret) & wb_valid_q;

  // A wrong prediction may have cut the instruction in two. And a load or store must not have to wait for a
  // redirection: once granted, its request would be repeated.
  assign refetch = split_q | (memory & predicted_q);
  assign illegal = decode_illegal | compressed_illegal_q | (is_csr & csr_illegal);
  assign exception = fault_q | illegal | is_ecall | is_ebreak | (memory & misaligned);

  assign take_interrupt = go & interrupt & ~working_q & redirect_ready;
  assign take_refetch   = go & ~take_interrupt & refetch & ~fault_q & redirect_ready;
  assign take_exception = go & ~take_interrupt & exception & (~refetch | fault_q) & ~serialize &
                          redirect_ready;
  assign take_wb_fault  = wb_fault_q & redirect_ready;
  assign trap = take_interrupt | take_exception | take_wb_fault;

  // Behind mret and writes to mstatus and mie a pending interrupt must come at once, so it also waits for
  // the redirection.
  assign start = go & ~(interrupt & ~working_q) & ~exception & ~refetch;
  assign data_req_o = start & memory;

  always_comb begin
    complete = start & ~serialize;
    if (memory & ~data_gnt_i) complete = 1'b0;
    if (is_multiply & ~multiply_done) complete = 1'b0;
    if (is_divide & ~divide_done) complete = 1'b0;
    if ((mispredicted | is_fence_i | is_mret) & ~redirect_ready) complete = 1'b0;
  end

  assign redirect = (starting_q & redirect_ready) | trap | take_refetch |
                    (complete & (mispredicted | is_fence_i | is_mret));
  assign predictor_update = take_refetch | (complete & mispredicted);

  logic [31:2] mtvec;
  logic [31:1] mepc;
  always_comb begin
    next_pc = branch_taken ? branch_target : sequential_pc;
    if (is_mret) next_pc = mepc;
    if (take_refetch) next_pc = pc_q;
    if (trap) next_pc = {mtvec, 1'b0};
    if (starting_q) next_pc = boot_addr_i[31:1];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) working_q <= 1'b0;
    else         working_q <= start & ~complete & (memory | is_multiply | is_divide);
  end

  // ---- execute: data memory request ----
  lsgd_core_load_store u_load_store (
    .request_size_i(funct3[1:0]), .request_offset_i(sum[1:0]), .store_data_i(operand_b),
    .misaligned_o(misaligned), .byte_enable_o(data_be_o), .write_data_o(data_wdata_o),
    .response_funct3_i(wb_funct3_q), .response_offset_i(wb_result_q[1:0]),
    .read_data_i(data_rdata_i), .load_data_o(load_data)
  );
  assign data_we_o = is_store;
  assign data_addr_o = {sum[31:2], 2'b00};

  // ---- execute: CSRs and traps ----
  logic [4:0]  trap_cause, interrupt_cause;  // lsgd_core_pkg::cause_e
  logic [31:1] trap_pc;
  logic [31:0] trap_value, encoding;

  assign encoding = {compressed_q ? 16'd0 : instruction_q[31:16], encoding_q};

  always_comb begin
    trap_pc    = pc_q;
    trap_value = 32'd0;
    if (take_wb_fault) begin
      trap_cause = wb_load_q ? lsgd_core_pkg::CauseLoadFault : lsgd_core_pkg::CauseStoreFault;
      trap_pc    = wb_pc_q;
      trap_value = wb_result_q;
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
      trap_cause = is_load ? lsgd_core_pkg::CauseLoadMisaligned
                           : lsgd_core_pkg::CauseStoreMisaligned;
      trap_value = sum;
    end
  end

  lsgd_core_csr #(.HartId(HartId)) u_csr (
    .clk_i, .rst_ni,
    .address_i(instruction_q[31:20]), .operation_i(funct3[1:0]),
    .writes_i((funct3[1:0] == 2'd1) | (rs1 != 5'd0)),
    .operand_i(funct3[2] ? {27'd0, rs1} : operand_a), .commit_i(complete & is_csr),
    .read_data_o(csr_read_data), .illegal_o(csr_illegal),
    .trap_i(trap), .trap_cause_i(trap_cause), .trap_pc_i(trap_pc), .trap_value_i(trap_value),
    .mret_i(complete & is_mret), .mtvec_o(mtvec), .mepc_o(mepc),
    .irq_software_i, .irq_timer_i, .irq_external_i,
    .interrupt_o(interrupt), .interrupt_cause_o(interrupt_cause),
    .retire_i(retire_o), .time_i
  );

  // ---- execute | write-back ----
  logic wb_done;

  assign wb_done = ~wb_memory_q | data_rvalid_i;
  assign wb_write = wb_writes_q & wb_ready;
  assign wb_data = wb_load_q ? load_data : wb_result_q;
  assign retire_o = wb_valid_q & wb_ready;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wb_valid_q  <= 1'b0;
      wb_writes_q <= 1'b0;
      wb_memory_q <= 1'b0;
      wb_load_q   <= 1'b0;
      wb_fault_q  <= 1'b0;
    end else begin
      if (wb_done) begin
        wb_valid_q  <= complete;
        wb_writes_q <= complete & writes_rd;
        wb_memory_q <= complete & memory;
        if (complete) wb_load_q <= is_load;  // still needed by a fault waiting for its trap
      end
      wb_fault_q <= (wb_memory_q & data_rvalid_i & data_err_i) | (wb_fault_q & ~take_wb_fault);
    end
  end

  always_ff @(posedge clk_i) begin
    if (complete) begin
      wb_rd_q     <= rd;
      wb_funct3_q <= funct3;
      wb_result_q <= result;
      wb_pc_q     <= pc_q;
    end
  end

  // ---- observation ----
  if (Rvfi) begin : gen_rvfi
    lsgd_core_rvfi u_rvfi (
      .clk_i, .rst_ni,
      .complete_i(complete), .exception_i(take_exception), .interrupt_i(take_interrupt),
      .instruction_i(encoding), .pc_i(pc_q), .next_pc_i(next_pc),
      .rs1_i(uses_rs1 ? rs1 : 5'd0), .rs2_i(uses_rs2 ? rs2 : 5'd0),
      .rs1_data_i(operand_a), .rs2_data_i(operand_b), .rd_i(writes_rd ? rd : 5'd0),
      .mem_rmask_i(is_load ? data_be_o : 4'd0), .mem_wmask_i(is_store ? data_be_o : 4'd0),
      .mem_addr_i(sum), .mem_wdata_i(data_wdata_o),
      .waiting_i(wb_memory_q & ~data_rvalid_i), .fault_i(wb_memory_q & data_rvalid_i & data_err_i),
      .rd_data_i(wb_data), .mem_rdata_i(data_rdata_i), .handler_i(mtvec),
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
  end
  logic unused;
  assign unused = ^{boot_addr_i[0], operand_c};

`ifndef SYNTHESIS
  // ---- assertions ----
  // Operands are what the instructions before have written, wherever it is: in the register file, on its way there
  // or on the response's. Registers count once they have been written.
  logic [31:0] written_q [32];
  logic [31:0] known_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      known_q <= 32'd1;
    end else if (complete & writes_rd) begin
      known_q[rd] <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (wb_write & wb_load_q) written_q[wb_rd_q] <= load_data;
    if (complete & writes_rd & ~is_load) written_q[rd] <= result;
  end

  logic [3:0]  takes;
  assign takes = {take_interrupt, take_exception, take_wb_fault, take_refetch};
  logic        trap_q, fault_before_q;
  logic [31:1] trap_pc_q;
  logic [31:2] handler_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      trap_q         <= 1'b0;
      fault_before_q <= 1'b0;
    end else begin
      trap_q         <= trap;
      fault_before_q <= wb_memory_q & data_rvalid_i & data_err_i;
    end
  end
  always_ff @(posedge clk_i) begin
    trap_pc_q <= trap_pc;
    handler_q <= mtvec;
    assert (!(complete && uses_rs1 && known_q[rs1]) || operand_a == (rs1 == 5'd0 ? 32'd0 : written_q[rs1]))
      else $error("forwarding: rs1 is not what was written last");
    assert (!(complete && uses_rs2 && known_q[rs2]) || operand_b == (rs2 == 5'd0 ? 32'd0 : written_q[rs2]))
      else $error("forwarding: rs2 is not what was written last");
    assert (!(complete && is_dot_product && known_q[rd]) || operand_c == (rd == 5'd0 ? 32'd0 : written_q[rd]))
      else $error("forwarding: rd is not what was written last");

    assert (takes == 4'b0000 || takes == 4'b0001 || takes == 4'b0010 || takes == 4'b0100 || takes == 4'b1000)
      else $error("traps: two at once");
    assert (!(trap && complete)) else $error("traps: a trapping instruction completes");
    assert (!trap || redirect) else $error("traps: the handler is not fetched");
    assert (!trap_q || (!valid_q && pc_q == {handler_q, 1'b0} && mepc == trap_pc_q && !interrupt))
      else $error("traps: not in the handler with interrupts off");
    assert (!(wb_fault_q && (complete || data_req_o || retire_o)))
      else $error("traps: something takes effect behind an access that failed");
    assert (!fault_before_q || wb_fault_q) else $error("traps: a failing response was lost");

    assert (!data_rvalid_i || wb_memory_q) else $error("data port: a response to no request");
    assert (!(data_req_o && wb_memory_q && !data_rvalid_i)) else $error("data port: two requests outstanding");
    assert (!data_req_o || data_be_o == 4'b1111 || data_be_o == 4'b0011 || data_be_o == 4'b1100 ||
            data_be_o == 4'b0001 || data_be_o == 4'b0010 || data_be_o == 4'b0100 || data_be_o == 4'b1000)
      else $error("data port: bytes that no access has");
  end
`endif
endmodule
