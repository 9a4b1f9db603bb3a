// SPDX-License-Identifier: Apache-2.0
// A core that shows nothing of what it does: no RVFI, no retirements; data over Wishbone.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  logic retire;
  lsgd_test_system #(.Bus(lsgd_bus_pkg::Wishbone), .Rvfi(1'b0)) u_system (.retire_o(retire), .*);
  assign retire_o = 1'b0;
  logic unused;
  assign unused = ^{Rvfi, retire};
endmodule
