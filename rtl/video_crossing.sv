// SPDX-License-Identifier: Apache-2.0
// Brings a video input into the gate's clock: an asynchronous FIFO of 2^DEPTH_LOG2 pixels with Gray-coded
// pointers through two flip-flops each way. A source cannot be held back, so a pixel that finds it full is
// dropped and `overflow` tells; as long as the gate's clock times a line's active part in, the FIFO drains in
// every blanking. Pixels leave in order, at most one a clock, about four read clocks after they came.
module video_crossing #(
    parameter int DEPTH_LOG2 = 4  // 3..10
) (
    // source's clock
    input logic        write_clk,
    input logic        write_rst,
    input logic [23:0] in_tdata,
    input logic        in_tvalid,
    input logic        in_tuser,
    input logic        in_tlast,
    output logic       overflow,  // strobe: a pixel was dropped

    // gate's clock
    input  logic        read_clk,
    input  logic        read_rst,
    output logic [23:0] out_tdata,
    output logic        out_tvalid,
    output logic        out_tuser,
    output logic        out_tlast
);
  localparam int DEPTH = 1 << DEPTH_LOG2;

  if (DEPTH_LOG2 < 3 || DEPTH_LOG2 > 10) $error("DEPTH_LOG2 out of range");

  logic [25:0] memory[0:DEPTH-1];

  // pointers have one bit more than an address: full and empty differ in it
  logic [DEPTH_LOG2:0] write_q, write_gray_q, read_q, read_gray_q;
  logic [DEPTH_LOG2:0] write_gray_1_q, write_gray_2_q;  // in the gate's clock
  logic [DEPTH_LOG2:0] read_gray_1_q, read_gray_2_q;    // in the source's clock
  logic [DEPTH_LOG2:0] write_next, read_next;
  logic full, empty;

  assign write_next = write_q + 1'b1;
  assign read_next = read_q + 1'b1;
  assign full = write_gray_q == {~read_gray_2_q[DEPTH_LOG2-:2], read_gray_2_q[DEPTH_LOG2-2:0]};
  assign empty = read_gray_q == write_gray_2_q;

  always_ff @(posedge write_clk) begin
    read_gray_1_q <= read_gray_q;
    read_gray_2_q <= read_gray_1_q;
    overflow <= in_tvalid && full;
    if (in_tvalid && !full) begin
      memory[write_q[DEPTH_LOG2-1:0]] <= {in_tlast, in_tuser, in_tdata};
      write_q <= write_next;
      write_gray_q <= write_next ^ (write_next >> 1);
    end
    if (write_rst) begin
      read_gray_1_q <= '0;
      read_gray_2_q <= '0;
      overflow <= 1'b0;
      write_q <= '0;
      write_gray_q <= '0;
    end
  end

  always_ff @(posedge read_clk) begin
    write_gray_1_q <= write_gray_q;
    write_gray_2_q <= write_gray_1_q;
    out_tvalid <= !empty;
    if (!empty) begin
      {out_tlast, out_tuser, out_tdata} <= memory[read_q[DEPTH_LOG2-1:0]];
      read_q <= read_next;
      read_gray_q <= read_next ^ (read_next >> 1);
    end
    if (read_rst) begin
      write_gray_1_q <= '0;
      write_gray_2_q <= '0;
      out_tvalid <= 1'b0;
      read_q <= '0;
      read_gray_q <= '0;
    end
  end
endmodule
