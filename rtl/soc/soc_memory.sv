// SPDX-License-Identifier: Apache-2.0
// The core's memory, one port, a word in two clocks. The core's registers stand in its last 64 words (48 are used), so they
// need no memory of their own. Nothing clears it: what is in it stays over a reset.
module soc_memory #(
    parameter int WORDS = 256  // a power of two, 128..16384
) (
    input logic clk,
    input logic rst,

    input  logic        valid,
    input  logic        write,
    input  logic        is_register,
    input  logic [ 5:0] index,
    input  logic [31:0] addr,   // bytes, modulo the memory's size
    input  logic [ 3:0] strobe,
    input  logic [31:0] wdata,
    output logic        ready,
    output logic [31:0] rdata   // with ready
);
  localparam int BITS = $clog2(WORDS);
  if (WORDS != 1 << BITS || WORDS < 128 || WORDS > 16384) $error("WORDS out of range");

  logic [31:0] word_q[0:WORDS-1];
  logic [BITS-1:0] at;
  logic [3:0] lanes;
  assign at = is_register ? {{BITS - 6{1'b1}}, index} : addr[BITS+1:2];
  assign lanes = write && valid ? strobe | {4{is_register}} : 4'd0;

  always_ff @(posedge clk) begin
    for (int i = 0; i < 4; i++) if (lanes[i]) word_q[at][8*i+:8] <= wdata[8*i+:8];
    rdata <= word_q[at];
    ready <= valid && !ready;
    if (rst) ready <= 1'b0;
  end

  logic unused;
  assign unused = &{1'b0, addr[31:BITS+2], addr[1:0]};
endmodule
