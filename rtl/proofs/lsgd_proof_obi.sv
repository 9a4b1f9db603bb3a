// SPDX-License-Identifier: Apache-2.0
module lsgd_proof_obi (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        req_i,
  input  logic [31:0] addr_i,
  input  logic        we_i,
  input  logic [3:0]  be_i,
  input  logic [31:0] wdata_i,
  input  logic [3:0]  aid_i,
  input  logic        rready_i,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i
);
  logic        gnt, rvalid, err, req, we, busy, port_prompt;
  logic [31:0] rdata, addr, wdata;
  logic [3:0]  rid, be;
  lsgd_bus_obi #(.IdBits(4)) u_shim (
    .clk_i, .rst_ni,
    .req_i, .gnt_o(gnt), .addr_i, .we_i, .be_i, .wdata_i, .aid_i,
    .rvalid_o(rvalid), .rready_i, .rdata_o(rdata), .err_o(err), .rid_o(rid),
    .req_o(req), .gnt_i, .addr_o(addr), .we_o(we), .be_o(be), .wdata_o(wdata), .rvalid_i, .rdata_i, .err_i
  );
  lsgd_proof_port u_port (
    .clk_i, .rst_ni, .req_i(req), .gnt_i, .addr_i(addr), .we_i(we), .be_i(be), .wdata_i(wdata), .rvalid_i,
    .busy_o(busy), .prompt_o(port_prompt)
  );

  // What the manager waits for: at most one answer.
  logic        waiting_q, write_q, held_q;
  logic [3:0]  id_q;
  logic [36:0] response_q;
  logic        answer;
  assign answer = rvalid & rready_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= 1'b0;
      held_q    <= 1'b0;
    end else begin
      waiting_q <= (req_i & gnt) | (waiting_q & ~answer);
      held_q    <= rvalid & ~rready_i;
    end
  end
  always_ff @(posedge clk_i) begin
    if (req_i & gnt) begin
      id_q    <= aid_i;
      write_q <= we_i;
    end
    response_q <= {err, rid, rdata};
    if (rst_ni) begin
      assume (!req_i || be_i != 4'd0);
      assert (!rvalid || waiting_q);
      assert (!rvalid || rid == id_q);
      assert (!held_q || (rvalid && {err, rid, rdata} == response_q));
    end
  end

  lsgd_proof_scoreboard u_scoreboard (
    .clk_i, .rst_ni,
    .word_valid_i(req_i), .word_taken_i(req_i & gnt), .word_i(addr_i[31:2]),
    .contents_valid_i(req_i), .contents_taken_i(req_i & gnt), .contents_i({we_i ? wdata_i : 32'd0, be_i, we_i}),
    .answer_i(answer), .answer_data_i({err, write_q ? 32'd0 : rdata}), .give_up_i(1'b0),
    .grant_i(req & gnt_i), .grant_word_i(addr[31:2]), .grant_contents_i({we ? wdata : 32'd0, be, we}),
    .response_i(rvalid_i), .response_data_i({err_i, write_q ? 32'd0 : rdata_i})
  );
  lsgd_proof_patience #(.Cycles(3)) u_patience (
    .clk_i, .rst_ni, .waiting_i((req_i & ~gnt) | (waiting_q & ~answer)), .prompt_i(port_prompt & rready_i)
  );
endmodule
