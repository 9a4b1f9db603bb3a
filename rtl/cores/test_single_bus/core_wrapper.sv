// SPDX-License-Identifier: Apache-2.0
// A core with one port for instructions and data, PicoRV32's.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_test_system #(.Bus(lsgd_bus_pkg::PicoRv32), .Rvfi(Rvfi)) u_system (.*);
endmodule
