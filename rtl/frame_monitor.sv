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
  logic [63:0] crc_q, crc_next, crc_before_q;
  logic [15:0] still_q, dark_q;  // frames in a row

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
    crc_next = '0;
    if (selected) crc_next = {crc_word(crc_q[63:32], crc_b), crc_word(crc_q[31:0], crc_a)};
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
          crc_q[s*32+:32] <= crc_next[s*32+:32];
          if (brightest[s*8+:8] > brightest_q[s*8+:8]) brightest_q[s*8+:8] <= brightest[s*8+:8];
        end
    end

    if (boundary) begin : judge
      logic [15:0] still, dark;  // frames in a row
      logic [1:0] moves, bright;
      still = '0;
      dark = '0;
      for (int s = 0; s < 2; s++) begin
        moves[s] = crc_q[s*32+:32] != crc_before_q[s*32+:32];
        bright[s] = brightest_q[s*8+:8] > black_level;
      end
      for (int s = 0; s < 2; s++) begin
        if (untagged[s] && !moves[s] && moves[1-s]) still[s*8+:8] = count(still_q[s*8+:8]);
        if (untagged[s] && !bright[s] && bright[1-s]) dark[s*8+:8] = count(dark_q[s*8+:8]);
      end
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
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // raster and merge see to it: the boundary stands apart from the frame's line selections
  always_comb assume (!(selected && boundary));
  // prove cuts the checksum out: all that counts is that equal lines after equal lines have equal ones
  always_comb if (crc_q[63:32] == crc_q[31:0] && crc_a == crc_b) assume (crc_next[63:32] == crc_next[31:0]);

  // the frame under way, as its selections told it
  logic [15:0] f_lines, f_lost, f_rescued;
  logic [31:0] f_bad;
  logic f_equal, f_equal_before;
  logic [1:0] f_discard;
  // frames in a row, A low; at most 255, and at most 65535
  logic [15:0] f_still, f_dark, f_equal_frames;
  logic [1:0] f_stood, f_was_dark;
  always_comb
    for (int s = 0; s < 2; s++) begin
      f_stood[s] = untagged[s] && crc_q[s*32+:32] == crc_before_q[s*32+:32]
          && crc_q[(1-s)*32+:32] != crc_before_q[(1-s)*32+:32];
      f_was_dark[s] = untagged[s] && brightest_q[s*8+:8] <= black_level && brightest_q[(1-s)*8+:8] > black_level;
    end
  always_ff @(posedge clk) begin
    if (selected) begin
      f_lines <= f_lines == '1 ? f_lines : f_lines + 16'd1;
      f_lost <= f_lost + {15'd0, lost};
      f_rescued <= f_rescued + {15'd0, rescued};
      f_bad[15:0] <= f_bad[15:0] + {15'd0, !good[0]};
      f_bad[31:16] <= f_bad[31:16] + {15'd0, !good[1]};
      f_equal <= f_equal && good == 2'b11 && crc_a == crc_b;
      f_discard <= (good & discard) | (~good & f_discard);
    end
    if (boundary) begin
      f_lines <= '0;
      f_lost <= '0;
      f_rescued <= '0;
      f_bad <= '0;
      f_equal <= 1'b1;
      f_equal_before <= f_equal;
      for (int s = 0; s < 2; s++) begin
        f_still[s*8+:8] <= !f_stood[s] ? 8'd0 : f_still[s*8+:8] == '1 ? 8'd255 : f_still[s*8+:8] + 8'd1;
        f_dark[s*8+:8] <= !f_was_dark[s] ? 8'd0 : f_dark[s*8+:8] == '1 ? 8'd255 : f_dark[s*8+:8] + 8'd1;
      end
      f_equal_frames <= f_lines == '0 || !f_equal ? 16'd0
          : f_equal_frames == '1 ? f_equal_frames : f_equal_frames + 16'd1;
    end
    if (rst) begin
      f_lines <= '0;
      f_lost <= '0;
      f_rescued <= '0;
      f_bad <= '0;
      f_equal <= 1'b1;
      f_equal_before <= 1'b1;
      f_discard <= '0;
      f_still <= '0;
      f_dark <= '0;
      f_equal_frames <= '0;
    end
  end

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // a frame is equal only if it had a line, and each of its lines was good on both and the same
      assert (equal_now == (f_lines != '0 && f_equal));
      // equal frames in a row are counted one by one, and one that is not begins anew
      assert (equal_frames == f_equal_frames);
      // a picture that stands still or is dark is declared after so many frames in a row, never both servers at once
      assert (still_q == f_still && dark_q == f_dark);
      assert (frame_freeze != 2'b11 && frame_black != 2'b11);
      // the frame under way is what its selections told (for the induction)
      assert (any_q == (f_lines != '0) && unequal_q == !f_equal && discard_q == f_discard);
      assert (rescued_q == f_rescued && lost_q == f_lost && bad_q == f_bad);
      if (f_equal) assert (crc_q[31:0] == crc_q[63:32]);
      if (f_equal_before) assert (crc_before_q[31:0] == crc_before_q[63:32]);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      if ($past(boundary)) begin
        // what is said of a frame is what was counted over its lines, no more and no less
        assert (frame_lost == $past(f_lost) && frame_rescued == $past(f_rescued) && frame_bad == $past(f_bad));
        assert (frame_discard == $past(f_discard));
        for (int s = 0; s < 2; s++) begin
          // freeze and black are of untagged inputs only, and of none where the limit is 0
          if (frame_freeze[s]) assert ($past(untagged[s]) && $past(freeze_frames) != '0);
          if (frame_black[s]) assert ($past(untagged[s]) && $past(black_frames) != '0);
          // freeze and black are declared exactly when their frames in a row have come to the limit
          assert (frame_freeze[s] == ($past(freeze_frames) != '0 && f_still[s*8+:8] >= $past(freeze_frames)));
          assert (frame_black[s] == ($past(black_frames) != '0 && f_dark[s*8+:8] >= $past(black_frames)));
        end
        // two pictures that are equal, and were in the frame before, are a still and no freeze
        if ($past(f_equal) && $past(f_equal_before)) assert (frame_freeze == 2'b00);
        // they have come together only if they were apart and the whole frame is equal
        assert (frame_converged == ($past(diverged) && $past(equal_now)));
      end else begin
        // between boundaries the facts stand still
        assert (frame_lost == $past(frame_lost) && frame_rescued == $past(frame_rescued)
            && frame_bad == $past(frame_bad) && frame_converged == $past(frame_converged)
            && frame_discard == $past(frame_discard) && frame_freeze == $past(frame_freeze)
            && frame_black == $past(frame_black) && frame_brightest == $past(frame_brightest)
            && equal_frames == $past(equal_frames));
      end
      cover (frame_freeze[0]);
      cover (frame_black[1]);
      cover (equal_frames == 16'd2);
      cover (frame_converged);
      cover (frame_lost == 16'd1 && frame_rescued == 16'd1);
    end
`endif
endmodule
