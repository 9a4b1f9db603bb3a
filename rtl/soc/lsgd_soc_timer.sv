// SPDX-License-Identifier: Apache-2.0
// mtime, mtimecmp, msip and the line of the external interrupt, which stands for the interrupt
// controller of a larger system. mtime counts clock cycles; the timer's interrupt is pending while
// mtime >= mtimecmp.
module lsgd_soc_timer (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        write_i,
  input  logic [15:2] addr_i,
  input  logic [31:0] wdata_i,
  output logic [31:0] rdata_o,      // combinational
  output logic        known_o,      // there is a register at addr_i
  output logic [63:0] time_o,
  output logic        irq_timer_o,
  output logic        irq_software_o,
  output logic        irq_external_o
);
  logic [63:0] mtime_q, mtimecmp_q;
  logic        msip_q, external_q;

  always_comb begin
    known_o = 1'b1;
    unique case ({addr_i, 2'b00})
      16'h0000: rdata_o = {31'd0, msip_q};
      16'h0004: rdata_o = {31'd0, external_q};
      16'h4000: rdata_o = mtimecmp_q[31:0];
      16'h4004: rdata_o = mtimecmp_q[63:32];
      16'hbff8: rdata_o = mtime_q[31:0];
      16'hbffc: rdata_o = mtime_q[63:32];
      default: begin
        rdata_o = 32'd0;
        known_o = 1'b0;
      end
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mtime_q     <= 64'd0;
      mtimecmp_q  <= '1;
      msip_q      <= 1'b0;
      external_q  <= 1'b0;
      irq_timer_o <= 1'b0;
    end else begin
      mtime_q     <= mtime_q + 64'd1;
      irq_timer_o <= (mtime_q >= mtimecmp_q);
      if (write_i) begin
        unique case ({addr_i, 2'b00})
          16'h0000: msip_q <= wdata_i[0];
          16'h0004: external_q <= wdata_i[0];
          16'h4000: mtimecmp_q[31:0] <= wdata_i;
          16'h4004: mtimecmp_q[63:32] <= wdata_i;
          16'hbff8: mtime_q[31:0] <= wdata_i;
          16'hbffc: mtime_q[63:32] <= wdata_i;
          default: ;
        endcase
      end
    end
  end

  assign time_o = mtime_q;
  assign irq_software_o = msip_q;
  assign irq_external_o = external_q;
endmodule
