// SPDX-License-Identifier: Apache-2.0
// Machine-mode control and status registers, Zicntr counters, trap entry and return. Accesses to
// registers not listed here, and writes to read-only ones, are reported as illegal.
module lsgd_core_csr #(
  parameter logic [31:0] HartId = 32'd0
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Access by the instruction in execute; operand_i is rs1 or the 5-bit immediate.
  input  logic [11:0] address_i,
  input  logic [1:0]  operation_i,       // low bits of funct3: 1 write, 2 set, 3 clear
  input  logic        writes_i,          // false for set and clear with rs1 = x0
  input  logic [31:0] operand_i,
  input  logic        commit_i,          // the instruction completes: perform the write
  output logic [31:0] read_data_o,
  output logic        illegal_o,

  // Traps.
  input  logic        trap_i,
  input  logic [4:0]  trap_cause_i,      // lsgd_core_pkg::cause_e
  input  logic [31:1] trap_pc_i,
  input  logic [31:0] trap_value_i,
  input  logic        mret_i,
  output logic [31:2] mtvec_o,
  output logic [31:1] mepc_o,

  input  logic        irq_software_i,
  input  logic        irq_timer_i,
  input  logic        irq_external_i,
  output logic        interrupt_o,       // an enabled interrupt is pending
  output logic [4:0]  interrupt_cause_o,

  input  logic        retire_i,          // one instruction retired
  input  logic [63:0] time_i
);
  // RV32IMC; machine implementation numbers stay zero, "not implemented".
  localparam logic [31:0] Misa = 32'h4000_1104;

  logic        status_mie_q, status_mpie_q;
  logic        mie_external_q, mie_timer_q, mie_software_q;
  logic [31:2] mtvec_q;
  logic [31:1] mepc_q;
  logic [4:0]  mcause_q;
  logic [31:0] mtval_q, mscratch_q;
  logic [63:0] mcycle_q, minstret_q;
  logic        minstret_written_q;

  // mhpmcounter3 to 31, their upper halves, mhpmevent3 to 31: no events are counted, all read as zero. So does
  // mcountinhibit: the counters always run.
  logic no_event, inhibit;
  assign no_event = ((address_i[11:8] == 4'hB && address_i[6:5] == 2'b00) || address_i[11:5] == 7'b0011_001) &&
                    address_i[4:0] >= 5'd3;
  assign inhibit = (address_i == 12'h320);

  logic known;
  always_comb begin
    known = 1'b1;
    unique case (address_i)
      12'h300: read_data_o = {19'd0, 2'b11, 3'd0, status_mpie_q, 3'd0, status_mie_q, 3'd0};  // mstatus
      12'h301: read_data_o = Misa;
      12'h304: read_data_o = {20'd0, mie_external_q, 3'd0, mie_timer_q, 3'd0, mie_software_q, 3'd0};
      12'h305: read_data_o = {mtvec_q, 2'b00};
      12'h340: read_data_o = mscratch_q;
      12'h341: read_data_o = {mepc_q, 1'b0};
      12'h342: read_data_o = {mcause_q[4], 27'd0, mcause_q[3:0]};
      12'h343: read_data_o = mtval_q;
      12'h344: read_data_o = {20'd0, irq_external_i, 3'd0, irq_timer_i, 3'd0, irq_software_i, 3'd0};
      12'hB00, 12'hC00: read_data_o = mcycle_q[31:0];
      12'hB80, 12'hC80: read_data_o = mcycle_q[63:32];
      12'hB02, 12'hC02: read_data_o = minstret_q[31:0];
      12'hB82, 12'hC82: read_data_o = minstret_q[63:32];
      12'hC01: read_data_o = time_i[31:0];
      12'hC81: read_data_o = time_i[63:32];
      12'hF14: read_data_o = HartId;
      12'h310, 12'hF11, 12'hF12, 12'hF13, 12'hF15:  // mstatush, mvendorid to mimpid, mconfigptr
        read_data_o = 32'd0;
      default: begin
        read_data_o = 32'd0;
        known = no_event | inhibit;
      end
    endcase
  end
  assign illegal_o = ~known | (writes_i & (address_i[11:10] == 2'b11));

  logic [31:0] write_data;
  logic        write;
  always_comb begin
    unique case (operation_i)
      2'd2:    write_data = read_data_o | operand_i;
      2'd3:    write_data = read_data_o & ~operand_i;
      default: write_data = operand_i;
    endcase
  end
  assign write = commit_i & writes_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      status_mie_q       <= 1'b0;
      status_mpie_q      <= 1'b0;
      mie_external_q     <= 1'b0;
      mie_timer_q        <= 1'b0;
      mie_software_q     <= 1'b0;
      mtvec_q            <= 30'd0;
      mepc_q             <= 31'd0;
      mcause_q           <= 5'd0;
      mtval_q            <= 32'd0;
      mscratch_q         <= 32'd0;
      mcycle_q           <= 64'd0;
      minstret_q         <= 64'd0;
      minstret_written_q <= 1'b0;
    end else begin
      mcycle_q <= mcycle_q + 64'd1;
      // A written value replaces the count of the writing instruction, which retires a cycle later.
      minstret_written_q <= 1'b0;
      if (retire_i & ~minstret_written_q) minstret_q <= minstret_q + 64'd1;

      if (write) begin
        unique case (address_i)
          12'h300: begin
            status_mie_q  <= write_data[3];
            status_mpie_q <= write_data[7];
          end
          12'h304: begin
            mie_external_q <= write_data[11];
            mie_timer_q    <= write_data[7];
            mie_software_q <= write_data[3];
          end
          12'h305: mtvec_q <= write_data[31:2];
          12'h340: mscratch_q <= write_data;
          12'h341: mepc_q <= write_data[31:1];
          12'h342: mcause_q <= {write_data[31], write_data[3:0]};
          12'h343: mtval_q <= write_data;
          12'hB00: mcycle_q[31:0] <= write_data;
          12'hB80: mcycle_q[63:32] <= write_data;
          12'hB02: begin
            minstret_q[31:0]   <= write_data;
            minstret_written_q <= 1'b1;
          end
          12'hB82: begin
            minstret_q[63:32]  <= write_data;
            minstret_written_q <= 1'b1;
          end
          default: ;
        endcase
      end

      if (trap_i) begin
        status_mpie_q <= status_mie_q;
        status_mie_q  <= 1'b0;
        mepc_q        <= trap_pc_i;
        mcause_q      <= trap_cause_i;
        mtval_q       <= trap_value_i;
      end else if (mret_i) begin
        status_mie_q  <= status_mpie_q;
        status_mpie_q <= 1'b1;
      end
    end
  end

  logic external, timer, software;
  assign external = irq_external_i & mie_external_q;
  assign timer    = irq_timer_i & mie_timer_q;
  assign software = irq_software_i & mie_software_q;
  assign interrupt_o = status_mie_q & (external | timer | software);
  assign interrupt_cause_o = external ? lsgd_core_pkg::CauseExternalInterrupt
                           : software ? lsgd_core_pkg::CauseSoftwareInterrupt
                                      : lsgd_core_pkg::CauseTimerInterrupt;
  assign mtvec_o = mtvec_q;
  assign mepc_o = mepc_q;
endmodule
