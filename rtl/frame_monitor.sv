// SPDX-License-Identifier: Apache-2.0
// Facts of the frame just sent, counted over its line selections: registers that change at the boundary
// and then stand still until the next one. For inputs without tags it also finds a freeze (the picture stands
// still while the other moves) and black (dark while the other is not); one limit, one frame each.
// [0] and low halves are A's, [1] and high halves B's.
module frame_monitor (
    input logic clk,
    input logic rst,

    input logic boundary,

    // the last selection, from line_merge; valid with `selected`
    input logic        selected,
    input logic [ 1:0] good,
    input logic [31:0] crc_a,
    input logic [31:0] crc_b,
    input logic [ 1:0] discard,
    input logic [15:0] brightest,
    input logic        rescued,
    input logic        lost,
    input logic        diverged,

    // configuration
    input logic [1:0] untagged,
    input logic [7:0] freeze_frames,  // 0: never
    input logic [7:0] black_frames,   // 0: never
    input logic [7:0] black_level,

    // valid with boundary
    output logic equal_now,  // every line of the frame just sent was good on both and equal

    // facts
    output logic [15:0] frame_rescued,
    output logic [15:0] frame_lost,
    output logic [31:0] frame_bad,
    output logic        frame_converged,
    output logic [ 1:0] frame_discard,
    output logic [ 1:0] frame_freeze,
    output logic [ 1:0] frame_black,
    output logic [15:0] frame_brightest,
    output logic [15:0] equal_frames      // in a row
);
  logic any_q, unequal_q;
  logic [15:0] rescued_q, lost_q, brightest_q;
  logic [31:0] bad_q;
  logic [1:0] discard_q;
  logic [63:0] crc_q, crc_before_q;
  logic [15:0] still_q, dark_q, still, dark;  // frames in a row
  logic [1:0] moves, bright;

  function automatic logic [31:0] crc_word(input logic [31:0] crc, input logic [31:0] word);
    logic [31:0] c;
    c = crc;
    for (int i = 0; i < 4; i++) c = understudy_pkg::crc32c_byte(c, word[i*8+:8]);
    crc_word = c;
  endfunction

  function automatic logic [7:0] count(input logic [7:0] frames);
    count = frames == '1 ? frames : frames + 8'd1;
  endfunction

  assign equal_now = any_q && !unequal_q;

  always_comb begin
    still = '0;
    dark = '0;
    moves = '0;
    bright = '0;
    if (boundary) begin
      for (int s = 0; s < 2; s++) begin
        moves[s] = crc_q[s*32+:32] != crc_before_q[s*32+:32];
        bright[s] = brightest_q[s*8+:8] > black_level;
      end
      for (int s = 0; s < 2; s++) begin
        if (untagged[s] && !moves[s] && moves[1-s]) still[s*8+:8] = count(still_q[s*8+:8]);
        if (untagged[s] && !bright[s] && bright[1-s]) dark[s*8+:8] = count(dark_q[s*8+:8]);
      end
    end
  end

  always_ff @(posedge clk) begin
    if (selected) begin
      any_q <= 1'b1;
      if (good != 2'b11 || crc_a != crc_b) unequal_q <= 1'b1;
      if (rescued) rescued_q <= rescued_q + 16'd1;
      if (lost) lost_q <= lost_q + 16'd1;
      for (int s = 0; s < 2; s++)
        if (!good[s]) bad_q[s*16+:16] <= bad_q[s*16+:16] + 16'd1;
        else begin
          discard_q[s] <= discard[s];
          crc_q[s*32+:32] <= crc_word(crc_q[s*32+:32], s == 0 ? crc_a : crc_b);
          if (brightest[s*8+:8] > brightest_q[s*8+:8]) brightest_q[s*8+:8] <= brightest[s*8+:8];
        end
    end

    if (boundary) begin
      any_q <= 1'b0;
      unequal_q <= 1'b0;
      rescued_q <= '0;
      lost_q <= '0;
      bad_q <= '0;
      crc_q <= '1;
      crc_before_q <= crc_q;
      brightest_q <= '0;
      still_q <= still;
      dark_q <= dark;

      frame_rescued <= rescued_q;
      frame_lost <= lost_q;
      frame_bad <= bad_q;
      frame_converged <= diverged && equal_now;
      frame_discard <= discard_q;
      frame_brightest <= brightest_q;
      for (int s = 0; s < 2; s++) begin
        frame_freeze[s] <= freeze_frames != '0 && still[s*8+:8] >= freeze_frames;
        frame_black[s] <= black_frames != '0 && dark[s*8+:8] >= black_frames;
      end
      equal_frames <= !equal_now ? 16'd0 : equal_frames == '1 ? equal_frames : equal_frames + 16'd1;
    end

    if (rst) begin
      any_q <= 1'b0;
      unequal_q <= 1'b0;
      rescued_q <= '0;
      lost_q <= '0;
      bad_q <= '0;
      discard_q <= '0;
      crc_q <= '1;
      crc_before_q <= '1;
      brightest_q <= '0;
      still_q <= '0;
      dark_q <= '0;
      frame_rescued <= '0;
      frame_lost <= '0;
      frame_bad <= '0;
      frame_converged <= 1'b0;
      frame_discard <= '0;
      frame_freeze <= '0;
      frame_black <= '0;
      frame_brightest <= '0;
      equal_frames <= '0;
    end
  end
endmodule
