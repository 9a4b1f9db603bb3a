// SPDX-License-Identifier: Apache-2.0
// One access at a time, valid until ready, over a bus and its shim to the memory ports of core_wrapper.
module lsgd_test_bus #(
  parameter lsgd_bus_pkg::bus_e Bus = lsgd_bus_pkg::Obi
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hesitate_i,

  input  logic        valid_i,
  input  logic        instr_i,     // to the instruction port, on PicoRV32's; else all goes to the data port
  input  logic [31:0] addr_i,
  input  logic        we_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  output logic        ready_o,
  output logic [31:0] rdata_o,     // with ready_o, like error_o
  output logic        error_o,

  output logic        instr_req_o,
  input  logic        instr_gnt_i,
  output logic [31:0] instr_addr_o,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,
  output logic        data_req_o,
  input  logic        data_gnt_i,
  output logic [31:0] data_addr_o,
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  input  logic        data_rvalid_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_err_i
);
  logic unused;

  if (Bus == lsgd_bus_pkg::PicoRv32) begin : gen_picorv32
    lsgd_bus_picorv32 u_shim (
      .clk_i, .rst_ni,
      .mem_valid_i(valid_i), .mem_instr_i(instr_i), .mem_addr_i(addr_i), .mem_wdata_i(wdata_i),
      .mem_wstrb_i(we_i ? be_i : 4'd0), .mem_ready_o(ready_o), .mem_rdata_o(rdata_o), .mem_error_o(error_o),
      .instr_req_o, .instr_gnt_i, .instr_addr_o, .instr_rvalid_i, .instr_rdata_i, .instr_err_i,
      .data_req_o, .data_gnt_i, .data_addr_o, .data_we_o, .data_be_o, .data_wdata_o,
      .data_rvalid_i, .data_rdata_i, .data_err_i
    );
    assign unused = hesitate_i;
  end else begin : gen_one_port
    assign {instr_req_o, instr_addr_o} = 33'd0;
    logic unused_instr;
    assign unused_instr = ^{instr_i, instr_gnt_i, instr_rvalid_i, instr_rdata_i, instr_err_i};

    if (Bus == lsgd_bus_pkg::Obi) begin : gen_obi
      logic        req, gnt, rvalid, rready, err;
      logic [31:0] rdata;
      logic [3:0]  id, response_id, id_q;
      lsgd_test_manager_obi u_manager (
        .clk_i, .rst_ni, .hesitate_i, .valid_i, .ready_o, .rdata_o, .error_o,
        .req_o(req), .gnt_i(gnt), .rvalid_i(rvalid), .rready_o(rready), .rdata_i(rdata), .err_i(err)
      );
      // Addresses of bytes: the low bits are no matter of the port.
      lsgd_bus_obi #(.IdBits(4)) u_shim (
        .clk_i, .rst_ni,
        .req_i(req), .gnt_o(gnt), .addr_i({addr_i[31:2], id[1:0]}), .we_i, .be_i, .wdata_i, .aid_i(id),
        .rvalid_o(rvalid), .rready_i(rready), .rdata_o(rdata), .err_o(err), .rid_o(response_id),
        .req_o(data_req_o), .gnt_i(data_gnt_i), .addr_o(data_addr_o), .we_o(data_we_o), .be_o(data_be_o),
        .wdata_o(data_wdata_o), .rvalid_i(data_rvalid_i), .rdata_i(data_rdata_i), .err_i(data_err_i)
      );
      assign id = id_q;
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni)      id_q <= 4'd0;
        else if (ready_o) id_q <= id_q + 4'd1;
      end
      always_ff @(posedge clk_i) begin
        assert (!ready_o || response_id == id_q) else $error("OBI: another transfer's identifier");
      end
      assign unused = ^addr_i[1:0];
    end else if (Bus == lsgd_bus_pkg::AhbLite) begin : gen_ahb_lite
      logic [31:0] haddr, hwdata, hrdata;
      logic [1:0]  htrans;
      logic [2:0]  hsize;
      logic        hready, hresp;
      lsgd_test_manager_ahb_lite u_manager (
        .clk_i, .rst_ni, .hesitate_i, .valid_i, .addr_i, .be_i, .wdata_i, .ready_o, .rdata_o, .error_o,
        .haddr_o(haddr), .htrans_o(htrans), .hsize_o(hsize), .hwdata_o(hwdata),
        .hready_i(hready), .hresp_i(hresp), .hrdata_i(hrdata)
      );
      lsgd_bus_ahb_lite u_shim (
        .clk_i, .rst_ni,
        .haddr_i(haddr), .htrans_i(htrans), .hwrite_i(we_i), .hsize_i(hsize), .hwdata_i(hwdata),
        .hready_o(hready), .hresp_o(hresp), .hrdata_o(hrdata),
        .req_o(data_req_o), .gnt_i(data_gnt_i), .addr_o(data_addr_o), .we_o(data_we_o), .be_o(data_be_o),
        .wdata_o(data_wdata_o), .rvalid_i(data_rvalid_i), .rdata_i(data_rdata_i), .err_i(data_err_i)
      );
      assign unused = 1'b0;
    end else if (Bus == lsgd_bus_pkg::Axi4Lite) begin : gen_axi4_lite
      logic        awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
      logic [1:0]  bresp, rresp;
      logic [31:0] rdata;
      lsgd_test_manager_axi4_lite u_manager (
        .clk_i, .rst_ni, .hesitate_i, .valid_i, .we_i, .ready_o, .rdata_o, .error_o,
        .awvalid_o(awvalid), .awready_i(awready), .wvalid_o(wvalid), .wready_i(wready),
        .bvalid_i(bvalid), .bready_o(bready), .bresp_i(bresp),
        .arvalid_o(arvalid), .arready_i(arready),
        .rvalid_i(rvalid), .rready_o(rready), .rdata_i(rdata), .rresp_i(rresp)
      );
      lsgd_bus_axi4_lite u_shim (
        .clk_i, .rst_ni,
        .awvalid_i(awvalid), .awready_o(awready), .awaddr_i(addr_i),
        .wvalid_i(wvalid), .wready_o(wready), .wdata_i, .wstrb_i(be_i),
        .bvalid_o(bvalid), .bready_i(bready), .bresp_o(bresp),
        .arvalid_i(arvalid), .arready_o(arready), .araddr_i(addr_i),
        .rvalid_o(rvalid), .rready_i(rready), .rdata_o(rdata), .rresp_o(rresp),
        .req_o(data_req_o), .gnt_i(data_gnt_i), .addr_o(data_addr_o), .we_o(data_we_o), .be_o(data_be_o),
        .wdata_o(data_wdata_o), .rvalid_i(data_rvalid_i), .rdata_i(data_rdata_i), .err_i(data_err_i)
      );
      assign unused = 1'b0;
    end else begin : gen_wishbone
      logic        cyc, stb, ack, err;
      logic [31:0] dat;
      lsgd_test_manager_wishbone u_manager (
        .clk_i, .rst_ni, .hesitate_i, .valid_i, .we_i, .ready_o, .rdata_o, .error_o,
        .cyc_o(cyc), .stb_o(stb), .ack_i(ack), .err_i(err), .dat_i(dat)
      );
      lsgd_bus_wishbone u_shim (
        .clk_i, .rst_ni,
        .cyc_i(cyc), .stb_i(stb), .we_i, .adr_i(addr_i), .sel_i(be_i), .dat_i(wdata_i),
        .ack_o(ack), .err_o(err), .dat_o(dat),
        .req_o(data_req_o), .gnt_i(data_gnt_i), .addr_o(data_addr_o), .we_o(data_we_o), .be_o(data_be_o),
        .wdata_o(data_wdata_o), .rvalid_i(data_rvalid_i), .rdata_i(data_rdata_i), .err_i(data_err_i)
      );
      assign unused = 1'b0;
    end
  end
endmodule
