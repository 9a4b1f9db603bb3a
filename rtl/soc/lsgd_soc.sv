// SPDX-License-Identifier: Apache-2.0
// A core, RAM and devices (memory map: lsgd_soc_pkg), with the ports a simulation needs to load a
// program, exchange bytes and watch the data bus. All inputs but the received byte are registered, so
// outputs change with the clock only.
module lsgd_soc #(
  parameter int RamBytes = 1 << 24,  // a power of two: the most that there may be
  parameter bit          Rvfi     = 1'b0      // see lsgd_core; also checks memory requests
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [31:0] boot_addr_i,         // constant after reset
  input  logic [31:0] ram_bytes_i,         // the same; a power of two, at most RamBytes

  // Writes words of the RAM; use while in reset.
  input  logic        load_i,
  input  logic [31:0] load_addr_i,
  input  logic [31:0] load_data_i,

  // Memory stalls of the next cycle: {instruction response, grant, data response, grant}.
  input  logic [3:0]  stall_i,

  // A received byte, taken when the receiver is empty; by the program at once if it reads just then.
  input  logic        receive_i,
  input  logic [7:0]  receive_data_i,

  // What happens in this cycle: {empty receiver read, exit write, byte transmitted, empty receiver
  // polled, data access}.
  output logic [4:0]  event_o,
  output logic [31:0] data_addr_o,         // of the access; also valid for the other events
  output logic        data_we_o,
  output logic [3:0]  data_be_o,
  output logic [31:0] data_wdata_o,
  output logic        retire_o,

  output logic        rvfi_valid,
  output logic [63:0] rvfi_order,
  output logic [31:0] rvfi_insn,
  output logic        rvfi_trap,
  output logic        rvfi_halt,
  output logic        rvfi_intr,
  output logic [1:0]  rvfi_mode,
  output logic [1:0]  rvfi_ixl,
  output logic [4:0]  rvfi_rs1_addr,
  output logic [4:0]  rvfi_rs2_addr,
  output logic [31:0] rvfi_rs1_rdata,
  output logic [31:0] rvfi_rs2_rdata,
  output logic [4:0]  rvfi_rd_addr,
  output logic [31:0] rvfi_rd_wdata,
  output logic [31:0] rvfi_pc_rdata,
  output logic [31:0] rvfi_pc_wdata,
  output logic [31:0] rvfi_mem_addr,
  output logic [3:0]  rvfi_mem_rmask,
  output logic [3:0]  rvfi_mem_wmask,
  output logic [31:0] rvfi_mem_rdata,
  output logic [31:0] rvfi_mem_wdata
);
  localparam int RamBits = $clog2(RamBytes);

  logic        load_q;
  logic [31:0] load_addr_q, load_data_q, boot_addr_q;
  logic [31:0] outside_ram_q;  // address bits that differ from the base's outside the RAM only
  logic [3:0]  stall_q;
  always_ff @(posedge clk_i) begin
    load_q      <= load_i;
    load_addr_q <= load_addr_i;
    load_data_q <= load_data_i;
    boot_addr_q <= boot_addr_i;
    outside_ram_q <= ~(ram_bytes_i - 32'd1);
    stall_q     <= stall_i;
  end

  logic        instr_req, instr_gnt, instr_rvalid;
  logic [31:0] instr_addr, instr_rdata;
  logic        data_req, data_gnt, data_rvalid;
  logic [31:0] data_rdata;
  logic        irq_timer, irq_software, irq_external;
  logic [63:0] mtime;
  logic        instr_err_q, data_err_q;

  core_wrapper #(.Rvfi(Rvfi)) u_core (
    .clk_i, .rst_ni, .boot_addr_i(boot_addr_q),
    .instr_req_o(instr_req), .instr_gnt_i(instr_gnt), .instr_addr_o(instr_addr),
    .instr_rvalid_i(instr_rvalid), .instr_rdata_i(instr_rdata), .instr_err_i(instr_err_q),
    .data_req_o(data_req), .data_gnt_i(data_gnt), .data_addr_o, .data_we_o, .data_be_o, .data_wdata_o,
    .data_rvalid_i(data_rvalid), .data_rdata_i(data_rdata), .data_err_i(data_err_q),
    .irq_software_i(irq_software), .irq_timer_i(irq_timer), .irq_external_i(irq_external), .time_i(mtime),
    .retire_o,
    .rvfi_valid, .rvfi_order, .rvfi_insn, .rvfi_trap, .rvfi_halt, .rvfi_intr, .rvfi_mode, .rvfi_ixl,
    .rvfi_rs1_addr, .rvfi_rs2_addr, .rvfi_rs1_rdata, .rvfi_rs2_rdata, .rvfi_rd_addr, .rvfi_rd_wdata,
    .rvfi_pc_rdata, .rvfi_pc_wdata, .rvfi_mem_addr, .rvfi_mem_rmask, .rvfi_mem_wmask,
    .rvfi_mem_rdata, .rvfi_mem_wdata
  );

  lsgd_soc_port #(.CheckRequests(Rvfi)) u_instr_port (
    .clk_i, .rst_ni, .deny_grant_i(stall_q[2]), .delay_response_i(stall_q[3]),
    .req_i(instr_req), .request_i({37'd0, instr_addr}), .gnt_o(instr_gnt), .rvalid_o(instr_rvalid)
  );
  lsgd_soc_port #(.CheckRequests(Rvfi)) u_data_port (
    .clk_i, .rst_ni, .deny_grant_i(stall_q[0]), .delay_response_i(stall_q[1]),
    .req_i(data_req),
    .request_i({data_we_o ? data_wdata_o : 32'd0, data_be_o, data_we_o, data_addr_o}), .gnt_o(data_gnt), .rvalid_o(data_rvalid)
  );

  // Address decoding.
  logic instr_in_ram, to_ram, to_exit, to_timer, to_bytes, timer_known;
  assign instr_in_ram = (((instr_addr ^ lsgd_soc_pkg::RamBase) & outside_ram_q) == 32'd0);
  assign to_ram   = (((data_addr_o ^ lsgd_soc_pkg::RamBase) & outside_ram_q) == 32'd0);
  assign to_exit  = (data_addr_o[31:2] == lsgd_soc_pkg::ExitBase[31:2]);
  assign to_timer = (data_addr_o[31:16] == lsgd_soc_pkg::TimerBase[31:16]) & timer_known;
  assign to_bytes = (data_addr_o[31:3] == lsgd_soc_pkg::BytesBase[31:3]);

  logic [31:0] ram_rdata, timer_rdata;
  lsgd_soc_ram #(.Bytes(RamBytes)) u_ram (
    .clk_i,
    .load_i(load_q), .load_addr_i(load_addr_q[RamBits-1:2]), .load_data_i(load_data_q),
    .instr_read_i(instr_gnt), .instr_addr_i(instr_addr[RamBits-1:2]), .instr_data_o(instr_rdata),
    .data_access_i(data_gnt & to_ram), .data_addr_i(data_addr_o[RamBits-1:2]),
    .data_write_i(data_we_o), .data_be_i(data_be_o), .data_wdata_i(data_wdata_o),
    .data_rdata_o(ram_rdata)
  );
  lsgd_soc_timer u_timer (
    .clk_i, .rst_ni,
    .write_i(data_gnt & to_timer & data_we_o & (data_be_o == 4'b1111)), .addr_i(data_addr_o[15:2]),
    .wdata_i(data_wdata_o), .rdata_o(timer_rdata), .known_o(timer_known),
    .time_o(mtime), .irq_timer_o(irq_timer), .irq_software_o(irq_software),
    .irq_external_o(irq_external)
  );

  // Byte device.
  logic       received_q;
  logic [7:0] received_data_q;
  logic       receives, bytes_read, status_read;
  assign receives    = receive_i & ~received_q;
  assign bytes_read  = data_gnt & to_bytes & ~data_we_o & ~data_addr_o[2] & data_be_o[0];
  assign status_read = data_gnt & to_bytes & ~data_we_o & data_addr_o[2] & data_be_o[1];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      received_q      <= 1'b0;
      received_data_q <= 8'd0;
    end else if (receives) begin
      received_q      <= ~bytes_read;
      received_data_q <= receive_data_i;
    end else if (bytes_read) begin
      received_q <= 1'b0;
    end
  end

  // Device reads are registered like the RAM's.
  logic        device_q;
  logic [31:0] device_rdata_q;
  always_ff @(posedge clk_i) begin
    if (instr_gnt) instr_err_q <= ~instr_in_ram;
    if (data_gnt) begin
      data_err_q <= ~(to_ram | (to_exit & data_we_o) | to_timer | to_bytes);
      device_q   <= ~to_ram;
      if (!to_ram) begin
        device_rdata_q <= to_timer ? timer_rdata
                        : data_addr_o[2] ? {16'd0, 2'b01, 1'b1, 4'd0, received_q, 8'd0}
                                         : {24'd0, receives ? receive_data_i : received_data_q};
      end
    end
  end
  assign data_rdata = device_q ? device_rdata_q : ram_rdata;

  assign event_o = {bytes_read & ~received_q,
                    data_gnt & to_exit & data_we_o,
                    data_gnt & to_bytes & data_we_o & ~data_addr_o[2] & data_be_o[0],
                    status_read & ~received_q,
                    data_gnt};

  logic unused;
  assign unused = ^{instr_addr[1:0], load_addr_q[31:RamBits], load_addr_q[1:0], data_addr_o[1:0]};
endmodule
