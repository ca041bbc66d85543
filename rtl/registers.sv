// SPDX-License-Identifier: Apache-2.0
// The register map of protocol/registers.hpp behind APB: always ready, a write acts in its access phase,
// a value out of range becomes the nearest one in range. Reads of status show the present clock's values;
// an address that is not there reads zero and raises pslverr. Counters stay at their most.
module registers #(
    parameter int H_ACTIVE = 640,
    parameter int H_TOTAL = 800,
    parameter int V_ACTIVE = 480,
    parameter int V_TOTAL = 525,
    parameter int BEAT_PERIOD_RESET = H_TOTAL * V_TOTAL / 8 * 5 / 4
) (
    input logic clk,
    input logic rst,

    // APB
    input  logic        psel,
    input  logic        penable,
    input  logic        pwrite,
    input  logic [11:0] paddr,
    input  logic [31:0] pwdata,
    output logic [31:0] prdata,
    output logic        pready,
    output logic        pslverr,

    // configuration
    output logic        rescue,
    output logic        rescue_unproven,
    output logic        auto_return,
    output logic        prefer_b,
    output logic [ 4:0] missed_max,
    output logic [ 4:0] window,
    output logic [23:0] beat_period,
    output logic [15:0] bad_lines,
    output logic [ 2:0] flap_changes,
    output logic [15:0] flap_window,
    output logic [15:0] return_hold,
    output logic [23:0] slate,
    output logic [ 1:0] untagged,
    output logic [ 7:0] freeze_frames,
    output logic [ 7:0] black_value,
    output logic [ 7:0] black_frames,
    output logic [15:0] proven,

    // COMMAND
    output logic        command,     // strobe
    output logic [ 7:0] command_op,
    output logic [15:0] command_id,

    // status
    input logic [31:0] frame,
    input logic [31:0] term,
    input logic        on_air,
    input logic        is_protected,
    input logic [ 1:0] healthy,
    input logic [ 1:0] mode,
    input logic [15:0] alarms,
    input logic [15:0] equal_frames,
    input logic [63:0] link_errors,  // 2 x 32
    // counted here: strobes
    input logic        line_rescued,
    input logic        line_lost,
    input logic [ 1:0] line_bad,
    input logic [ 1:0] beat,
    input logic [ 1:0] miss,

    // event log, the local reader
    input  logic         event_tvalid,
    output logic         event_tready,
    input  logic [ 31:0] event_sequence,
    input  logic [175:0] event_data,
    input  logic [  7:0] event_waiting
);
  logic [31:0] rescued_q, lost_q;
  logic [63:0] beats_q, missed_q, bad_lines_q;  // A low, B high
  logic write;
  logic [175:0] head;

  assign pready = 1'b1;
  assign write = psel && penable && pwrite;
  assign command = write && paddr == understudy_pkg::REG_COMMAND;
  assign command_op = pwdata[7:0];
  assign command_id = pwdata[23:8];
  assign event_tready = write && paddr == understudy_pkg::REG_EVENT_POP;
  assign head = event_tvalid ? event_data : '0;

  always_comb begin
    prdata = '0;
    pslverr = 1'b0;
    if (psel)
      case (paddr)
        understudy_pkg::REG_ID: prdata = understudy_pkg::REG_ID_VALUE;
        understudy_pkg::REG_VERSION: prdata = {24'd0, understudy_pkg::LINK_VERSION};
        understudy_pkg::REG_RASTER: prdata = {16'(V_ACTIVE), 16'(H_ACTIVE)};
        understudy_pkg::REG_RASTER_TOTAL: prdata = {16'(V_TOTAL), 16'(H_TOTAL)};
        understudy_pkg::REG_CONTROL:
          prdata = {28'd0, prefer_b, auto_return, rescue_unproven, rescue};
        understudy_pkg::REG_BEATS: prdata = {19'd0, window, 3'd0, missed_max};
        understudy_pkg::REG_BEAT_PERIOD: prdata = {8'd0, beat_period};
        understudy_pkg::REG_BAD_LINES: prdata = {16'd0, bad_lines};
        understudy_pkg::REG_FLAP: prdata = {flap_window, 13'd0, flap_changes};
        understudy_pkg::REG_RETURN_HOLD: prdata = {16'd0, return_hold};
        understudy_pkg::REG_SLATE: prdata = {8'd0, slate};
        understudy_pkg::REG_UNTAGGED: prdata = {30'd0, untagged};
        understudy_pkg::REG_FREEZE: prdata = {24'd0, freeze_frames};
        understudy_pkg::REG_BLACK: prdata = {16'd0, black_frames, black_value};
        understudy_pkg::REG_PROVEN: prdata = {16'd0, proven};
        understudy_pkg::REG_COMMAND: prdata = '0;
        understudy_pkg::REG_FRAME: prdata = frame;
        understudy_pkg::REG_TERM: prdata = term;
        understudy_pkg::REG_STATUS: prdata = {26'd0, mode, healthy, is_protected, on_air};
        understudy_pkg::REG_ALARMS: prdata = {16'd0, alarms};
        understudy_pkg::REG_RESCUED: prdata = rescued_q;
        understudy_pkg::REG_LOST: prdata = lost_q;
        understudy_pkg::REG_EQUAL_FRAMES: prdata = {16'd0, equal_frames};
        understudy_pkg::REG_BEATS_A: prdata = beats_q[31:0];
        understudy_pkg::REG_BEATS_B: prdata = beats_q[63:32];
        understudy_pkg::REG_MISSED_A: prdata = missed_q[31:0];
        understudy_pkg::REG_MISSED_B: prdata = missed_q[63:32];
        understudy_pkg::REG_LINK_ERRORS_A: prdata = link_errors[31:0];
        understudy_pkg::REG_LINK_ERRORS_B: prdata = link_errors[63:32];
        understudy_pkg::REG_BAD_LINES_A: prdata = bad_lines_q[31:0];
        understudy_pkg::REG_BAD_LINES_B: prdata = bad_lines_q[63:32];
        understudy_pkg::REG_EVENT_COUNT: prdata = {24'd0, event_waiting};
        understudy_pkg::REG_EVENT_HEAD: prdata = {head[127:112], head[167:160], head[175:168]};
        understudy_pkg::REG_EVENT_FRAME: prdata = head[159:128];
        understudy_pkg::REG_EVENT_CLOCK_LOW: prdata = head[95:64];
        understudy_pkg::REG_EVENT_CLOCK_HIGH: prdata = {16'd0, head[111:96]};
        understudy_pkg::REG_EVENT_TERM: prdata = head[63:32];
        understudy_pkg::REG_EVENT_DATA: prdata = head[31:0];
        understudy_pkg::REG_EVENT_SEQUENCE: prdata = event_tvalid ? event_sequence : '0;
        understudy_pkg::REG_EVENT_POP: prdata = '0;
        default: pslverr = penable;
      endcase
  end

  // the value written to BEATS, in range
  logic [4:0] window_new, missed_max_new;
  always_comb begin
    window_new = pwdata[12:8];
    if (window_new == 5'd0) window_new = 5'd1;
    if (window_new > 5'(understudy_pkg::LIMIT_BEAT_WINDOW_MAX))
      window_new = 5'(understudy_pkg::LIMIT_BEAT_WINDOW_MAX);
    missed_max_new = pwdata[4:0];
    if (missed_max_new == 5'd0) missed_max_new = 5'd1;
    if (missed_max_new > window_new) missed_max_new = window_new;
  end

  localparam logic [23:0] BEAT_PERIOD_MIN = 24'd16;

  always_ff @(posedge clk) begin
    if (write)
      case (paddr)
        understudy_pkg::REG_CONTROL:
          {prefer_b, auto_return, rescue_unproven, rescue} <= pwdata[3:0];
        understudy_pkg::REG_BEATS: begin
          window <= window_new;
          missed_max <= missed_max_new;
        end
        understudy_pkg::REG_BEAT_PERIOD:
          beat_period <= pwdata[23:0] < BEAT_PERIOD_MIN ? BEAT_PERIOD_MIN : pwdata[23:0];
        understudy_pkg::REG_BAD_LINES: bad_lines <= pwdata[15:0] == '0 ? 16'd1 : pwdata[15:0];
        understudy_pkg::REG_FLAP: begin
          flap_window <= pwdata[31:16];
          flap_changes <= pwdata[2:0];
          if (pwdata[2:0] == 3'd0) flap_changes <= 3'd1;
          if (pwdata[2:0] > 3'(understudy_pkg::LIMIT_FLAP_CHANGES_MAX))
            flap_changes <= 3'(understudy_pkg::LIMIT_FLAP_CHANGES_MAX);
        end
        understudy_pkg::REG_RETURN_HOLD: return_hold <= pwdata[15:0];
        understudy_pkg::REG_SLATE: slate <= pwdata[23:0];
        understudy_pkg::REG_UNTAGGED: untagged <= pwdata[1:0];
        understudy_pkg::REG_FREEZE: freeze_frames <= pwdata[7:0];
        understudy_pkg::REG_BLACK: {black_frames, black_value} <= pwdata[15:0];
        understudy_pkg::REG_PROVEN: proven <= pwdata[15:0] == '0 ? 16'd1 : pwdata[15:0];
        default: ;
      endcase
    if (rst) begin
      {prefer_b, auto_return, rescue_unproven, rescue} <= understudy_pkg::REG_RESET_CONTROL[3:0];
      window <= understudy_pkg::REG_RESET_BEATS[12:8];
      missed_max <= understudy_pkg::REG_RESET_BEATS[4:0];
      beat_period <= 24'(BEAT_PERIOD_RESET);
      bad_lines <= understudy_pkg::REG_RESET_BAD_LINES[15:0];
      flap_window <= understudy_pkg::REG_RESET_FLAP[31:16];
      flap_changes <= understudy_pkg::REG_RESET_FLAP[2:0];
      return_hold <= understudy_pkg::REG_RESET_RETURN_HOLD[15:0];
      slate <= understudy_pkg::REG_RESET_SLATE[23:0];
      untagged <= understudy_pkg::REG_RESET_UNTAGGED[1:0];
      freeze_frames <= understudy_pkg::REG_RESET_FREEZE[7:0];
      {black_frames, black_value} <= understudy_pkg::REG_RESET_BLACK[15:0];
      proven <= understudy_pkg::REG_RESET_PROVEN[15:0];
    end
  end

  always_ff @(posedge clk) begin
    if (line_rescued && rescued_q != '1) rescued_q <= rescued_q + 32'd1;
    if (line_lost && lost_q != '1) lost_q <= lost_q + 32'd1;
    for (int s = 0; s < 2; s++) begin
      if (beat[s] && beats_q[s*32+:32] != '1) beats_q[s*32+:32] <= beats_q[s*32+:32] + 32'd1;
      if (miss[s] && missed_q[s*32+:32] != '1) missed_q[s*32+:32] <= missed_q[s*32+:32] + 32'd1;
      if (line_bad[s] && bad_lines_q[s*32+:32] != '1)
        bad_lines_q[s*32+:32] <= bad_lines_q[s*32+:32] + 32'd1;
    end
    if (rst) begin
      rescued_q <= '0;
      lost_q <= '0;
      beats_q <= '0;
      missed_q <= '0;
      bad_lines_q <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // whatever is written, 1 <= M <= N <= 16
      assert (missed_max >= 5'd1 && missed_max <= window && window <= 5'(understudy_pkg::LIMIT_BEAT_WINDOW_MAX));
      // whatever is written, the other numbers are in their ranges
      assert (beat_period >= BEAT_PERIOD_MIN && bad_lines >= 16'd1 && proven >= 16'd1);
      assert (flap_changes >= 3'd1 && flap_changes <= 3'(understudy_pkg::LIMIT_FLAP_CHANGES_MAX));
      // a command or a taken event needs a write's access phase
      if (command || event_tready) assert (psel && penable && pwrite);
      // an address that is not there reads zero
      if (pslverr) assert (psel && penable && prdata == '0);
      cover (window == 5'd3 && missed_max == 5'd3);
      cover (pslverr);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // the configuration changes by writes only
      if (!$past(write))
        assert ({prefer_b, auto_return, rescue_unproven, rescue, window, missed_max, beat_period, bad_lines, flap_changes}
            == $past({prefer_b, auto_return, rescue_unproven, rescue, window, missed_max, beat_period, bad_lines, flap_changes}));
      if (!$past(write))
        assert ({flap_window, return_hold, slate, untagged, freeze_frames, black_value, black_frames, proven}
            == $past({flap_window, return_hold, slate, untagged, freeze_frames, black_value, black_frames, proven}));
      // a counter counts its strobes one by one and stays at its most
      for (int s = 0; s < 2; s++) begin
        assert (beats_q[s*32+:32] == $past(beats_q[s*32+:32]) + {31'd0, $past(beat[s]) && $past(beats_q[s*32+:32]) != '1});
        assert (missed_q[s*32+:32] == $past(missed_q[s*32+:32]) + {31'd0, $past(miss[s]) && $past(missed_q[s*32+:32]) != '1});
        assert (bad_lines_q[s*32+:32] == $past(bad_lines_q[s*32+:32])
            + {31'd0, $past(line_bad[s]) && $past(bad_lines_q[s*32+:32]) != '1});
      end
      assert (rescued_q == $past(rescued_q) + {31'd0, $past(line_rescued) && $past(rescued_q) != '1});
      assert (lost_q == $past(lost_q) + {31'd0, $past(line_lost) && $past(lost_q) != '1});
    end
`endif
endmodule
