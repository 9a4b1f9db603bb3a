// SPDX-License-Identifier: Apache-2.0
// div, divu, rem, remu: restoring division of the magnitudes, one quotient bit a cycle, 32 steps and a
// cycle that corrects the signs. Division by zero and overflow need no special case: the
// magnitudes give the results the specification asks for, as the sign rule below says.
module lsgd_core_divider (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        start_i,      // operands are valid; ignored while busy; hold until done_o
  input  logic        signed_i,
  input  logic        remainder_i,
  input  logic [31:0] dividend_i,
  input  logic [31:0] divisor_i,
  output logic        done_o,       // result_o is valid in this cycle
  output logic [31:0] result_o
);
  logic [5:0]  step_q;              // 0 idle, 1 to 32 dividing, 33 done
  logic [31:0] quotient_q, remainder_q;
  logic [31:0] divisor;
  logic [32:0] difference;
  logic        negate;

  assign divisor = (signed_i & divisor_i[31]) ? -divisor_i : divisor_i;
  assign difference = {remainder_q, quotient_q[31]} - {1'b0, divisor};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q <= 6'd0;
    end else if (step_q == 6'd33) begin
      step_q <= 6'd0;
    end else if (start_i || step_q != 6'd0) begin
      step_q <= step_q + 6'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_q == 6'd0) begin
      if (start_i) begin
        quotient_q  <= (signed_i & dividend_i[31]) ? -dividend_i : dividend_i;
        remainder_q <= 32'd0;
      end
    end else if (step_q != 6'd33) begin
      quotient_q  <= {quotient_q[30:0], ~difference[32]};
      remainder_q <= difference[32] ? {remainder_q[30:0], quotient_q[31]} : difference[31:0];
    end
  end

  // The remainder takes the dividend's sign. A quotient by zero stays at all ones, hence the last term.
  assign negate = signed_i & (remainder_i ? dividend_i[31]
                                          : (dividend_i[31] ^ divisor_i[31]) & (divisor_i != 32'd0));
  logic [31:0] magnitude;
  assign magnitude = remainder_i ? remainder_q : quotient_q;
  assign result_o = negate ? -magnitude : magnitude;
  assign done_o = (step_q == 6'd33);
endmodule
