// SPDX-License-Identifier: Apache-2.0
// A serial line (8 data bits, no parity, one stop bit) to bytes. The start bit's edge sets the time; each bit is
// looked at in its middle. A byte whose stop bit is not there is dropped: the link's frames have a checksum.
// A byte leaves in the middle of its stop bit. The line may come from another clock: two registers take it in.
module uart_receiver #(
    parameter int BIT_CLOCKS = 25,  // clocks a bit, 8..4096
    parameter int HALF = 0          // 1: and a half, as one more in each second bit
) (
    input logic clk,
    input logic rst,

    input logic line,  // idle high

    output logic [7:0] tdata,
    output logic       tvalid  // strobe
);
  localparam int COUNT = $clog2(BIT_CLOCKS + HALF);

  if (BIT_CLOCKS < 8 || BIT_CLOCKS > 4096) $error("BIT_CLOCKS out of range");
  if (HALF != 0 && HALF != 1) $error("HALF out of range");

  logic line_1_q, line_2_q;
  logic busy_q;
  logic [COUNT-1:0] wait_q;  // clocks until the line is looked at
  logic [3:0] bit_q;         // 0 the start bit, 1..8 data, 9 the stop bit

  always_ff @(posedge clk) begin
    line_1_q <= line;
    line_2_q <= line_1_q;
    tvalid <= 1'b0;
    wait_q <= wait_q - 1'b1;
    if (!busy_q) begin
      busy_q <= !line_2_q;
      wait_q <= COUNT'(BIT_CLOCKS / 2 - 1);
      bit_q <= '0;
    end else if (wait_q == '0) begin
      wait_q <= bit_q[0] ? COUNT'(BIT_CLOCKS - 1 + HALF) : COUNT'(BIT_CLOCKS - 1);
      bit_q <= bit_q + 4'd1;
      if (bit_q == 4'd0 && line_2_q) busy_q <= 1'b0;  // too short for a start bit
      if (bit_q == 4'd9) begin
        busy_q <= 1'b0;
        tvalid <= line_2_q;
      end else tdata <= {line_2_q, tdata[7:1]};
    end
    if (rst) begin
      line_1_q <= 1'b1;
      line_2_q <= 1'b1;
      busy_q <= 1'b0;
      tvalid <= 1'b0;
    end
  end
endmodule
