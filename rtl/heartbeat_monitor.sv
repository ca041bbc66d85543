// SPDX-License-Identifier: Apache-2.0
// Tells whether a server's heartbeats come: M misses among the last N end it, N hits in a row begin it.
// Hits and misses are two shift registers, so that an empty place is neither. Strobes rise in the very
// clock of the beat or of the timer's end; `alive` and `state` follow one clock later.
// Assumes 1 <= missed_max <= window <= 16 and beat_period >= 1 (registers.sv sees to it).
module heartbeat_monitor (
    input logic clk,
    input logic rst,

    input logic [23:0] clock,  // low bits of the pixel clock's count: time, also across clocks that were left out

    // from the link: a HEARTBEAT that counts, and the state that it says
    input logic       beat,
    input logic [7:0] beat_state,

    // configuration, may change at any clock
    input logic [ 4:0] missed_max,  // M
    input logic [ 4:0] window,      // N
    input logic [23:0] beat_period, // clocks

    output logic       alive,
    output logic       seen,          // a beat has come since reset
    output logic [7:0] state,         // as last said
    output logic       miss,          // strobe: a period went by without a beat
    output logic       beats_lost,    // strobe: `alive` ends
    output logic       beats_back,    // strobe: `alive` begins
    output logic       state_changed, // strobe: beat_state is not what `state` still holds
    output logic [23:0] since         // clock of the last beat or miss
);
  localparam int WINDOW = understudy_pkg::LIMIT_BEAT_WINDOW_MAX;

  logic [WINDOW-1:0] hits_q, hits_d, misses_q, misses_d, mask;
  logic [23:0] timer;  // clocks since then
  logic [4:0] missed_max_q, window_q, missed;

  assign mask = ~({WINDOW{1'b1}} << window);
  assign timer = clock - since;
  assign miss = seen && !beat && timer >= beat_period;
  assign state_changed = beat && beat_state != state;

  always_comb begin
    hits_d = hits_q;
    misses_d = misses_q;
    missed = '0;
    beats_lost = 1'b0;
    beats_back = 1'b0;
    if (missed_max != missed_max_q || window != window_q) begin
      hits_d = '0;
      misses_d = '0;
    end
    if (beat || miss) begin
      hits_d = {hits_d[WINDOW-2:0], beat};
      misses_d = {misses_d[WINDOW-2:0], !beat};
      for (int i = 0; i < WINDOW; i++) missed = missed + {4'd0, misses_d[i] && mask[i]};
      beats_lost = alive && miss && missed >= missed_max;
      beats_back = !alive && beat && (hits_d & mask) == mask;
    end
  end

  always_ff @(posedge clk) begin
    missed_max_q <= missed_max;
    window_q <= window;
    hits_q <= hits_d;
    misses_q <= misses_d;
    if (beat || miss) since <= clock;
    if (beat) begin
      seen <= 1'b1;
      state <= beat_state;
    end
    if (beats_lost) alive <= 1'b0;
    else if (beats_back) alive <= 1'b1;
    if (rst) begin
      hits_q <= '0;
      misses_q <= '0;
      seen <= 1'b0;
      alive <= 1'b0;
      state <= understudy_pkg::STATE_UNKNOWN;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // what registers.sv sees to; the proofs at fixed numbers set FORMAL_M and FORMAL_N
  always_comb begin
    assume (missed_max >= 5'd1 && missed_max <= window && window <= 5'(WINDOW) && beat_period >= 24'd1);
`ifdef FORMAL_M
    assume (missed_max == 5'(`FORMAL_M) && window == 5'(`FORMAL_N));
`endif
  end
  always_ff @(posedge clk)
    if (past_q) assume (beat_period == $past(beat_period) && clock == $past(clock) + 24'd1);

`ifdef FORMAL_COVER
  always_comb assume (beat_period == 24'd1 && beat_state == 8'd1);  // short ways to the covers
`endif
  // what has happened, newest in bit 0: was there anything, and was it a miss; clocks since
  logic [WINDOW-1:0] f_some, f_miss;
  logic [4:0] f_run;  // hits in a row
  logic [23:0] f_since;
  logic f_new_numbers;
  assign f_new_numbers = missed_max != missed_max_q || window != window_q;
  always_ff @(posedge clk) begin
    if (beat || miss) begin
      f_some <= {f_new_numbers ? {WINDOW - 1{1'b0}} : f_some[WINDOW-2:0], 1'b1};
      f_miss <= {f_new_numbers ? {WINDOW - 1{1'b0}} : f_miss[WINDOW-2:0], miss};
      f_run <= miss ? 5'd0 : f_new_numbers ? 5'd1 : f_run == 5'(WINDOW) ? f_run : f_run + 5'd1;
    end else if (f_new_numbers) begin
      f_some <= '0;
      f_miss <= '0;
      f_run <= '0;
    end
    f_since <= beat || miss ? 24'd1 : f_since + 24'd1;
    if (rst) begin
      f_some <= '0;
      f_miss <= '0;
      f_run <= '0;
    end
  end
  logic [4:0] f_missed;  // among the last N, with this clock's
  always_comb begin
    f_missed = {4'd0, miss};
    if (!f_new_numbers)
      for (int i = 0; i < WINDOW - 1; i++)
        if (5'(i) + 5'd1 < window) f_missed = f_missed + {4'd0, f_some[i] && f_miss[i]};
  end

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // M-1 misses among the last N never trip
      if (beats_lost) assert (f_missed >= missed_max);
      // M misses among the last N always trip, in the clock of the M-th
      if (alive && miss && f_missed >= missed_max) assert (beats_lost);
      // a server comes to life only after N hits in a row
      if (beats_back) assert (beat && (window == 5'd1 || (!f_new_numbers && f_run + 5'd1 >= window)));
      // N hits in a row always bring it to life
      if (!alive && beat && !f_new_numbers && f_run + 5'd1 >= window) assert (beats_back);
      // a miss is told exactly BEAT_PERIOD clocks after the last beat or miss, and never in a beat's clock
      if (miss) assert (!beat && f_since == beat_period);
      // silence longer than that is always told
      if (seen && f_since == beat_period) assert (beat || miss);
      // before the first beat nothing happens
      if (!seen) assert (!alive && !miss && !beats_lost);
      // the window holds what has happened (for the induction)
      assert (misses_q == (f_some & f_miss) && hits_q == (f_some & ~f_miss));
      assert (f_run <= 5'(WINDOW) && (~hits_q & ~({WINDOW{1'b1}} << f_run)) == '0);
      if (f_run < 5'(WINDOW)) assert (!hits_q[f_run[3:0]]);
      if (seen) assert (timer == f_since && timer >= 24'd1 && timer <= beat_period);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // alive changes only with its strobes
      assert (alive == (($past(alive) && !$past(beats_lost)) || $past(beats_back)));
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (beats_back);
      cover (beats_lost);
      cover (alive && !beats_lost && f_missed + 5'd1 == missed_max);
    end
`endif
endmodule
