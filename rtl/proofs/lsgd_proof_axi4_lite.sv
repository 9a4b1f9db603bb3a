// SPDX-License-Identifier: Apache-2.0
module lsgd_proof_axi4_lite (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        awvalid_i,
  input  logic [31:0] awaddr_i,
  input  logic        wvalid_i,
  input  logic [31:0] wdata_i,
  input  logic [3:0]  wstrb_i,
  input  logic        bready_i,
  input  logic        arvalid_i,
  input  logic [31:0] araddr_i,
  input  logic        rready_i,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic        awready, wready, bvalid, arready, rvalid, req, we, busy, port_prompt;
  logic [1:0]  bresp, rresp;
  logic [31:0] rdata, addr, wdata;
  logic [3:0]  be;
  lsgd_bus_axi4_lite u_shim (
    .clk_i, .rst_ni,
    .awvalid_i, .awready_o(awready), .awaddr_i, .wvalid_i, .wready_o(wready), .wdata_i, .wstrb_i,
    .bvalid_o(bvalid), .bready_i, .bresp_o(bresp),
    .arvalid_i, .arready_o(arready), .araddr_i, .rvalid_o(rvalid), .rready_i, .rdata_o(rdata), .rresp_o(rresp),
    .req_o(req), .gnt_i, .addr_o(addr), .we_o(we), .be_o(be), .wdata_o(wdata), .rvalid_i, .rdata_i, .err_i
  );
  lsgd_proof_port u_port (
    .clk_i, .rst_ni, .req_i(req), .gnt_i, .addr_i(addr), .we_i(we), .be_i(be), .wdata_i(wdata), .rvalid_i,
    .busy_o(busy), .prompt_o(port_prompt)
  );

  logic       write_q;       // the port's last transfer
  logic [5:0] aw_q, w_q, b_q, ar_q, r_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {aw_q, w_q, b_q, ar_q, r_q} <= 30'd0;
    end else begin
      aw_q <= aw_q + {5'd0, awvalid_i & awready};
      w_q  <= w_q + {5'd0, wvalid_i & wready};
      b_q  <= b_q + {5'd0, bvalid & bready_i};
      ar_q <= ar_q + {5'd0, arvalid_i & arready};
      r_q  <= r_q + {5'd0, rvalid & rready_i};
    end
  end
  always_ff @(posedge clk_i) begin
    if (req & gnt_i) write_q <= we;
    if (rst_ni) begin
      assume (!wvalid_i || wstrb_i != 4'd0);
      assert (!bvalid || bresp == 2'b00 || bresp == 2'b10);
      assert (!rvalid || rresp == 2'b00 || rresp == 2'b10);
    end
  end

  lsgd_proof_scoreboard u_writes (
    .clk_i, .rst_ni,
    .word_valid_i(awvalid_i), .word_taken_i(awvalid_i & awready), .word_i(awaddr_i[31:2]),
    .contents_valid_i(wvalid_i), .contents_taken_i(wvalid_i & wready), .contents_i({wdata_i, wstrb_i, 1'b1}),
    .answer_i(bvalid & bready_i), .answer_data_i({bresp[1], 32'd1}), .give_up_i(1'b0),
    .grant_i(req & gnt_i & we), .grant_word_i(addr[31:2]), .grant_contents_i({wdata, be, we}),
    .response_i(rvalid_i & write_q), .response_data_i({err_i, 32'd1})
  );
  lsgd_proof_scoreboard u_reads (
    .clk_i, .rst_ni,
    .word_valid_i(arvalid_i), .word_taken_i(arvalid_i & arready), .word_i(araddr_i[31:2]),
    .contents_valid_i(arvalid_i), .contents_taken_i(arvalid_i & arready), .contents_i({32'd0, 4'b1111, 1'b0}),
    .answer_i(rvalid & rready_i), .answer_data_i({rresp[1], rdata}), .give_up_i(1'b0),
    .grant_i(req & gnt_i & ~we), .grant_word_i(addr[31:2]), .grant_contents_i({32'd0, be, we}),
    .response_i(rvalid_i & ~write_q), .response_data_i({err_i, rdata_i})
  );
  // Reads and writes take turns: neither waits for more than one of the others.
  lsgd_proof_patience #(.Cycles(8)) u_patience_of_writes (
    .clk_i, .rst_ni, .waiting_i(aw_q != b_q && w_q != b_q && !bvalid), .prompt_i(port_prompt & bready_i & rready_i)
  );
  lsgd_proof_patience #(.Cycles(8)) u_patience_of_reads (
    .clk_i, .rst_ni, .waiting_i(ar_q != r_q && !rvalid), .prompt_i(port_prompt & bready_i & rready_i)
  );
endmodule
