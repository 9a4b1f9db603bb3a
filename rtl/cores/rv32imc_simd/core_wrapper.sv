// SPDX-License-Identifier: Apache-2.0
// The project's core with sums of products of bytes.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_core #(.Simd(1'b1), .Rvfi(Rvfi)) u_core (.*);
endmodule
