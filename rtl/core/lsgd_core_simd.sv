// SPDX-License-Identifier: Apache-2.0
// The two CORE-V instructions that an int8 layer needs, as CV32E40P defines and encodes them.
module lsgd_core_simd (
  input  logic        clip_i,         // else the dot product
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic [31:0] accumulator_i,
  input  logic [4:0]  bits_i,         // of cv.clip
  output logic [31:0] result_o
);
  // cv.sdotsp.b: accumulator plus the sum of four products of signed bytes.
  logic signed [17:0] a, b, products;
  always_comb begin
    products = 18'sd0;
    for (int lane = 0; lane < 4; lane++) begin
      a = {{10{a_i[8 * lane + 7]}}, a_i[8 * lane +: 8]};
      b = {{10{b_i[8 * lane + 7]}}, b_i[8 * lane +: 8]};
      products = products + a * b;
    end
  end

  // cv.clip: a in two's complement of so many bits, saturated. 0 bits count as 1.
  logic [31:0] sign, largest;
  assign sign = {32{a_i[31]}};
  assign largest = ~(32'hffff_ffff << (bits_i - {4'd0, bits_i != 5'd0}));

  always_comb begin
    result_o = accumulator_i + {{14{products[17]}}, products};
    if (clip_i) result_o = (((a_i ^ sign) & ~largest) == 32'd0) ? a_i : largest ^ sign;
  end
endmodule
