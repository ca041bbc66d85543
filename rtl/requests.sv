// SPDX-License-Identifier: Apache-2.0
// What hosts ask for: from link A (0), link B (1) and the COMMAND register (2). Each asker has one place;
// one request is carried out a clock, lowest asker first, never in the arbiter's own clock and only
// when no event waits for the log. Holds the mode, and the switch that waits for the boundary.
// At the earliest one clock after the strobe; the answer's event is of the clock in which it is carried out.
module requests (
    input logic clk,
    input logic rst,

    input logic [ 2:0] ask,     // strobes
    input logic [23:0] ask_op,  // 3 x 8
    input logic [47:0] ask_id,  // 3 x 16

    input logic decide,  // the arbiter decides in this clock: the waiting switch is answered by it
    input logic on_air,

    output logic [1:0] mode,
    output logic       switch_waits,
    output logic [7:0] switch_op,
    output logic [15:0] switch_id,
    output logic [ 1:0] switch_asker,
    output logic       clear_alarms,  // strobe

    output logic        answer_valid,  // strobe
    output logic [31:0] answer_data,   // {id 16, result 8, op 8}
    output logic [ 1:0] answer_asker,
    input  logic        answer_busy,
    output logic [ 1:0] lost,          // requests overwritten in this clock before they were carried out
    output logic       busy           // level: a request waits for its turn
);
  logic [2:0] waits_q, turn;
  logic [71:0] place_q;  // 3 x {id, op}
  logic [7:0] op, result;
  logic [15:0] id;
  logic [1:0] asker;
  logic serve, is_switch, accept;

  assign busy = waits_q != '0;

  always_comb begin
    turn = '0;
    serve = waits_q != '0 && !decide && !answer_busy;
    op = place_q[7:0];
    id = place_q[23:8];
    asker = 2'd0;
    for (int i = 2; i >= 0; i--)
      if (serve && waits_q[i]) begin
        turn = '0;
        turn[i] = 1'b1;
        op = place_q[i*24+:8];
        id = place_q[i*24+8+:16];
        asker = 2'(i);
      end

    is_switch = op == understudy_pkg::OP_SWITCH_TO_A || op == understudy_pkg::OP_SWITCH_TO_B;
    accept = 1'b0;
    result = understudy_pkg::RESULT_DONE;
    if (is_switch) begin
      if (mode == understudy_pkg::MODE_LOCKOUT) result = understudy_pkg::RESULT_REFUSED_LOCKOUT;
      else if ((op == understudy_pkg::OP_SWITCH_TO_B) == on_air)
        result = understudy_pkg::RESULT_REFUSED_ALREADY;
      else accept = 1'b1;
    end else if (op == understudy_pkg::OP_NONE || op > understudy_pkg::OP_CLEAR_ALARMS) begin
      result = understudy_pkg::RESULT_REFUSED_UNKNOWN;
    end

    clear_alarms = serve && op == understudy_pkg::OP_CLEAR_ALARMS;
    answer_valid = serve && (!accept || switch_waits);
    answer_data = {id, result, op};
    answer_asker = asker;
    if (accept) begin  // the switch that waited makes place for this one
      answer_data = {switch_id, understudy_pkg::RESULT_REFUSED_ALREADY, switch_op};
      answer_asker = switch_asker;
    end

    lost = 2'd0;
    for (int i = 0; i < 3; i++) lost = lost + {1'b0, ask[i] && waits_q[i] && !turn[i]};
  end

  always_ff @(posedge clk) begin
    waits_q <= (waits_q & ~turn) | ask;
    for (int i = 0; i < 3; i++)
      if (ask[i]) place_q[i*24+:24] <= {ask_id[i*16+:16], ask_op[i*8+:8]};
    if (decide) switch_waits <= 1'b0;
    if (serve && accept) begin
      switch_waits <= 1'b1;
      switch_op <= op;
      switch_id <= id;
      switch_asker <= asker;
    end
    if (serve && op == understudy_pkg::OP_MODE_AUTOMATIC) mode <= understudy_pkg::MODE_AUTOMATIC;
    if (serve && op == understudy_pkg::OP_MODE_MANUAL) mode <= understudy_pkg::MODE_MANUAL;
    if (serve && op == understudy_pkg::OP_MODE_LOCKOUT) mode <= understudy_pkg::MODE_LOCKOUT;
    if (rst) begin
      waits_q <= '0;
      switch_waits <= 1'b0;
      mode <= understudy_pkg::MODE_AUTOMATIC;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  logic [3:0] f_asked, f_answered, f_waiting;  // modulo 16: more than in any one clock
  always_comb begin
    f_waiting = {3'd0, switch_waits};
    for (int i = 0; i < 3; i++) f_waiting = f_waiting + {3'd0, waits_q[i]};
  end
  always_ff @(posedge clk) begin
    f_asked <= f_asked + {3'd0, ask[0]} + {3'd0, ask[1]} + {3'd0, ask[2]};
    f_answered <= f_answered + {3'd0, answer_valid} + {3'd0, decide && switch_waits} + {2'd0, lost};
    if (rst) begin
      f_asked <= '0;
      f_answered <= '0;
    end
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // each request is answered once, at once or at the boundary, or counted as lost
      assert (f_asked == f_answered + f_waiting);
      // nothing is carried out in the clock in which the arbiter decides, nor while events wait
      if (decide || answer_busy) assert (!answer_valid && !clear_alarms);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // the mode is one of three and changes only by a request for it
      assert (mode <= understudy_pkg::MODE_LOCKOUT);
      if (mode != $past(mode))
        assert ($past(serve) && ($past(op) == understudy_pkg::OP_MODE_AUTOMATIC + {6'd0, mode}));
      // in lockout no switch is taken up
      if (!$past(switch_waits) && $past(mode) == understudy_pkg::MODE_LOCKOUT) assert (!switch_waits);
      cover (switch_waits && mode == understudy_pkg::MODE_LOCKOUT);
      cover ($past(answer_valid) && $past(accept));
    end
`endif
endmodule
