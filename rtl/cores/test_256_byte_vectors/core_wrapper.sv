// SPDX-License-Identifier: Apache-2.0
// A core whose trap vectors are a table aligned to 256 bytes, whatever is written to mtvec; data over OBI.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_test_system #(.Bus(lsgd_bus_pkg::Obi), .Vectors256(1'b1), .Rvfi(Rvfi)) u_system (.*);
endmodule
