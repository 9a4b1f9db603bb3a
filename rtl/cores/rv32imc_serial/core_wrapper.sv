// SPDX-License-Identifier: Apache-2.0
// The project's core with the serial multiplier and a small branch predictor: half the cells, more cycles.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_core #(.FastMultiplier(1'b0), .BranchTargets(4), .Rvfi(Rvfi)) u_core (.*);
endmodule
