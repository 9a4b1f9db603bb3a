// SPDX-License-Identifier: Apache-2.0
module lsgd_proof_wishbone (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        cyc_i,
  input  logic        stb_i,
  input  logic        we_i,
  input  logic [31:0] adr_i,
  input  logic [3:0]  sel_i,
  input  logic [31:0] dat_i,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic        ack, err, req, we, busy, port_prompt;
  logic [31:0] dat, addr, wdata;
  logic [3:0]  be;
  lsgd_bus_wishbone u_shim (
    .clk_i, .rst_ni,
    .cyc_i, .stb_i, .we_i, .adr_i, .sel_i, .dat_i, .ack_o(ack), .err_o(err), .dat_o(dat),
    .req_o(req), .gnt_i, .addr_o(addr), .we_o(we), .be_o(be), .wdata_o(wdata), .rvalid_i, .rdata_i, .err_i
  );
  lsgd_proof_port u_port (
    .clk_i, .rst_ni, .req_i(req), .gnt_i, .addr_i(addr), .we_i(we), .be_i(be), .wdata_i(wdata), .rvalid_i,
    .busy_o(busy), .prompt_o(port_prompt)
  );

  // A cycle that ends without an answer is a request given up.
  logic strobe, answer, waiting_q, give_up, write_q;
  assign strobe = cyc_i & stb_i;
  assign answer = ack | err;
  assign give_up = waiting_q & ~strobe;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting_q <= 1'b0;
    else         waiting_q <= strobe & ~answer;
  end
  always_ff @(posedge clk_i) begin
    if (req & gnt_i) write_q <= we;
    if (rst_ni) begin
      assume (!strobe || sel_i != 4'd0);
      assert (!(ack && err));
      assert (!answer || strobe);
      cover (give_up && busy);
    end
  end

  lsgd_proof_scoreboard u_scoreboard (
    .clk_i, .rst_ni,
    .word_valid_i(strobe), .word_taken_i(answer | give_up), .word_i(adr_i[31:2]),
    .contents_valid_i(strobe), .contents_taken_i(answer | give_up), .contents_i({we_i ? dat_i : 32'd0, sel_i, we_i}),
    .answer_i(answer), .answer_data_i({err, we_i ? 32'd0 : dat}), .give_up_i(give_up),
    .grant_i(req & gnt_i), .grant_word_i(addr[31:2]), .grant_contents_i({we ? wdata : 32'd0, be, we}),
    .response_i(rvalid_i), .response_data_i({err_i, write_q ? 32'd0 : rdata_i})
  );
  // Behind a cycle that ended the port's transfer comes first.
  lsgd_proof_patience #(.Cycles(6)) u_patience (
    .clk_i, .rst_ni, .waiting_i(strobe & ~answer), .prompt_i(port_prompt)
  );
endmodule
