// SPDX-License-Identifier: Apache-2.0
// A core whose clock stands still in reset, so that only the edge of rst_ni resets it, and while it waits for
// memory; data over AXI4-Lite.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_test_system #(.Bus(lsgd_bus_pkg::Axi4Lite), .GatedClock(1'b1), .Rvfi(Rvfi)) u_system (.*);
endmodule
