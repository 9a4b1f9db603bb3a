// SPDX-License-Identifier: Apache-2.0
// Direct-mapped table of taken branches and jumps, looked up with the address of the word being
// fetched. It names the halfword of that word where a branch ends and where the branch went last
// time, so the next fetch needs neither the instruction nor the registers. Entries hold addresses
// within an aligned region only and may be stale: execution checks each prediction.
module lsgd_core_branch_predictor #(
  parameter int Entries    = 64,  // a power of two, at least 2
  parameter int RegionBits = 15   // log2 bytes of a region; jumps out of it are not kept
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic [31:2] lookup_i,
  output logic        hit_o,
  output logic        last_half_o,     // the branch ends in this halfword of the word
  output logic [31:1] target_o,

  input  logic        update_i,        // what execution found differs from the prediction
  input  logic        update_taken_i,  // 0: forget the entry
  input  logic [31:1] update_last_i,   // address of the branch's last halfword
  input  logic [31:1] update_target_i
);
  localparam int IndexBits = $clog2(Entries);
  localparam int TagBits   = RegionBits - IndexBits - 2;

  logic [Entries-1:0]    valid_q;
  logic [TagBits-1:0]    tag_q [Entries];
  logic                  last_half_q [Entries];
  logic [RegionBits-1:1] target_q [Entries];
  logic [IndexBits-1:0]  lookup_index, update_index;

  assign lookup_index = lookup_i[IndexBits+1:2];
  assign hit_o = valid_q[lookup_index] & (tag_q[lookup_index] == lookup_i[IndexBits+2 +: TagBits]);
  assign last_half_o = last_half_q[lookup_index];
  assign target_o = {lookup_i[31:RegionBits], target_q[lookup_index]};

  logic same_region;
  assign update_index = update_last_i[IndexBits+1:2];
  assign same_region = (update_target_i[31:RegionBits] == update_last_i[31:RegionBits]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
    end else if (update_i) begin
      valid_q[update_index] <= update_taken_i & same_region;
    end
  end

  always_ff @(posedge clk_i) begin
    if (update_i & update_taken_i) begin
      tag_q[update_index]       <= update_last_i[IndexBits+2 +: TagBits];
      last_half_q[update_index] <= update_last_i[1];
      target_q[update_index]    <= update_target_i[RegionBits-1:1];
    end
  end
endmodule
