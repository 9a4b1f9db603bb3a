// SPDX-License-Identifier: Apache-2.0
module lsgd_proof_ahb_lite (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] haddr_i,
  input  logic [1:0]  htrans_i,
  input  logic        hwrite_i,
  input  logic [2:0]  hsize_i,
  input  logic [31:0] hwdata_i,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic        hready, hresp, req, we, busy, port_prompt;
  logic [31:0] hrdata, addr, wdata;
  logic [3:0]  be;
  lsgd_bus_ahb_lite u_shim (
    .clk_i, .rst_ni,
    .haddr_i, .htrans_i, .hwrite_i, .hsize_i, .hwdata_i, .hready_o(hready), .hresp_o(hresp), .hrdata_o(hrdata),
    .req_o(req), .gnt_i, .addr_o(addr), .we_o(we), .be_o(be), .wdata_o(wdata), .rvalid_i, .rdata_i, .err_i
  );
  lsgd_proof_port u_port (
    .clk_i, .rst_ni, .req_i(req), .gnt_i, .addr_i(addr), .we_i(we), .be_i(be), .wdata_i(wdata), .rvalid_i,
    .busy_o(busy), .prompt_o(port_prompt)
  );

  // The data phase, of the transfer whose address phase has ended.
  logic       data_phase_q, write_q, resp_q, address_phase;
  logic [3:0] lanes, lanes_q;
  assign address_phase = htrans_i[1] & hready;
  always_comb begin
    lanes = 4'b1111;
    if (hsize_i == 3'd0) lanes = 4'b0001 << haddr_i[1:0];
    if (hsize_i == 3'd1) lanes = 4'b0011 << haddr_i[1:0];
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      data_phase_q <= 1'b0;
      resp_q       <= 1'b0;
    end else begin
      if (hready) data_phase_q <= htrans_i[1];
      resp_q <= hresp & ~hready;
    end
  end
  always_ff @(posedge clk_i) begin
    if (address_phase) begin
      write_q <= hwrite_i;
      lanes_q <= lanes;
    end
    if (rst_ni) begin
      // An error takes two cycles, in the first of them the manager must wait; outside of transfers all is well.
      assert (!hresp || data_phase_q);
      assert (!(hresp && hready) || resp_q);
      assert (!resp_q || (hresp && hready));
      assert (data_phase_q || hready);
    end
  end

  lsgd_proof_scoreboard u_scoreboard (
    .clk_i, .rst_ni,
    .word_valid_i(address_phase), .word_taken_i(address_phase), .word_i(haddr_i[31:2]),
    .contents_valid_i(data_phase_q), .contents_taken_i(data_phase_q & hready),
    .contents_i({write_q ? hwdata_i : 32'd0, lanes_q, write_q}),
    .answer_i(data_phase_q & hready), .answer_data_i({hresp, write_q | hresp ? 32'd0 : hrdata}), .give_up_i(1'b0),
    .grant_i(req & gnt_i), .grant_word_i(addr[31:2]), .grant_contents_i({we ? wdata : 32'd0, be, we}),
    .response_i(rvalid_i), .response_data_i({err_i, write_q | err_i ? 32'd0 : rdata_i})
  );
  lsgd_proof_patience #(.Cycles(4)) u_patience (
    .clk_i, .rst_ni, .waiting_i(data_phase_q & ~hready), .prompt_i(port_prompt)
  );
endmodule
