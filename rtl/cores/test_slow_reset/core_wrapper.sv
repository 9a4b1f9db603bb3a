// SPDX-License-Identifier: Apache-2.0
// A core that samples its reset with the clock, through 32 registers, and needs 100,000 cycles more before it
// fetches, as one that clears a memory does; data over OBI.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  logic [31:0] resets_q;
  logic        reset_n, req;
  // No reset for these registers: only enough clocks in reset fill them.
  always_ff @(posedge clk_i) resets_q <= {resets_q[30:0], rst_ni};
  assign reset_n = resets_q[31];
  lsgd_test_system #(.Bus(lsgd_bus_pkg::Obi), .StartCycles(100_000), .Rvfi(Rvfi)) u_system (
    .rst_ni(reset_n), .instr_req_o(req), .*
  );
  assign instr_req_o = req & rst_ni;
endmodule
