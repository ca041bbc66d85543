// SPDX-License-Identifier: Apache-2.0
// Says in which clocks the deciding half has work: when something reaches it, while it says that it is busy, and
// for LINGER clocks after, so that each strobe inside it has come and gone before it rests. `awake` is
// combinational: awake_clk must rise with this clock's end if `awake` is high, and may if it is low. This block's
// own register is on it too.
module control_wake #(
    parameter int LINGER = 12  // clocks, 8..15
) (
    input logic clk,  // awake_clk
    input logic rst,

    input logic cause,  // something reaches the deciding half in this clock
    input logic moves,  // what it has to give is taken
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
  logic due, stays;

  if (LINGER < 8 || LINGER > 15) $error("LINGER out of range");

  assign gap_a = clock - since[23:0];
  assign gap_b = clock - since[47:24];
  assign due = (timing[0] && gap_a >= period) || (timing[1] && gap_b >= period);
  assign awake = rst || cause || moves || due || stays;

  always_comb begin  // all of it from that half itself: stands still while it rests
    stays = busy;
    if (linger_q != '0) stays = 1'b1;
  end

  always_ff @(posedge clk) begin
    if (rst || cause || due) linger_q <= 4'(LINGER);
    else if (linger_q != '0) linger_q <= linger_q - 4'd1;
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // a server's gap is over: as many clocks as a period have gone by since its last beat or miss
  logic f_over_a, f_over_b, f_reason;
  logic [4:0] f_quiet;  // clocks since the last one with a reason to wake
  assign f_over_a = timing[0] && 24'(clock - since[23:0]) >= period;
  assign f_over_b = timing[1] && 24'(clock - since[47:24]) >= period;
  assign f_reason = cause || f_over_a || f_over_b;
  always_ff @(posedge clk)
    if (rst || f_reason) f_quiet <= 5'd1;
    else if (f_quiet != '1) f_quiet <= f_quiet + 5'd1;

  always_ff @(posedge clk)
    if (past_q) begin
      // it never rests in a clock in which something reaches it
      if (cause || rst) assert (awake);
      // it never rests while there is work that goes on by itself
      if (busy || moves) assert (awake);
      // it never rests in a clock in which a miss is due, of either server
      if (f_over_a || f_over_b) assert (awake);
      // it stays awake for LINGER clocks after each of these
      if (f_quiet <= 5'(LINGER)) assert (awake);
      // and rests in every other clock
      if (!rst && !f_reason && !busy && !moves && f_quiet > 5'(LINGER)) assert (!awake);
      // what it holds does not move in a clock that it leaves out, so it may leave it out itself
      if (!$past(awake)) assert (linger_q == $past(linger_q));
      // what lingers is what is left of them (for the induction)
      assert (f_quiet >= 5'd1 && 5'(linger_q) == (f_quiet <= 5'(LINGER) ? 5'(LINGER) + 5'd1 - f_quiet : 5'd0));
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(awake)) begin
      cover (awake && cause && !busy && !moves && !f_over_a && !f_over_b);
      cover (awake && busy && !cause && !moves && !f_over_a && !f_over_b);
      cover (awake && f_over_a && !f_over_b && !cause && !busy && !moves);
      cover (awake && f_over_b && !f_over_a && !cause && !busy && !moves);
    end
`endif
endmodule
