// SPDX-License-Identifier: Apache-2.0
// The buses that there is a shim for.
package lsgd_bus_pkg;
  typedef enum logic [2:0] {
    Obi       = 3'd0,
    AhbLite   = 3'd1,
    Axi4Lite  = 3'd2,
    Wishbone  = 3'd3,
    PicoRv32  = 3'd4
  } bus_e;
endpackage
