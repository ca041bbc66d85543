// SPDX-License-Identifier: Apache-2.0
// What a frame boundary has to say, one event a clock in the order that rtl/README.md gives, all
// stamped with the frame just sent, the boundary's line and clock, and the term after the decision.
// Begins two clocks after the boundary strobe and takes at most 14 taken events. Reads the facts in place:
// they stand still until the next boundary.
module boundary_events (
    input logic clk,
    input logic rst,

    input logic        boundary,  // strobe; the stamp is of this clock
    input logic [31:0] frame,
    input logic [15:0] line,
    input logic [47:0] clock,

    input logic decide,  // strobe, the next clock: all below is valid in it (facts: from then on)

    // facts of the frame just sent
    input logic [15:0] frame_rescued,
    input logic [15:0] frame_lost,
    input logic        frame_converged,
    input logic [31:0] frame_bad,
    input logic [ 1:0] freeze,
    input logic [ 1:0] black,
    input logic [ 7:0] freeze_frames,  // configured: frames that make a freeze
    input logic [15:0] black_level,    // 2 x 8: the frame's brightest value
    input logic [15:0] equal_frames,

    // the decision
    input logic        takeover,
    input logic        target,
    input logic        hold,
    input logic        hold_flap,
    input logic [ 7:0] reason,
    input logic [31:0] term_next,
    input logic [ 1:0] picture_ok,      // before, and after it
    input logic [ 1:0] picture_ok_next,
    input logic        is_protected,
    input logic        is_protected_next,
    input logic        switch_waits,
    input logic [ 7:0] switch_op,
    input logic [15:0] switch_id,
    input logic [ 1:0] switch_asker,
    input logic [ 7:0] request_result,

    output logic         tvalid,
    output logic [175:0] tdata,
    input  logic         tready,
    output logic [  4:0] lost  // events of the boundary before that are given up in this clock
);
  localparam int ITEMS = 12;
  localparam int RESCUED = 0, LOST = 1, CONVERGED = 2, FREEZE_A = 3, BLACK_A = 4, FREEZE_B = 5;
  localparam int BLACK_B = 6, PICTURE_A = 7, PICTURE_B = 8, REQUEST = 9, CHANGE = 10, PROTECTED = 11;

  logic [ITEMS-1:0] items_q, items_d, taken;
  logic [1:0] freeze_q, black_q, ok_q;
  logic [31:0] frame_q, term_q, request_q, data;
  logic [15:0] line_q;
  logic [47:0] clock_q;
  logic takeover_q, target_q, flap_q, protected_q;
  logic [1:0] asker_q;
  logic [7:0] reason_q, kind, source;

  always_comb begin
    items_d = '0;
    lost = 5'd0;
    if (decide) begin
      items_d[RESCUED] = frame_rescued != '0;
      items_d[LOST] = frame_lost != '0;
      items_d[CONVERGED] = frame_converged;
      items_d[FREEZE_A] = freeze[0] && !freeze_q[0];
      items_d[BLACK_A] = black[0] && !black_q[0];
      items_d[FREEZE_B] = freeze[1] && !freeze_q[1];
      items_d[BLACK_B] = black[1] && !black_q[1];
      items_d[PICTURE_A] = picture_ok[0] != picture_ok_next[0];
      items_d[PICTURE_B] = picture_ok[1] != picture_ok_next[1];
      items_d[REQUEST] = switch_waits;
      items_d[CHANGE] = takeover || hold;
      items_d[PROTECTED] = is_protected != is_protected_next;
      for (int i = 0; i < ITEMS; i++) lost = lost + {4'd0, items_q[i] && !taken[i]};
    end
  end

  always_comb begin
    taken = '0;
    kind = understudy_pkg::EVENT_NONE;
    source = understudy_pkg::GATE_SOURCE;
    data = '0;
    if (items_q != '0) begin
      for (int i = ITEMS - 1; i >= 0; i--)
        if (items_q[i]) begin
          taken = '0;
          taken[i] = tready;
        end
      if (items_q[RESCUED]) begin
        kind = understudy_pkg::EVENT_RESCUED_LINES;
        data = {16'd0, frame_rescued};
      end else if (items_q[LOST]) begin
        kind = understudy_pkg::EVENT_LOST_LINES;
        data = {16'd0, frame_lost};
      end else if (items_q[CONVERGED]) begin
        kind = understudy_pkg::EVENT_CONVERGED;
      end else if (items_q[FREEZE_A]) begin
        kind = understudy_pkg::EVENT_FREEZE;
        source = 8'd0;
        data = {24'd0, freeze_frames};
      end else if (items_q[BLACK_A]) begin
        kind = understudy_pkg::EVENT_BLACK;
        source = 8'd0;
        data = {24'd0, black_level[7:0]};
      end else if (items_q[FREEZE_B]) begin
        kind = understudy_pkg::EVENT_FREEZE;
        source = 8'd1;
        data = {24'd0, freeze_frames};
      end else if (items_q[BLACK_B]) begin
        kind = understudy_pkg::EVENT_BLACK;
        source = 8'd1;
        data = {24'd0, black_level[15:8]};
      end else if (items_q[PICTURE_A]) begin
        kind = ok_q[0] ? understudy_pkg::EVENT_PICTURE_GOOD : understudy_pkg::EVENT_PICTURE_BAD;
        source = 8'd0;
        data = {16'd0, frame_bad[15:0]};
      end else if (items_q[PICTURE_B]) begin
        kind = ok_q[1] ? understudy_pkg::EVENT_PICTURE_GOOD : understudy_pkg::EVENT_PICTURE_BAD;
        source = 8'd1;
        data = {16'd0, frame_bad[31:16]};
      end else if (items_q[REQUEST]) begin
        kind = understudy_pkg::EVENT_REQUEST;
        source = {6'd0, asker_q};
        data = request_q;
      end else if (items_q[CHANGE]) begin
        kind = takeover_q ? understudy_pkg::EVENT_TAKEOVER : understudy_pkg::EVENT_HOLD;
        if (takeover_q) source = {7'd0, target_q};
        data = {23'd0, flap_q, reason_q};
      end else begin
        kind = protected_q ? understudy_pkg::EVENT_PROTECTED_ON : understudy_pkg::EVENT_PROTECTED_OFF;
        data = {16'd0, equal_frames};
      end
    end
  end

  assign tvalid = items_q != '0;
  assign tdata = {kind, source, frame_q, line_q, clock_q, term_q, data};

  always_ff @(posedge clk) begin
    items_q <= items_q & ~taken;
    if (boundary) begin
      frame_q <= frame;
      line_q <= line;
      clock_q <= clock;
    end
    if (decide) begin
      items_q <= items_d;
      freeze_q <= freeze;
      black_q <= black;
      ok_q <= picture_ok_next;
      term_q <= term_next;
      takeover_q <= takeover;
      target_q <= target;
      flap_q <= hold_flap;
      reason_q <= reason;
      protected_q <= is_protected_next;
      asker_q <= switch_asker;
      request_q <= {switch_id, request_result, switch_op};
    end
    if (rst) begin
      items_q <= '0;
      freeze_q <= '0;
      black_q <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // the decision follows its boundary by one clock
  // requests.sv numbers who asks: A, B, the register
  always_comb assume (switch_asker <= 2'd2);
  always_ff @(posedge clk) if (past_q) assume (decide == ($past(boundary) && !$past(rst)));

  logic [7:0] f_made, f_told, f_lost;  // modulo 256: more than in any two boundaries
  logic [4:0] f_new, f_waiting;
  always_comb begin
    f_new = '0;
    f_waiting = '0;
    for (int i = 0; i < ITEMS; i++) begin
      f_new = f_new + {4'd0, items_d[i]};
      f_waiting = f_waiting + {4'd0, items_q[i]};
    end
  end
  always_ff @(posedge clk) begin
    f_made <= f_made + {3'd0, f_new};
    f_told <= f_told + {7'd0, tvalid && tready};
    f_lost <= f_lost + {3'd0, lost};
    if (rst) begin
      f_made <= '0;
      f_told <= '0;
      f_lost <= '0;
    end
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // each thing that a boundary has to say is told once, or counted as lost when the next one comes
      assert (f_made == f_told + f_lost + {3'd0, f_waiting});
      // nothing is given up but at a decision
      if (!decide) assert (lost == '0);
      // what is offered says what it is
      if (tvalid) assert (kind != understudy_pkg::EVENT_NONE && source <= understudy_pkg::GATE_SOURCE);
      if (items_q[REQUEST]) assert (asker_q <= 2'd2);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // an event that is not taken stays as it is until the next boundary
      if ($past(tvalid) && !$past(tready) && !$past(decide) && !$past(boundary))
        assert (tvalid && tdata[175:32] == $past(tdata[175:32]));
      // a takeover is told, and so is a hold
      if ($past(decide) && ($past(takeover) || $past(hold))) assert (items_q[CHANGE] && takeover_q == $past(takeover));
      // a picture's fate is told when it changes and only then, to what it changed
      if ($past(decide))
        assert ({items_q[PICTURE_B], items_q[PICTURE_A]} == ($past(picture_ok) ^ $past(picture_ok_next))
            && ok_q == $past(picture_ok_next));
      // who asked gets an answer
      if ($past(decide) && $past(switch_waits)) assert (items_q[REQUEST] && asker_q == $past(switch_asker));
      cover (lost != '0);
      cover ($past(tvalid && tready) && tvalid && kind == understudy_pkg::EVENT_PROTECTED_OFF);
    end
`endif
endmodule
