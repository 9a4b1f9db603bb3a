// SPDX-License-Identifier: Apache-2.0
// The fetch stage before any memory and any execution, with any predictions. One word of the memory, any, has contents
// that are fixed at the start: wherever the instructions come to it, they are what it holds. Proved beside the
// assertions of the queue: every instruction is the one at the address where execution is, whatever was predicted,
// redirected, stalled or failed before. Targets lie in 256 bytes: longer addresses cost the solver much and add nothing
// but carries.
module lsgd_proof_fetch (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        gnt_i,
  input  logic        rvalid_i,
  input  logic [31:0] rdata_i,
  input  logic        err_i,
  input  logic        redirect_i,
  input  logic [31:1] redirect_target_i,
  input  logic        update_i,
  input  logic        update_taken_i,
  input  logic [31:1] update_last_i,
  input  logic [31:1] update_target_i,
  input  logic        ready_i
);
  (* anyconst *) logic [31:2] word;
  (* anyconst *) logic [31:0] held;
  (* anyconst *) logic        failing;

  logic        req, busy, prompt, redirect_ready, valid, fault, fault_second_half, split, predicted, consume;
  logic [31:0] addr, instruction;
  logic [31:1] predicted_target;
  lsgd_core_fetch #(.BranchTargets(2)) u_fetch (
    .clk_i, .rst_ni,
    .instr_req_o(req), .instr_gnt_i(gnt_i), .instr_addr_o(addr), .instr_rvalid_i(rvalid_i), .instr_rdata_i(rdata_i),
    .instr_err_i(err_i),
    .redirect_ready_o(redirect_ready), .redirect_i, .redirect_target_i,
    .update_i, .update_taken_i, .update_last_i, .update_target_i,
    .ready_i, .valid_o(valid), .instruction_o(instruction), .fault_o(fault), .fault_second_half_o(fault_second_half),
    .split_o(split), .predicted_o(predicted), .predicted_target_o(predicted_target)
  );
  lsgd_proof_port u_port (
    .clk_i, .rst_ni, .req_i(req), .gnt_i, .addr_i(addr), .we_i(1'b0), .be_i(4'b1111), .wdata_i(32'd0), .rvalid_i,
    .busy_o(busy), .prompt_o(prompt)
  );
  assign consume = valid & ready_i;

  logic        started_q;   // a first stream has been asked for
  logic        stopped_q;   // what was cut in two or failed is the last instruction of its stream
  logic [31:1] pc_q, pc_of_second_half;
  logic [31:2] asked_q;     // the word that is on its way
  logic        is_long;
  logic [4:0]  received_q;  // words since the last instruction that was taken
  assign is_long = (instruction[1:0] == 2'b11);
  assign pc_of_second_half = pc_q + 31'd1;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      started_q  <= 1'b0;
      stopped_q  <= 1'b0;
      received_q <= 5'd0;
    end else begin
      started_q  <= 1'b1;
      stopped_q  <= ~redirect_i & (stopped_q | (consume & (split | fault)));
      received_q <= (redirect_i | consume) ? 5'd0 : received_q + {4'd0, rvalid_i};
    end
  end
  always_ff @(posedge clk_i) begin
    if (redirect_i) pc_q <= redirect_target_i;
    else if (consume) pc_q <= predicted ? predicted_target : pc_q + (is_long ? 31'd2 : 31'd1);
    if (req & gnt_i) asked_q <= addr[31:2];

    if (rst_ni) begin
      assume (started_q || redirect_i);
      assume (word[31:9] == 23'd0);
      assume (!stopped_q || !ready_i);
      assume (redirect_target_i[31:8] == 24'd0 && update_target_i[31:8] == 24'd0 && update_last_i[31:8] == 24'd0);
      assume (!rvalid_i || asked_q != word || {err_i, rdata_i} == {failing, held});

      if (valid && started_q && !redirect_i && !stopped_q) begin
        if (pc_q[31:2] == word) begin
          assert (instruction[15:0] == (pc_q[1] ? held[31:16] : held[15:0]));
          assert ((fault && !fault_second_half) == failing);
        end
        if (is_long && !split && !(fault && !fault_second_half) && pc_of_second_half[31:2] == word) begin
          assert (instruction[31:16] == (pc_of_second_half[1] ? held[31:16] : held[15:0]));
          assert (!pc_q[1] || fault_second_half == failing);
        end
        assert (!fault_second_half || (fault && is_long && pc_q[1]));
        cover (is_long && pc_q[1] && !fault && predicted && pc_q[31:2] == word);
        cover (split && pc_q[31:2] == word);
        cover (fault_second_half && pc_of_second_half[31:2] == word);
        cover (received_q == 5'd2 && is_long && pc_q[1] && !fault);
      end
    end
  end
  lsgd_proof_patience #(.Cycles(5)) u_patience (
    .clk_i, .rst_ni, .waiting_i(~valid & ~redirect_i), .prompt_i(prompt)
  );
endmodule
