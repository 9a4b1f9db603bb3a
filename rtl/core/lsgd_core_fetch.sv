// SPDX-License-Identifier: Apache-2.0
// Fetch stage: one word a cycle into a queue of four, from which 16- and 32-bit instructions are
// taken at any halfword. One request is outstanding at a time; the next one is sent with its response,
// to the predicted target or to the following word. Neither choice looks at the fetched data.
module lsgd_core_fetch #(
  parameter int BranchTargets = 64  // entries of the branch predictor
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  // Instruction memory, see lsgd_core.
  output logic        instr_req_o,
  input  logic        instr_gnt_i,
  output logic [31:0] instr_addr_o,
  input  logic        instr_rvalid_i,
  input  logic [31:0] instr_rdata_i,
  input  logic        instr_err_i,

  // A new instruction stream; everything fetched before is dropped.
  output logic        redirect_ready_o,
  input  logic        redirect_i,          // only while redirect_ready_o is set
  input  logic [31:1] redirect_target_i,

  // What execution teaches the predictor, see lsgd_core_branch_predictor.
  input  logic        update_i,
  input  logic        update_taken_i,
  input  logic [31:1] update_last_i,
  input  logic [31:1] update_target_i,

  // The next instruction.
  input  logic        ready_i,
  output logic        valid_o,
  output logic [31:0] instruction_o,        // a 16-bit instruction lies in the low half
  output logic        fault_o,              // fetching it failed ...
  output logic        fault_second_half_o,  // ... at its address plus 2
  output logic        split_o,              // a wrong prediction cut it in two: fetch it again
  output logic        predicted_o,          // predicted_target_o was fetched after it
  output logic [31:1] predicted_target_o
);
  // Request side. fetch_pc_q is the request on its way while busy_q is set, else the next one.
  logic [31:1] fetch_pc_q, fetch_pc, following_pc;
  logic        busy_q;     // granted, response outstanding
  logic        discard_q;  // ... and of an abandoned stream
  logic        held_q;     // requested without grant: the address must not change
  logic        response;   // of the current stream
  logic        room;
  logic [2:0]  count_q;    // words in the queue

  logic        hit, hit_last_half, take_prediction;
  logic [31:1] hit_target;

  lsgd_core_branch_predictor #(.Entries(BranchTargets)) u_branch_predictor (
    .clk_i, .rst_ni,
    .lookup_i(fetch_pc_q[31:2]),
    .hit_o(hit), .last_half_o(hit_last_half), .target_o(hit_target),
    .update_i, .update_taken_i, .update_last_i, .update_target_i
  );

  logic        pending_q;  // a predicted branch is in the queue; one at a time
  logic [31:1] pending_target_q;

  assign response = busy_q & instr_rvalid_i & ~discard_q;
  // A stream entering the word behind the branch does not execute it.
  assign take_prediction = hit & ~pending_q & (hit_last_half | ~fetch_pc_q[1]);
  assign following_pc = take_prediction ? hit_target : {fetch_pc_q[31:2] + 30'd1, 1'b0};
  assign fetch_pc = redirect_i ? redirect_target_i
                               : (busy_q & ~discard_q) ? following_pc : fetch_pc_q;
  assign room = (count_q + {2'd0, busy_q & ~discard_q}) < 3'd4;
  assign redirect_ready_o = ~held_q;
  assign instr_req_o = (~busy_q | instr_rvalid_i) & (redirect_i | room);
  assign instr_addr_o = {fetch_pc[31:2], 2'b00};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q    <= 1'b0;
      discard_q <= 1'b0;
      held_q    <= 1'b0;
    end else begin
      busy_q    <= (instr_req_o & instr_gnt_i) | (busy_q & ~instr_rvalid_i);
      discard_q <= (redirect_i | discard_q) & busy_q & ~instr_rvalid_i;
      held_q    <= instr_req_o & ~instr_gnt_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (redirect_i | response) fetch_pc_q <= fetch_pc;
  end

  // The queue. An arriving word counts as its last entry in the cycle of its arrival.
  logic [31:0] words_q [4];
  logic [3:0]  fault_q, taken_q, last_half_q;  // per word: bus error; predicted taken, and where
  logic [1:0]  write_q, read_q, read_next;
  logic        half_q;                         // the next instruction starts in the upper half
  logic        head_present, next_present;
  logic [31:0] head;
  logic [15:0] next;                           // only a word's lower half can end an instruction
  logic        head_fault, head_taken, head_last_half;
  logic        next_fault, next_taken;

  assign read_next = read_q + 2'd1;
  always_comb begin
    head_present   = 1'b1;
    head           = words_q[read_q];
    head_fault     = fault_q[read_q];
    head_taken     = taken_q[read_q];
    head_last_half = last_half_q[read_q];
    if (count_q == 3'd0) begin
      head_present   = response;
      head           = instr_rdata_i;
      head_fault     = instr_err_i;
      head_taken     = take_prediction;
      head_last_half = hit_last_half;
    end
    next_present = (count_q == 3'd1) & response;
    next         = instr_rdata_i[15:0];
    next_fault   = instr_err_i;
    next_taken   = take_prediction & ~hit_last_half;
    if (count_q > 3'd1) begin
      next_present = 1'b1;
      next         = words_q[read_next][15:0];
      next_fault   = fault_q[read_next];
      next_taken   = taken_q[read_next] & ~last_half_q[read_next];
    end
  end

  logic [15:0] first;
  logic        is_long, straddles, branch_here;
  assign first = half_q ? head[31:16] : head[15:0];
  assign is_long = (first[1:0] == 2'b11);
  assign straddles = is_long & half_q & ~split_o & ~head_fault;
  assign branch_here = head_taken & (head_last_half == half_q);  // a predicted branch ends at `first`

  assign split_o = is_long & branch_here;
  assign valid_o = head_present & (next_present | ~straddles);
  assign instruction_o = {half_q ? next : head[31:16], first};
  assign fault_second_half_o = straddles & next_fault;
  assign fault_o = head_fault | fault_second_half_o;
  assign predicted_o = straddles ? next_taken
                                 : is_long ? head_taken & head_last_half : branch_here;
  assign predicted_target_o = pending_q ? pending_target_q : hit_target;

  logic       consume, half_d;
  logic [1:0] popped;
  assign consume = valid_o & ready_i;
  always_comb begin
    popped = 2'd0;
    half_d = half_q;
    if (consume) begin
      // One word is finished, except after a 16-bit instruction in its lower half; two where a
      // predicted branch straddles them.
      popped = {straddles & next_taken, ~(straddles & next_taken) & (half_q | is_long | predicted_o)};
      half_d = predicted_o ? predicted_target_o[1] : half_q == is_long;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q   <= 3'd0;
      write_q   <= 2'd0;
      read_q    <= 2'd0;
      pending_q <= 1'b0;
    end else if (redirect_i) begin
      count_q   <= 3'd0;
      write_q   <= 2'd0;
      read_q    <= 2'd0;
      pending_q <= 1'b0;
    end else begin
      count_q   <= count_q + {2'd0, response} - {1'b0, popped};
      write_q   <= write_q + {1'b0, response};
      read_q    <= read_q + popped;
      pending_q <= (pending_q | (response & take_prediction)) & ~(consume & predicted_o);
    end
  end

  always_ff @(posedge clk_i) begin
    half_q <= redirect_i ? redirect_target_i[1] : half_d;
    if (response) begin
      words_q[write_q]     <= instr_rdata_i;
      fault_q[write_q]     <= instr_err_i;
      taken_q[write_q]     <= take_prediction;
      last_half_q[write_q] <= hit_last_half;
      if (take_prediction) pending_target_q <= hit_target;
    end
  end

`ifndef SYNTHESIS
  logic [1:0] queue_length;
  assign queue_length = write_q - read_q;
  always_ff @(posedge clk_i) begin
    assert (count_q <= 3'd4 && count_q[1:0] == queue_length) else $error("fetch queue: it lost count");
    assert ({1'b0, popped} <= count_q + {2'd0, response}) else $error("fetch queue: more taken than there is");
    assert (redirect_i || !(response && count_q == 3'd4 && popped == 2'd0)) else $error("fetch queue: it overflows");
    assume (!redirect_i || redirect_ready_o) else $error("fetch: redirected while a request waits");
    assert (!instr_rvalid_i || busy_q) else $error("instruction port: a response to no request");
    assert (!(instr_req_o && busy_q && !instr_rvalid_i)) else $error("instruction port: two requests outstanding");
    assert (!(consume && predicted_o) || pending_q || (response && take_prediction))
      else $error("fetch queue: a prediction without its target");
  end
`endif
endmodule
