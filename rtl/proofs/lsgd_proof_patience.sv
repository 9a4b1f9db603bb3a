// SPDX-License-Identifier: Apache-2.0
// Nothing waits for ever: where neither side makes the other wait, what is asked for comes within Cycles.
module lsgd_proof_patience #(
  parameter int Cycles = 8
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic waiting_i,  // still asked for
  input  logic prompt_i    // nobody makes anybody wait in this cycle
);
  logic [7:0] cycles_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                    cycles_q <= 8'd0;
    else if (waiting_i && prompt_i) cycles_q <= cycles_q + 8'd1;
    else                            cycles_q <= 8'd0;
  end
  always_ff @(posedge clk_i) if (rst_ni) assert (cycles_q < Cycles);
endmodule
