// SPDX-License-Identifier: Apache-2.0
// A core whose cycle and instruction counters read as zero; data over AHB-Lite.
module core_wrapper #(
  parameter bit Rvfi = 1'b0
) (
  `CORE_WRAPPER_PORTS
);
  lsgd_test_system #(.Bus(lsgd_bus_pkg::AhbLite), .Counters(1'b0), .Rvfi(Rvfi)) u_system (.*);
endmodule
