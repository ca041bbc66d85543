// SPDX-License-Identifier: Apache-2.0
// The iCE40's memory block as a design read back from a bitstream uses it: 256 words of 16 bits, or (modes 1, 2, 3)
// twice, four, eight times as many of 8, 4, 2 bits, whose highest address bits name a bit of each group.
// A word that is read in the clock in which it is written: what was there.
module SB_RAM40_4K #(
    parameter int READ_MODE = 0,
    parameter int WRITE_MODE = 0,
    parameter logic [255:0] INIT_0 = '0, INIT_1 = '0, INIT_2 = '0, INIT_3 = '0,
    parameter logic [255:0] INIT_4 = '0, INIT_5 = '0, INIT_6 = '0, INIT_7 = '0,
    parameter logic [255:0] INIT_8 = '0, INIT_9 = '0, INIT_A = '0, INIT_B = '0,
    parameter logic [255:0] INIT_C = '0, INIT_D = '0, INIT_E = '0, INIT_F = '0
) (
    input  logic        WCLK,
    input  logic        WCLKE,
    input  logic        WE,
    input  logic [10:0] WADDR,
    input  logic [15:0] MASK,
    input  logic [15:0] WDATA,
    input  logic        RCLK,
    input  logic        RCLKE,
    input  logic        RE,
    input  logic [10:0] RADDR,
    output logic [15:0] RDATA
);
  localparam logic [4095:0] INIT = {
    INIT_F, INIT_E, INIT_D, INIT_C, INIT_B, INIT_A, INIT_9, INIT_8,
    INIT_7, INIT_6, INIT_5, INIT_4, INIT_3, INIT_2, INIT_1, INIT_0
  };
  logic [15:0] memory[0:255];
  logic [15:0] read_q;  // only the bits that the address names
  logic [15:0] write_bits, write_data, read_bits;

  initial for (int i = 0; i < 256; i++) memory[i] = INIT[i*16+:16];

  // a group of 2, 4, 8 bits holds one bit of as many words; data stands at one place of the group
  function automatic logic [15:0] named(input int mode, input logic [2:0] high);
    for (int i = 0; i < 16; i++)
      named[i] = mode == 0 || 3'(i & ((1 << mode) - 1)) == (high & 3'((1 << mode) - 1));
  endfunction

  function automatic int place(input int mode, input int group);
    place = (group << mode) + (mode == 1 ? 0 : mode == 2 ? 1 : 3);
  endfunction

  assign read_bits = named(READ_MODE, RADDR[10:8]);
  assign write_bits = named(WRITE_MODE, WADDR[10:8]) & (WRITE_MODE == 0 ? ~MASK : '1);

  always_comb begin
    write_data = WDATA;
    if (WRITE_MODE != 0)
      for (int i = 0; i < 16; i++) write_data[i] = WDATA[place(WRITE_MODE, i >> WRITE_MODE)];
  end

  always_comb begin
    RDATA = read_q;
    if (READ_MODE != 0) begin
      RDATA = '0;
      for (int i = 0; i < 16; i++)
        if (read_q[i]) RDATA[place(READ_MODE, i >> READ_MODE)] = 1'b1;
    end
  end

  always_ff @(posedge WCLK)
    if (WE && WCLKE)
      memory[WADDR[7:0]] <= (memory[WADDR[7:0]] & ~write_bits) | (write_data & write_bits);

  always_ff @(posedge RCLK) if (RE && RCLKE) read_q <= memory[RADDR[7:0]] & read_bits;
endmodule
