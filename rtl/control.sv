// SPDX-License-Identifier: Apache-2.0
// The half of the gate that decides: links, heartbeats, requests, arbiter, events, registers. The video half
// gives it strobes and facts and is told who is on air, and the configuration; nothing else passes between
// them. The decision is made in the clock after `boundary`; on_air is new two clocks after it.
// Assumes: boundaries at least 64 clocks apart; facts of a frame stand still from the clock after
// its boundary until the next one (README, "Ports between the halves").
module control #(
    parameter int H_ACTIVE = 640,
    parameter int H_TOTAL = 800,
    parameter int V_ACTIVE = 480,
    parameter int V_TOTAL = 525,
    parameter int BEAT_PERIOD_RESET = H_TOTAL * V_TOTAL / 8 * 5 / 4,
    parameter int EVENT_LOG = 1,  // 0: no event is made, kept or sent, the decisions are the same
    parameter logic [1:0] LINKS = 2'b11  // 0, A low: no messages; a byte is a heartbeat that counts, its value the state
) (
    input logic clk,
    input logic rst,

    // raster: position in this clock
    input logic        boundary,
    input logic [31:0] frame,
    input logic [15:0] line,
    input logic [47:0] clock,         // clocks since reset

    // line merge: strobes about the line just chosen
    input logic        line_rescued,
    input logic        line_lost,
    input logic [ 1:0] line_bad,      // [0] A, [1] B
    input logic        merge_event,   // strobe: rescue, lost or diverged, the first of its frame
    input logic [ 7:0] merge_kind,
    input logic [ 7:0] merge_source,
    input logic [15:0] merge_line,    // the output line that it is about
    input logic [31:0] merge_data,

    // facts of the frame just sent, from the clock after `boundary` until the next one
    input logic [31:0] frame_bad,     // 2 x 16: A low, B high
    input logic [15:0] frame_rescued,
    input logic [15:0] frame_lost,
    input logic        frame_converged,
    input logic [ 1:0] discard,
    input logic [ 1:0] freeze,
    input logic [ 1:0] black,
    input logic [15:0] black_level,   // 2 x 8: brightest value of the frame
    input logic [15:0] equal_frames,
    input logic        diverged,      // level

    // to the video half
    output logic        on_air,
    output logic        rescue,
    output logic        rescue_unproven,
    output logic [23:0] slate,
    output logic [ 1:0] untagged,
    output logic [ 7:0] freeze_frames,
    output logic [ 7:0] black_value,
    output logic [ 7:0] black_frames,

    // links, A low, B high
    input  logic [15:0] rx_tdata,
    input  logic [ 1:0] rx_tvalid,
    output logic [15:0] tx_tdata,
    output logic [ 1:0] tx_tvalid,
    input  logic [ 1:0] tx_tready,

    // APB
    input  logic        psel,
    input  logic        penable,
    input  logic        pwrite,
    input  logic [11:0] paddr,
    input  logic [31:0] pwdata,
    output logic [31:0] prdata,
    output logic        pready,
    output logic        pslverr,

    // lights and observation
    output logic [ 31:0] term,
    output logic         is_protected,
    output logic [ 15:0] alarms,
    output logic [  1:0] alive,
    output logic [  1:0] beat,
    output logic         event_valid,
    output logic [175:0] event_data,

    // to control_wake: work goes on by itself; heartbeats' gap timers, A low
    output logic        busy,
    output logic [47:0] gap_since,
    output logic [ 1:0] gap_timing,
    output logic [23:0] gap_period
);
  localparam int SOURCES = 9;

  // --- configuration and status ------------------------------------------------------------------
  logic auto_return, prefer_b;
  logic [4:0] missed_max, window;
  logic [23:0] beat_period;
  logic [15:0] bad_lines, flap_window, return_hold, proven;
  logic [2:0] flap_changes;
  logic [1:0] healthy, mode, picture_ok;

  // --- servers --------------------------------------------------------------------------------------
  logic [1:0] seen, miss, beats_lost, beats_back, state_changed, request, error, error_first;
  logic [15:0] beat_state, state, request_op;
  logic [31:0] request_id;
  logic [63:0] errors;

  for (genvar s = 0; s < 2; s++) begin : g_server
    if (LINKS[s]) begin : g_messages
      link_receiver link_receiver (
          .clk, .rst,
          .rx_tdata(rx_tdata[s*8+:8]), .rx_tvalid(rx_tvalid[s]),
          .beat(beat[s]), .beat_state(beat_state[s*8+:8]),
          .request(request[s]), .request_op(request_op[s*8+:8]), .request_id(request_id[s*16+:16]),
          .error(error[s]), .error_first(error_first[s]), .errors(errors[s*32+:32])
      );
    end else begin : g_beats
      assign beat[s] = rx_tvalid[s];
      assign beat_state[s*8+:8] = rx_tdata[s*8+:8];
      assign {request[s], request_op[s*8+:8], request_id[s*16+:16]} = '0;
      assign {error[s], error_first[s], errors[s*32+:32]} = '0;
    end
    heartbeat_monitor heartbeat_monitor (
        .clk, .rst, .clock(clock[23:0]),
        .beat(beat[s]), .beat_state(beat_state[s*8+:8]),
        .missed_max, .window, .beat_period,
        .alive(alive[s]), .seen(seen[s]), .state(state[s*8+:8]), .miss(miss[s]),
        .beats_lost(beats_lost[s]), .beats_back(beats_back[s]), .state_changed(state_changed[s]),
        .since(gap_since[s*24+:24])
    );
  end

  // --- requests and decision --------------------------------------------------------------------------
  logic decide_q, decided_q;
  logic command, switch_waits, clear_alarms, answer_valid;
  logic [7:0] command_op, switch_op, request_result, reason;
  logic [15:0] command_id, switch_id;
  logic [1:0] switch_asker, answer_asker, requests_lost, picture_ok_next;
  logic [31:0] answer_data, term_next;
  logic no_eligible, flap_hold, takeover, target, hold, hold_flap, is_protected_next;
  logic [SOURCES-1:0] source_busy;
  logic [1:0] tx_busy;
  logic log_busy, requests_busy;

  always_ff @(posedge clk) begin
    decide_q <= boundary && !rst;
    decided_q <= decide_q && !rst;
  end

  requests requests (
      .clk, .rst,
      .ask({command, request}), .ask_op({command_op, request_op}), .ask_id({command_id, request_id}),
      .decide(decide_q), .on_air,
      .mode, .switch_waits, .switch_op, .switch_id, .switch_asker, .clear_alarms,
      .answer_valid, .answer_data, .answer_asker, .answer_busy(source_busy != '0), .lost(requests_lost),
      .busy(requests_busy)
  );

  arbiter arbiter (
      .clk, .rst, .decide(decide_q),
      .frame_bad, .freeze, .black, .discard, .equal_frames,
      .alive, .state,
      .bad_lines, .flap_changes, .flap_window, .auto_return, .prefer_b, .return_hold, .proven,
      .mode, .switch_waits,
      .on_air, .term, .term_next, .picture_ok, .healthy, .is_protected, .no_eligible, .flap_hold,
      .takeover, .target, .hold, .hold_flap, .reason, .request_result,
      .picture_ok_next, .is_protected_next
  );

  // --- events -------------------------------------------------------------------------------------------
  logic boundary_tvalid, boundary_tready, lost, log_lost, start_q;
  logic [175:0] boundary_tdata;
  logic [4:0] boundary_lost;
  logic [SOURCES-1:0] source_valid;
  logic [64*SOURCES-1:0] source_event;

  // start: in the first clock after reset
  always_ff @(posedge clk) start_q <= rst;

  assign source_valid = {
    start_q && !rst, answer_valid, error_first, state_changed, beats_lost | beats_back, merge_event
  };
  assign source_event = {
    understudy_pkg::EVENT_START, understudy_pkg::GATE_SOURCE, line,
    24'd0, understudy_pkg::LINK_VERSION,
    understudy_pkg::EVENT_REQUEST, 6'd0, answer_asker, line, answer_data,
    understudy_pkg::EVENT_LINK_ERROR, 8'd1, line, errors[63:32],
    understudy_pkg::EVENT_LINK_ERROR, 8'd0, line, errors[31:0],
    understudy_pkg::EVENT_SERVER_STATE, 8'd1, line, 16'd0, state[15:8], beat_state[15:8],
    understudy_pkg::EVENT_SERVER_STATE, 8'd0, line, 16'd0, state[7:0], beat_state[7:0],
    beats_back[1] ? understudy_pkg::EVENT_BEATS_BACK : understudy_pkg::EVENT_BEATS_LOST,
    8'd1, line, 32'd0,
    beats_back[0] ? understudy_pkg::EVENT_BEATS_BACK : understudy_pkg::EVENT_BEATS_LOST,
    8'd0, line, 32'd0,
    merge_kind, merge_source, merge_line, merge_data
  };

  logic [2:0] read_tvalid, read_tready;
  logic [95:0] read_sequence;
  logic [527:0] read_event;
  logic [7:0] read_waiting;

  if (EVENT_LOG != 0) begin : g_event_log
    boundary_events boundary_events (
        .clk, .rst, .boundary, .frame, .line, .clock, .decide(decide_q),
        .frame_rescued, .frame_lost, .frame_converged, .frame_bad, .freeze, .black,
        .freeze_frames, .black_level, .equal_frames,
        .takeover, .target, .hold, .hold_flap, .reason, .term_next,
        .picture_ok, .picture_ok_next, .is_protected, .is_protected_next,
        .switch_waits, .switch_op, .switch_id, .switch_asker, .request_result,
        .tvalid(boundary_tvalid), .tdata(boundary_tdata), .tready(boundary_tready),
        .lost(boundary_lost)
    );

    event_collector #(
        .SOURCES(SOURCES)
    ) event_collector (
        .clk, .rst, .frame, .clock, .term(term_next), .line,
        .source_valid, .source_event, .source_busy,
        .boundary_tdata, .boundary_tvalid, .boundary_tready,
        .lost_elsewhere(boundary_lost + {3'd0, requests_lost}),
        .event_valid, .event_data, .lost
    );

    event_log event_log (
        .clk, .rst, .event_valid, .event_data, .now({frame, line, clock, term}),
        .read_tvalid, .read_tready, .read_sequence, .read_event, .read_waiting, .events_lost(log_lost),
        .busy(log_busy)
    );
  end else begin : g_no_event_log
    assign {read_tvalid, read_sequence, read_event, read_waiting, log_lost, log_busy} = '0;
    assign {boundary_tvalid, boundary_tready, boundary_tdata, boundary_lost} = '0;
    assign {source_busy, event_valid, event_data, lost} = '0;
  end

  // --- alarms: four are kept until they are cleared, the others are facts ----------------------------------
  logic line_lost_q, events_lost_q;
  logic [1:0] link_q, failed;

  always_ff @(posedge clk) begin
    if (clear_alarms) begin
      line_lost_q <= 1'b0;
      events_lost_q <= 1'b0;
      link_q <= '0;
    end
    if (line_lost) line_lost_q <= 1'b1;
    if (lost || log_lost) events_lost_q <= 1'b1;
    if (error != '0) link_q <= (clear_alarms ? 2'd0 : link_q) | error;
    if (rst) begin
      line_lost_q <= 1'b0;
      events_lost_q <= 1'b0;
      link_q <= '0;
    end
  end

  for (genvar s = 0; s < 2; s++)
    assign failed[s] = alive[s] && state[s*8+:8] == understudy_pkg::STATE_FAILED;

  always_comb begin
    alarms = '0;
    if (diverged) alarms = alarms | understudy_pkg::ALARM_DIVERGED;
    if (!is_protected) alarms = alarms | understudy_pkg::ALARM_UNPROTECTED;
    if (line_lost_q) alarms = alarms | understudy_pkg::ALARM_LINES_LOST;
    if (no_eligible) alarms = alarms | understudy_pkg::ALARM_NO_ELIGIBLE;
    if (flap_hold) alarms = alarms | understudy_pkg::ALARM_FLAP_HOLD;
    if (seen[0] && !alive[0]) alarms = alarms | understudy_pkg::ALARM_BEATS_A;
    if (seen[1] && !alive[1]) alarms = alarms | understudy_pkg::ALARM_BEATS_B;
    if (!picture_ok[0]) alarms = alarms | understudy_pkg::ALARM_PICTURE_A;
    if (!picture_ok[1]) alarms = alarms | understudy_pkg::ALARM_PICTURE_B;
    if (failed[0]) alarms = alarms | understudy_pkg::ALARM_FAILED_A;
    if (failed[1]) alarms = alarms | understudy_pkg::ALARM_FAILED_B;
    if (events_lost_q) alarms = alarms | understudy_pkg::ALARM_EVENTS_LOST;
    if (link_q[0]) alarms = alarms | understudy_pkg::ALARM_LINK_A;
    if (link_q[1]) alarms = alarms | understudy_pkg::ALARM_LINK_B;
  end

  // --- ticks: gathered in the clock after the decision, sent from the next one -------------------------------
  // first byte in the low bits; the byte that tells a host its port is put in for each link
  logic [8*understudy_pkg::TICK_BYTES-33:0] tick_q;
  logic tick_due_q, tick_on_air_q;

  always_ff @(posedge clk) begin
    tick_due_q <= decided_q && !rst;
    if (decided_q) begin
      tick_on_air_q <= on_air;
      tick_q <= {
        6'd0, mode, equal_frames, alarms,
        alive[1] ? state[15:8] : understudy_pkg::STATE_UNKNOWN,
        alive[0] ? state[7:0] : understudy_pkg::STATE_UNKNOWN,
        term, frame
      };
    end
  end

  for (genvar s = 0; s < 2; s++) begin : g_transmitter
    // the wire has each field's low byte first, and the fields in this order from the low bits up
    logic [8*understudy_pkg::EVENT_BYTES-9:0] wire_event;
    assign wire_event = {
      read_event[s*176+:32], read_event[s*176+32+:32], read_event[s*176+64+:48],
      read_event[s*176+112+:16], read_event[s*176+128+:32], read_event[s*176+160+:8],
      read_event[s*176+168+:8], read_sequence[s*32+:32]
    };
    if (LINKS[s]) begin : g_messages
      link_transmitter link_transmitter (
          .clk, .rst, .tick(tick_due_q),
          .tick_message({
            tick_q, 7'd0, tick_on_air_q, 8'(s),
            understudy_pkg::LINK_VERSION, understudy_pkg::LINK_TICK
          }),
          .event_tdata(wire_event), .event_tvalid(read_tvalid[s]), .event_tready(read_tready[s]),
          .tx_tdata(tx_tdata[s*8+:8]), .tx_tvalid(tx_tvalid[s]), .tx_tready(tx_tready[s]),
          .busy(tx_busy[s])
      );
    end else begin : g_silent
      assign {tx_tdata[s*8+:8], tx_tvalid[s], tx_busy[s]} = '0;
      assign read_tready[s] = 1'b1;  // its events are gone as they come
    end
  end

  assign gap_timing = seen;
  assign gap_period = beat_period;
  assign busy = tx_busy != '0 || log_busy || source_busy != '0 || requests_busy || boundary_tvalid;

  registers #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL),
      .BEAT_PERIOD_RESET(BEAT_PERIOD_RESET)
  ) registers (
      .clk, .rst,
      .psel, .penable, .pwrite, .paddr, .pwdata, .prdata, .pready, .pslverr,
      .rescue, .rescue_unproven, .auto_return, .prefer_b, .missed_max, .window, .beat_period,
      .bad_lines, .flap_changes, .flap_window, .return_hold, .slate, .untagged, .freeze_frames,
      .black_value, .black_frames, .proven,
      .command, .command_op, .command_id,
      .frame, .term, .on_air, .is_protected, .healthy, .mode, .alarms, .equal_frames,
      .link_errors(errors), .line_rescued, .line_lost, .line_bad, .beat, .miss,
      .event_tvalid(read_tvalid[2]), .event_tready(read_tready[2]),
      .event_sequence(read_sequence[95:64]), .event_data(read_event[527:352]),
      .event_waiting(read_waiting)
  );
endmodule
