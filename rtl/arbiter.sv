// SPDX-License-Identifier: Apache-2.0
// Who is on air: one decision a frame, in the clock after the boundary strobe, from facts that stand still
// then. Its inputs are registers, so whatever happened up to and in the boundary's clock counts.
// `on_air`, `term` and the other registers hold the result from the next clock on; term_next shows
// the new term in the deciding clock already, so that what is logged in it carries the right one.
module arbiter (
    input logic clk,
    input logic rst,

    input logic decide,  // strobe: the clock after the boundary strobe

    // the frame just sent; [0] and low half A, [1] and high half B
    input logic [31:0] frame_bad,     // lines not good
    input logic [ 1:0] freeze,
    input logic [ 1:0] black,
    input logic [ 1:0] discard,
    input logic [15:0] equal_frames,

    // servers
    input logic [ 1:0] alive,
    input logic [15:0] state,         // as last said

    // configuration
    input logic [15:0] bad_lines,
    input logic [ 2:0] flap_changes,
    input logic [15:0] flap_window,   // frames
    input logic        auto_return,
    input logic        prefer_b,
    input logic [15:0] return_hold,   // frames
    input logic [15:0] proven,        // frames

    // requests
    input logic [1:0] mode,
    input logic       switch_waits,   // to the server that is not on air

    output logic        on_air,       // 0 A, 1 B
    output logic [31:0] term,
    output logic [31:0] term_next,
    output logic [ 1:0] picture_ok,
    output logic [ 1:0] healthy,
    output logic        is_protected,
    output logic        no_eligible,  // a change is due and held: nobody may take over
    output logic        flap_hold,    // ... held by the anti-flap rule

    // of this decision, valid in the deciding clock
    output logic       takeover,
    output logic       target,         // the server that is, or would be, taken
    output logic       hold,           // a hold that was not so at the boundary before
    output logic       hold_flap,
    output logic [7:0] reason,
    output logic [7:0] request_result, // for the switch that waited
    output logic [1:0] picture_ok_next,
    output logic       is_protected_next
);
  localparam int CHANGES = understudy_pkg::LIMIT_FLAP_CHANGES_MAX;

  logic first_q, role_taken_q, held_q, held_flap_q;
  logic [7:0] held_reason_q;
  logic [1:0] seen_q;
  logic [15:0] return_q;            // boundaries in a row at which protected, since the last takeover
  logic [16*CHANGES-1:0] countdown_q;

  logic [1:0] gone, failed, offline, healthy_next, eligible;
  logic [2:0] changes;
  logic [CHANGES-1:0] claim;        // the countdown that an automatic change takes
  logic [15:0] return_next;
  logic held, may;

  always_comb begin
    for (int s = 0; s < 2; s++) begin
      failed[s] = state[s*8+:8] == understudy_pkg::STATE_FAILED;
      offline[s] = state[s*8+:8] == understudy_pkg::STATE_PRIMARY_OFFLINE
          || state[s*8+:8] == understudy_pkg::STATE_SECONDARY_OFFLINE;
      picture_ok_next[s] = !first_q && frame_bad[s*16+:16] < bad_lines && !freeze[s] && !black[s];
    end
    gone = ~alive | failed | offline;
    healthy_next = ~gone & picture_ok_next;
    eligible = healthy_next & seen_q;
    is_protected_next = healthy_next == 2'b11 && equal_frames >= proven;
    target = !on_air;
  end

  always_comb begin
    takeover = 1'b0;
    hold = 1'b0;
    hold_flap = 1'b0;
    held = 1'b0;
    may = 1'b0;
    reason = understudy_pkg::REASON_NONE;
    request_result = understudy_pkg::RESULT_DONE;
    changes = '0;
    claim = '0;
    return_next = !is_protected_next ? 16'd0 : return_q == '1 ? return_q : return_q + 16'd1;
    if (decide) begin
      for (int i = CHANGES - 1; i >= 0; i--)
        if (countdown_q[i*16+:16] > 16'd1) changes = changes + 3'd1;  // runs on after this boundary's step
        else begin
          claim = '0;
          claim[i] = 1'b1;
        end

      if (switch_waits) reason = understudy_pkg::REASON_OPERATOR_REQUEST;
      else if (alive[on_air] && failed[on_air]) reason = understudy_pkg::REASON_DECLARED_FAILED;
      else if (!alive[on_air]) reason = understudy_pkg::REASON_BEATS_MISSED;
      else if (!picture_ok_next[on_air]) reason = understudy_pkg::REASON_PICTURE_BAD;
      else if (offline[on_air]) reason = understudy_pkg::REASON_OFFLINE;
      else if (role_taken_q && discard[on_air] && !discard[target])
        reason = understudy_pkg::REASON_DISCARD;
      else if (auto_return && prefer_b == target && is_protected_next && return_next >= return_hold)
        reason = understudy_pkg::REASON_AUTOMATIC_RETURN;

      may = eligible[target] && term != '1;
      if (switch_waits) takeover = may && mode != understudy_pkg::MODE_LOCKOUT;
      else if (mode == understudy_pkg::MODE_AUTOMATIC && reason != understudy_pkg::REASON_NONE) begin
        takeover = may && changes < flap_changes;
        held = !takeover;
        hold_flap = may && !takeover;
      end
      hold = held && !(held_q && held_reason_q == reason && held_flap_q == hold_flap);

      if (mode == understudy_pkg::MODE_LOCKOUT)
        request_result = understudy_pkg::RESULT_REFUSED_LOCKOUT;
      else if (!takeover) request_result = understudy_pkg::RESULT_REFUSED_NOT_ELIGIBLE;
    end
  end

  assign term_next = takeover ? term + 32'd1 : term;
  assign no_eligible = held_q && !held_flap_q;
  assign flap_hold = held_q && held_flap_q;

  always_ff @(posedge clk) begin
    if (decide) begin
      first_q <= 1'b0;
      picture_ok <= picture_ok_next;
      healthy <= healthy_next;
      is_protected <= is_protected_next;
      seen_q <= (seen_q | healthy_next) & ~gone;
      held_q <= held;
      held_flap_q <= hold_flap;
      held_reason_q <= reason;
      return_q <= takeover ? 16'd0 : return_next;
      if (takeover) role_taken_q <= 1'b0;
      else if (!discard[on_air]) role_taken_q <= 1'b1;
      for (int i = 0; i < CHANGES; i++)
        if (takeover && !switch_waits && claim[i]) countdown_q[i*16+:16] <= flap_window;
        else if (countdown_q[i*16+:16] != '0)
          countdown_q[i*16+:16] <= countdown_q[i*16+:16] - 16'd1;
      if (takeover) begin
        on_air <= target;
        term <= term_next;
      end
    end
    if (rst) begin
      first_q <= 1'b1;
      picture_ok <= '0;
      healthy <= '0;
      is_protected <= 1'b0;
      seen_q <= '0;
      held_q <= 1'b0;
      held_flap_q <= 1'b0;
      held_reason_q <= understudy_pkg::REASON_NONE;
      return_q <= '0;
      role_taken_q <= 1'b0;
      countdown_q <= '0;
      on_air <= understudy_pkg::SERVER_A;
      term <= 32'd1;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // ranges that registers.sv sees to; the window's length stands still, so that ages can be compared with it
  always_comb begin
    assume (flap_changes >= 3'd1 && flap_changes <= 3'(CHANGES));
    assume (mode <= understudy_pkg::MODE_LOCKOUT);
  end
  always_ff @(posedge clk) if (past_q) assume (flap_window == $past(flap_window));

`ifdef FORMAL_COVER
  always_comb  // short ways to the covers
    assume (decide && flap_changes == 3'd1 && flap_window == 16'd100 && bad_lines == 16'd1
            && proven == 16'd1 && return_hold == 16'd1 && equal_frames == 16'd1 && frame_bad[15:1] == '0
            && frame_bad[31:17] == '0 && freeze == '0 && black == '0);
`endif
  // the design's words, told anew: who was healthy at an earlier boundary and has been there since
  logic [1:0] f_there, f_good, f_proved;
  always_comb
    for (int s = 0; s < 2; s++) begin
      f_there[s] = alive[s] && state[s*8+:8] != understudy_pkg::STATE_FAILED
          && state[s*8+:8] != understudy_pkg::STATE_PRIMARY_OFFLINE
          && state[s*8+:8] != understudy_pkg::STATE_SECONDARY_OFFLINE;
      f_good[s] = f_there[s] && f_any && frame_bad[s*16+:16] < bad_lines && !freeze[s] && !black[s];
    end
  logic f_any;  // a frame has been sent
  // boundaries since any one countdown's change, this one counted in
  (* anyconst *) logic [1:0] f_slot;
  logic [15:0] f_age, f_age_next;
  logic f_automatic;
  assign f_automatic = takeover && !switch_waits;
  assign f_age_next = f_age == '1 ? f_age : f_age + 16'd1;
  always_ff @(posedge clk) begin
    if (decide) begin
      f_any <= 1'b1;
      f_proved <= (f_proved | f_good) & f_there;
      f_age <= f_automatic && claim[f_slot] ? '0 : f_age_next;
    end
    if (rst) begin
      f_any <= 1'b0;
      f_proved <= '0;
      f_age <= '1;
    end
  end

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // never a takeover to a server that is dead, withdrawn, shows a bad picture or has not proved itself before
      if (takeover) assert (f_good[!on_air] && f_proved[!on_air]);
      // lockout holds: no takeover for any reason
      if (mode == understudy_pkg::MODE_LOCKOUT) assert (!takeover);
      // in manual mode only an operator's request changes who is on air
      if (takeover && mode == understudy_pkg::MODE_MANUAL) assert (switch_waits);
      // a takeover happens only at a frame boundary, to the other server, with a reason
      if (takeover) assert (decide && target == !on_air && reason != understudy_pkg::REASON_NONE);
      // latched: a healthy server that keeps its role stays on air, unless asked or set to return by itself
      if (f_good[on_air] && !switch_waits && !discard[on_air] && !auto_return) assert (!takeover);
      // a return by itself needs both healthy and proven equal
      if (takeover && reason == understudy_pkg::REASON_AUTOMATIC_RETURN)
        assert (f_good == 2'b11 && equal_frames >= proven && auto_return && prefer_b == !on_air);
      // an operator's request is carried out or refused with the right word
      if (decide && switch_waits)
        assert ((request_result == understudy_pkg::RESULT_DONE) == takeover);
      // held means: due, nobody asked, automatic mode, not done
      if (hold) assert (!takeover && !switch_waits && mode == understudy_pkg::MODE_AUTOMATIC);
      // who has been seen is who has proved itself (for the induction)
      assert (seen_q == f_proved && first_q == !f_any);
      // a dead or failed server, or a bad picture, is left at once when the other is eligible and anti-flap allows
      if (decide && mode == understudy_pkg::MODE_AUTOMATIC && !f_good[on_air] && f_good[!on_air]
          && f_proved[!on_air] && changes < flap_changes && term != '1) assert (takeover);
      // anti-flap: no automatic change while as many countdowns run as changes are allowed
      if (f_automatic) assert (changes < flap_changes);
      // an automatic change starts exactly one countdown, and one that does not run
      if (f_automatic) assert (claim != '0 && (claim & (claim - 1'b1)) == '0);
      if (f_automatic && claim[f_slot]) assert (f_age_next >= flap_window);
      // a countdown runs exactly as long as its change is within the window
      if (decide) assert ((countdown_q[f_slot*16+:16] > 16'd1) == (f_age_next < flap_window));
      if (countdown_q[f_slot*16+:16] == '0) assert (f_age >= flap_window);
      else assert ({1'b0, countdown_q[f_slot*16+:16]} + {1'b0, f_age} == {1'b0, flap_window});
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // a term never repeats nor goes back: it stays, or grows by one without wrapping
      assert (term == $past(term) || (term == $past(term) + 32'd1 && term > $past(term)));
      // each change of the server on air has a new term, and no term is new without one
      assert ((term != $past(term)) == (on_air != $past(on_air)));
      // between boundaries nothing changes
      if (!$past(decide)) assert (on_air == $past(on_air) && term == $past(term));
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (takeover && reason == understudy_pkg::REASON_OPERATOR_REQUEST);
      cover (takeover && reason == understudy_pkg::REASON_DECLARED_FAILED);
      cover (takeover && reason == understudy_pkg::REASON_BEATS_MISSED);
      cover (takeover && reason == understudy_pkg::REASON_PICTURE_BAD && on_air);
      cover (takeover && reason == understudy_pkg::REASON_OFFLINE);
      cover (takeover && reason == understudy_pkg::REASON_DISCARD);
      cover (takeover && reason == understudy_pkg::REASON_AUTOMATIC_RETURN);
      cover (hold && hold_flap);
      cover (hold && !hold_flap);
      cover (decide && switch_waits && mode == understudy_pkg::MODE_LOCKOUT && eligible[target]);
    end
`endif
endmodule
