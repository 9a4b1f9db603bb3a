// SPDX-License-Identifier: Apache-2.0
// The transfers of a bus on both sides of its shim. The manager's n-th request is to the n-th word of a region, so that the
// port shows whose turn it is. The contents and the answer of one request, any, are fixed at the start: what is true of it is
// true of all. Proved: every request that is answered reached the port once, in its turn and as it was made, and its
// answer is the port's.
module lsgd_proof_scoreboard (
  input  logic        clk_i,
  input  logic        rst_ni,

  // The manager's side. Address and contents of a request may be taken at different times.
  input  logic        word_valid_i,
  input  logic        word_taken_i,
  input  logic [29:0] word_i,
  input  logic        contents_valid_i,
  input  logic        contents_taken_i,
  input  logic [36:0] contents_i,       // {write data (0 of reads), byte enables, write enable}
  input  logic        answer_i,
  input  logic [32:0] answer_data_i,    // {error, read data (0 of writes)}
  input  logic        give_up_i,        // the manager waits no longer: no answer

  // The port's side.
  input  logic        grant_i,
  input  logic [29:0] grant_word_i,
  input  logic [36:0] grant_contents_i,
  input  logic        response_i,
  input  logic [32:0] response_data_i
);
  (* anyconst *) logic [29:6] region;
  (* anyconst *) logic [5:0]  one;
  (* anyconst *) logic [36:0] contents_of_one;
  (* anyconst *) logic [32:0] answer_of_one;

  logic [5:0] words_q, contents_q, answers_q;  // taken, taken, given
  logic [5:0] granted_q;                       // requests up to the last one that was granted
  logic [5:0] index;
  logic       responded_q, responded;
  assign index = grant_word_i[5:0];
  assign responded = responded_q | response_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      words_q     <= 6'd0;
      contents_q  <= 6'd0;
      answers_q   <= 6'd0;
      granted_q   <= 6'd0;
      responded_q <= 1'b0;
    end else begin
      words_q     <= words_q + {5'd0, word_taken_i};
      contents_q  <= contents_q + {5'd0, contents_taken_i};
      answers_q   <= answers_q + {5'd0, answer_i | give_up_i};
      if (grant_i) granted_q <= index + 6'd1;
      responded_q <= responded & ~grant_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assume (words_q < 6'd60);
      assume (!word_valid_i || word_i == {region, words_q});
      assume (!contents_valid_i || contents_q != one || contents_i == contents_of_one);
      assume (!response_i || granted_q != one + 6'd1 || response_data_i == answer_of_one);

      assert (!grant_i || grant_word_i[29:6] == region);
      assert (!grant_i || (index >= granted_q && index <= words_q && index <= contents_q));
      assert (!grant_i || index != one || grant_contents_i == contents_of_one);
      assert (!answer_i || (granted_q == answers_q + 6'd1 && responded));
      assert (!answer_i || answers_q != one || answer_data_i == answer_of_one);
    end
    cover (rst_ni && answer_i && answers_q == one && one == 6'd1 && answer_of_one[32]);
    cover (rst_ni && answer_i && answers_q == one && one == 6'd1 && !answer_of_one[32] && answer_of_one != 33'd0);
  end
endmodule
