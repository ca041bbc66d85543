// SPDX-License-Identifier: Apache-2.0
// Says in which clocks the deciding half has work: when something reaches it, while it says that it is busy, and
// for LINGER clocks after, so that each strobe inside it has come and gone before it rests. `awake` is
// combinational: awake_clk must rise with this clock's end if `awake` is high, and may if it is low.
module control_wake #(
    parameter int LINGER = 12  // clocks, 8..15
) (
    input logic clk,
    input logic rst,

    input logic cause,  // something reaches the deciding half in this clock
    input logic busy,   // it goes on by itself

    // heartbeats' gap timers, A low: a miss is due `period` clocks after `since` (low 24 bits of the clock)
    input logic [23:0] clock,
    input logic [47:0] since,
    input logic [ 1:0] timing,
    input logic [23:0] period,

    output logic awake
);
  logic [3:0] linger_q;
  logic [23:0] gap_a, gap_b;
  logic due;

  if (LINGER < 8 || LINGER > 15) $error("LINGER out of range");

  assign gap_a = clock - since[23:0];
  assign gap_b = clock - since[47:24];
  assign due = (timing[0] && gap_a >= period) || (timing[1] && gap_b >= period);
  assign awake = rst || cause || busy || due || linger_q != '0;

  always_ff @(posedge clk) begin
    if (rst || cause || due) linger_q <= 4'(LINGER);
    else if (linger_q != '0) linger_q <= linger_q - 4'd1;
  end
endmodule
