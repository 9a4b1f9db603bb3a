// SPDX-License-Identifier: Apache-2.0
// The project's core as it is meant to be used.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_core #(.Rvfi(Rvfi)) u_core (.*);
endmodule
