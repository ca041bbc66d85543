// SPDX-License-Identifier: Apache-2.0
// Tells whether a server's heartbeats come: M misses among the last N end it, N hits in a row begin it.
// Hits and misses are two shift registers, so that an empty place is neither. Strobes rise in the very
// clock of the beat or of the timer's end; `alive` and `state` follow one clock later.
// Assumes 1 <= missed_max <= window <= 16 and beat_period >= 1 (registers.sv sees to it).
module heartbeat_monitor (
    input logic clk,
    input logic rst,

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
    output logic       state_changed  // strobe: beat_state is not what `state` still holds
);
  localparam int WINDOW = understudy_pkg::LIMIT_BEAT_WINDOW_MAX;

  logic [WINDOW-1:0] hits_q, hits_d, misses_q, misses_d, mask;
  logic [23:0] timer_q;
  logic [4:0] missed_max_q, window_q, missed;

  assign mask = ~({WINDOW{1'b1}} << window);
  assign miss = seen && !beat && timer_q >= beat_period;
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
    if (beat || miss) timer_q <= 24'd1;
    else if (seen) timer_q <= timer_q + 24'd1;
    if (beat) begin
      seen <= 1'b1;
      state <= beat_state;
    end
    if (beats_lost) alive <= 1'b0;
    else if (beats_back) alive <= 1'b1;
    if (rst) begin
      hits_q <= '0;
      misses_q <= '0;
      timer_q <= '0;
      seen <= 1'b0;
      alive <= 1'b0;
      state <= understudy_pkg::STATE_UNKNOWN;
    end
  end
endmodule
