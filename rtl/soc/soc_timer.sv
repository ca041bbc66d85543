// SPDX-License-Identifier: Apache-2.0
// Milliseconds, and the watchdog: not fed for WATCHDOG milliseconds it restarts the core, and WARNING before that its level asks for
// the interrupt, so that the firmware can write down where it hangs. It runs from reset on and cannot be switched off.
module soc_timer #(
    parameter int CLOCKS = 25125,    // clocks a millisecond, 2..65536
    parameter int WATCHDOG = 4096,   // milliseconds, a power of two
    parameter int WARNING = 1024     // milliseconds, a power of two
) (
    input logic clk,
    input logic rst,

    input logic feed,  // strobes
    input logic ask,   // restart the core now

    output logic        tick,          // strobe: a millisecond is over
    output logic [31:0] milliseconds,
    output logic        warning,       // level
    output logic        restart,       // strobe
    output logic [ 1:0] cause          // of the last start: SOC_START_*
);
  localparam int COUNT = $clog2(CLOCKS);
  localparam int LEFT = $clog2(WATCHDOG);
  if (CLOCKS < 2 || CLOCKS > 65536 || WATCHDOG != 1 << LEFT || WARNING * 2 > WATCHDOG) $error("parameters out of range");

  logic [COUNT-1:0] clocks_q;
  logic [LEFT-1:0] left_q;  // milliseconds, less one
  logic late;
  assign tick = clocks_q == '0;
  assign warning = left_q < LEFT'(WARNING);
  assign late = tick && left_q == '0 && !feed;
  assign restart = late || ask;

  always_ff @(posedge clk) begin
    clocks_q <= tick ? COUNT'(CLOCKS - 1) : clocks_q - 1'b1;
    if (tick) milliseconds <= milliseconds + 32'd1;
    if (feed || restart) left_q <= '1;
    else if (tick) left_q <= left_q - 1'b1;
    if (restart) cause <= ask ? understudy_pkg::SOC_START_ASKED : understudy_pkg::SOC_START_HUNG;
    if (rst) begin
      clocks_q <= COUNT'(CLOCKS - 1);
      milliseconds <= '0;
      left_q <= '1;
      cause <= understudy_pkg::SOC_START_BOARD;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  logic [31:0] f_since;  // ticks since it was fed or restarted
  always_ff @(posedge clk) begin
    f_since <= feed || restart || rst ? '0 : f_since + {31'd0, tick};
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // fed in time it never restarts the core
      if (late) assert (f_since == 32'(WATCHDOG - 1));
      // not fed it always does
      assert (f_since <= 32'(WATCHDOG - 1) && 32'(left_q) == 32'(WATCHDOG - 1) - f_since);
      if (tick && f_since == 32'(WATCHDOG - 1) && !feed) assert (restart);
      // the warning comes before
      if (late) assert (warning);
      assert (clocks_q <= COUNT'(CLOCKS - 1) && cause <= understudy_pkg::SOC_START_ASKED);
      // the cause is kept until the next restart
      if (!$past(rst) && !$past(restart)) assert (cause == $past(cause));
      cover (restart && !ask);
    end
`endif
endmodule
