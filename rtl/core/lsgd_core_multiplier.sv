// SPDX-License-Identifier: Apache-2.0
// mul, mulh, mulhsu, mulhu.
module lsgd_core_multiplier #(
  // 1: one combinational 33x33 multiplication. 0: 33 steps of shift and add, about 6,000 cells fewer.
  parameter bit Fast = 1'b1
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        start_i,   // operands are valid; hold until done_o
  input  logic [1:0]  funct3_i,  // low bits of funct3: mul 0, mulh 1, mulhsu 2, mulhu 3
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        done_o,    // result_o is valid in this cycle
  output logic [31:0] result_o
);
  logic signed [32:0] a, b;
  assign a = {a_i[31] & (funct3_i != 2'd3), a_i};
  assign b = {b_i[31] & ~funct3_i[1], b_i};

  if (Fast) begin : gen_fast
    logic signed [63:0] product;
    assign product = a * b;
    assign done_o = start_i;
    assign result_o = (funct3_i == 2'd0) ? product[31:0] : product[63:32];

    logic unused;
    assign unused = ^{clk_i, rst_ni};
  end else begin : gen_serial
    logic [5:0]  step_q;         // 0 idle, 1 to 33 adding, 34 done
    logic [32:0] high_q, low_q;  // the product grows into low_q as b shifts out of it
    logic [33:0] sum;

    // The last bit of b is its sign and weighs minus 2^32.
    always_comb begin
      sum = {high_q[32], high_q};
      if (low_q[0]) sum = (step_q == 6'd33) ? sum - {a[32], a} : sum + {a[32], a};
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        step_q <= 6'd0;
      end else if (step_q == 6'd34) begin
        step_q <= 6'd0;
      end else if (start_i || step_q != 6'd0) begin
        step_q <= step_q + 6'd1;
      end
    end

    always_ff @(posedge clk_i) begin
      if (step_q == 6'd0) begin
        if (start_i) begin
          high_q <= 33'd0;
          low_q  <= b;
        end
      end else if (step_q != 6'd34) begin
        high_q <= sum[33:1];
        low_q  <= {sum[0], low_q[32:1]};
      end
    end

    assign done_o = (step_q == 6'd34);
    assign result_o = (funct3_i == 2'd0) ? low_q[31:0] : {high_q[30:0], low_q[32]};
  end
endmodule
