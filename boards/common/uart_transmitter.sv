// SPDX-License-Identifier: Apache-2.0
// Bytes to a serial line: 8 data bits, no parity, one stop bit, the lowest bit first. A byte is taken while the
// line is idle; the next one ten bit times later at the earliest. The line is a register.
module uart_transmitter #(
    parameter int BIT_CLOCKS = 25,  // clocks a bit, 2..4096
    parameter int HALF = 0          // 1: and a half, as one more in each second bit
) (
    input logic clk,
    input logic rst,

    input  logic [7:0] tdata,
    input  logic       tvalid,
    output logic       tready,

    output logic line  // idle high
);
  localparam int COUNT = $clog2(BIT_CLOCKS + HALF);

  if (BIT_CLOCKS < 2 || BIT_CLOCKS > 4096) $error("BIT_CLOCKS out of range");
  if (HALF != 0 && HALF != 1) $error("HALF out of range");

  logic [8:0] bits_q;        // data, then ones
  logic [3:0] left_q;        // bits still to be on the line, this one counted in
  logic [COUNT-1:0] wait_q;  // clocks of this bit that are left

  assign tready = left_q == '0;

  always_ff @(posedge clk) begin
    wait_q <= wait_q - 1'b1;
    if (tready) begin
      if (tvalid) begin
        line <= 1'b0;
        bits_q <= {1'b1, tdata};
        left_q <= 4'd10;
        wait_q <= COUNT'(BIT_CLOCKS - 1);
      end
    end else if (wait_q == '0) begin
      wait_q <= left_q[0] ? COUNT'(BIT_CLOCKS - 1) : COUNT'(BIT_CLOCKS - 1 + HALF);
      left_q <= left_q - 4'd1;
      line <= bits_q[0];
      bits_q <= {1'b1, bits_q[8:1]};
    end
    if (rst) begin
      line <= 1'b1;
      left_q <= '0;
    end
  end
endmodule
