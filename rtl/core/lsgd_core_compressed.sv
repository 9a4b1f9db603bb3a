// SPDX-License-Identifier: Apache-2.0
// Expands a 16-bit instruction of the C extension (RV32, no floating point) into the 32-bit
// instruction it stands for, and passes 32-bit instructions through.
module lsgd_core_compressed (
  input  logic [31:0] instruction_i,  // a 16-bit instruction lies in the low half
  output logic [31:0] instruction_o,
  output logic        compressed_o,
  output logic        illegal_o       // reserved or unsupported 16-bit encoding
);
  localparam logic [6:0] Load   = {lsgd_core_pkg::OpcodeLoad, 2'b11};
  localparam logic [6:0] OpImm  = {lsgd_core_pkg::OpcodeOpImm, 2'b11};
  localparam logic [6:0] Store  = {lsgd_core_pkg::OpcodeStore, 2'b11};
  localparam logic [6:0] Op     = {lsgd_core_pkg::OpcodeOp, 2'b11};
  localparam logic [6:0] Lui    = {lsgd_core_pkg::OpcodeLui, 2'b11};
  localparam logic [6:0] Branch = {lsgd_core_pkg::OpcodeBranch, 2'b11};
  localparam logic [6:0] Jalr   = {lsgd_core_pkg::OpcodeJalr, 2'b11};
  localparam logic [6:0] Jal    = {lsgd_core_pkg::OpcodeJal, 2'b11};
  localparam logic [31:0] Ebreak = 32'h0010_0073;

  logic [15:0] c;
  assign c = instruction_i[15:0];

  logic [4:0] rd, rs2, rd_short, rs1_short;  // the short fields name x8 to x15
  assign rd        = c[11:7];
  assign rs2       = c[6:2];
  assign rs1_short = {2'b01, c[9:7]};
  assign rd_short  = {2'b01, c[4:2]};

  logic [11:0] immediate;                    // of c.addi, c.li, c.andi
  assign immediate = {{7{c[12]}}, c[6:2]};
  logic [20:1] jump;
  assign jump = {{10{c[12]}}, c[8], c[10:9], c[6], c[7], c[2], c[11], c[5:3]};
  logic [12:1] branch;
  assign branch = {{5{c[12]}}, c[6:5], c[2], c[11:10], c[4:3]};
  logic [6:0] word_offset;                   // of c.lw, c.sw
  assign word_offset = {c[5], c[12:10], c[6], 2'b00};

  assign compressed_o = (c[1:0] != 2'b11);

  always_comb begin
    illegal_o = 1'b0;
    instruction_o = instruction_i;
    unique case ({c[15:13], c[1:0]})
      5'b000_00: begin  // c.addi4spn
        instruction_o = {2'b00, c[10:7], c[12:11], c[5], c[6], 2'b00, 5'd2, 3'b000, rd_short, OpImm};
        illegal_o = (c[12:5] == 8'd0);
      end
      5'b010_00: instruction_o = {5'd0, word_offset, rs1_short, 3'b010, rd_short, Load};  // c.lw
      5'b110_00: instruction_o = {5'd0, word_offset[6:5], rd_short, rs1_short, 3'b010,
                                  word_offset[4:0], Store};  // c.sw
      5'b000_01: instruction_o = {immediate, rd, 3'b000, rd, OpImm};  // c.addi, c.nop
      5'b001_01: instruction_o = {jump[20], jump[10:1], jump[11], jump[19:12], 5'd1, Jal};  // c.jal
      5'b010_01: instruction_o = {immediate, 5'd0, 3'b000, rd, OpImm};  // c.li
      5'b011_01: begin  // c.lui, c.addi16sp
        instruction_o = (rd == 5'd2)
            ? {{3{c[12]}}, c[4:3], c[5], c[2], c[6], 4'd0, 5'd2, 3'b000, 5'd2, OpImm}
            : {{15{c[12]}}, c[6:2], rd, Lui};
        illegal_o = ({c[12], c[6:2]} == 6'd0);
      end
      5'b100_01: begin
        unique case (c[11:10])
          2'b00, 2'b01: begin  // c.srli, c.srai
            instruction_o = {1'b0, c[10], 5'd0, c[6:2], rs1_short, 3'b101, rs1_short, OpImm};
            illegal_o = c[12];
          end
          2'b10: instruction_o = {immediate, rs1_short, 3'b111, rs1_short, OpImm};  // c.andi
          default: begin
            unique case (c[6:5])
              2'b00: instruction_o = {7'h20, rd_short, rs1_short, 3'b000, rs1_short, Op};  // c.sub
              2'b01: instruction_o = {7'h00, rd_short, rs1_short, 3'b100, rs1_short, Op};  // c.xor
              2'b10: instruction_o = {7'h00, rd_short, rs1_short, 3'b110, rs1_short, Op};  // c.or
              default: instruction_o = {7'h00, rd_short, rs1_short, 3'b111, rs1_short, Op};  // c.and
            endcase
            illegal_o = c[12];
          end
        endcase
      end
      5'b101_01: instruction_o = {jump[20], jump[10:1], jump[11], jump[19:12], 5'd0, Jal};  // c.j
      5'b110_01, 5'b111_01:  // c.beqz, c.bnez
        instruction_o = {branch[12], branch[10:5], 5'd0, rs1_short, 2'b00, c[13], branch[4:1],
                         branch[11], Branch};
      5'b000_10: begin  // c.slli
        instruction_o = {7'd0, rs2, rd, 3'b001, rd, OpImm};
        illegal_o = c[12];
      end
      5'b010_10: begin  // c.lwsp
        instruction_o = {4'd0, c[3:2], c[12], c[6:4], 2'b00, 5'd2, 3'b010, rd, Load};
        illegal_o = (rd == 5'd0);
      end
      5'b100_10: begin
        if (rs2 != 5'd0) begin  // c.mv, c.add
          instruction_o = {7'd0, rs2, c[12] ? rd : 5'd0, 3'b000, rd, Op};
        end else if (rd != 5'd0) begin  // c.jr, c.jalr
          instruction_o = {12'd0, rd, 3'b000, 4'd0, c[12], Jalr};
        end else begin
          instruction_o = Ebreak;
          illegal_o = ~c[12];
        end
      end
      5'b110_10: instruction_o = {4'd0, c[8:7], c[12], rs2, 5'd2, 3'b010, c[11:9], 2'b00, Store};  // c.swsp
      default: illegal_o = compressed_o;
    endcase
  end
endmodule
