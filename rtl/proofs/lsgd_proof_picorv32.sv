// SPDX-License-Identifier: Apache-2.0
module lsgd_proof_picorv32 (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        mem_valid_i,
  input  logic        mem_instr_i,
  input  logic [31:0] mem_addr_i,
  input  logic [31:0] mem_wdata_i,
  input  logic [3:0]  mem_wstrb_i,
  input  logic        instr_gnt_i,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,
  input  logic        data_gnt_i,
  input  logic        data_rvalid_i,
  input  logic [31:0] data_rdata_i,
  input  logic        data_err_i
);
  logic        ready, error, instr_req, data_req, data_we, instr_busy, data_busy, instr_prompt, data_prompt;
  logic [31:0] rdata, instr_addr, data_addr, data_wdata;
  logic [3:0]  data_be;
  lsgd_bus_picorv32 u_shim (
    .clk_i, .rst_ni,
    .mem_valid_i, .mem_instr_i, .mem_addr_i, .mem_wdata_i, .mem_wstrb_i,
    .mem_ready_o(ready), .mem_rdata_o(rdata), .mem_error_o(error),
    .instr_req_o(instr_req), .instr_gnt_i, .instr_addr_o(instr_addr), .instr_rvalid_i, .instr_rdata_i, .instr_err_i,
    .data_req_o(data_req), .data_gnt_i, .data_addr_o(data_addr), .data_we_o(data_we), .data_be_o(data_be),
    .data_wdata_o(data_wdata), .data_rvalid_i, .data_rdata_i, .data_err_i
  );
  lsgd_proof_port u_instr_port (
    .clk_i, .rst_ni, .req_i(instr_req), .gnt_i(instr_gnt_i), .addr_i(instr_addr), .we_i(1'b0), .be_i(4'b1111),
    .wdata_i(32'd0), .rvalid_i(instr_rvalid_i), .busy_o(instr_busy), .prompt_o(instr_prompt)
  );
  lsgd_proof_port u_data_port (
    .clk_i, .rst_ni, .req_i(data_req), .gnt_i(data_gnt_i), .addr_i(data_addr), .we_i(data_we), .be_i(data_be),
    .wdata_i(data_wdata), .rvalid_i(data_rvalid_i), .busy_o(data_busy), .prompt_o(data_prompt)
  );

  logic write, instr_grant, data_grant;
  assign write = (mem_wstrb_i != 4'd0);
  assign instr_grant = instr_req & instr_gnt_i;
  assign data_grant = data_req & data_gnt_i;
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (!ready || mem_valid_i);
      assert (!error || ready);
      assert (!instr_grant || mem_instr_i);
      assert (!data_grant || !mem_instr_i);
      assert (!(instr_busy && data_busy));
    end
  end

  lsgd_proof_scoreboard u_scoreboard (
    .clk_i, .rst_ni,
    .word_valid_i(mem_valid_i), .word_taken_i(ready), .word_i(mem_addr_i[31:2]),
    .contents_valid_i(mem_valid_i), .contents_taken_i(ready),
    .contents_i({write ? mem_wdata_i : 32'd0, write ? mem_wstrb_i : 4'b1111, write}),
    .answer_i(ready), .answer_data_i({error, write ? 32'd0 : rdata}), .give_up_i(1'b0),
    .grant_i(instr_grant | data_grant), .grant_word_i(instr_grant ? instr_addr[31:2] : data_addr[31:2]),
    .grant_contents_i(instr_grant ? {32'd0, 4'b1111, 1'b0} : {data_we ? data_wdata : 32'd0, data_be, data_we}),
    .response_i(instr_rvalid_i | data_rvalid_i),
    .response_data_i({instr_rvalid_i ? instr_err_i : data_err_i,
                      write ? 32'd0 : instr_rvalid_i ? instr_rdata_i : data_rdata_i})
  );
  lsgd_proof_patience #(.Cycles(3)) u_patience (
    .clk_i, .rst_ni, .waiting_i(mem_valid_i & ~ready), .prompt_i(instr_prompt & data_prompt)
  );
endmodule
