// SPDX-License-Identifier: Apache-2.0
// div, divu, rem, remu: restoring division of the magnitudes, one quotient bit a cycle, and a cycle each
// to start and to correct the signs. Unsigned division skips the first 16 of the 32 steps where they
// would give zeros, as in the 32 by 16 bit divisions of soft float. Division by zero and overflow need
// no special case: the magnitudes give the results the specification asks for.
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
  logic [32:0] difference;
  logic        subtract, short, negate;

  // A negative divisor is added to subtract its magnitude.
  assign subtract = ~(signed_i & divisor_i[31]);
  assign difference = {remainder_q, quotient_q[31]} + {1'b1, subtract ? ~divisor_i : divisor_i} +
                      {32'd0, subtract};
  assign short = ~signed_i & ({16'd0, dividend_i[31:16]} < divisor_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q <= 6'd0;
    end else if (step_q == 6'd33) begin
      step_q <= 6'd0;
    end else if (step_q == 6'd0) begin
      if (start_i) step_q <= short ? 6'd17 : 6'd1;
    end else begin
      step_q <= step_q + 6'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step_q == 6'd0) begin
      if (start_i) begin
        if (short) {remainder_q, quotient_q} <= {16'd0, dividend_i, 16'd0};
        else       {remainder_q, quotient_q} <= {32'd0, (signed_i & dividend_i[31]) ? -dividend_i
                                                                                    : dividend_i};
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
