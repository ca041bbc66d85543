// SPDX-License-Identifier: Apache-2.0
// Brings events from many sources into the log, one a clock: what the frame boundary has to say first, then
// the sources, lowest number first. Each source has one place; the event is stamped as it enters it and leaves
// it a clock later or, when others go before, a few clocks. What is overwritten in its place (or
// reported as lost by others) is counted and leaves as an events_lost entry. A place keeps the low bits of
// its stamp: the others are found again as it leaves. Assumes: it waits less than 256 clocks and one frame.
module event_collector #(
    parameter int SOURCES = 9
) (
    input logic clk,
    input logic rst,

    input logic [31:0] frame,
    input logic [47:0] clock,
    input logic [31:0] term,
    input logic [15:0] line,  // raster's, for the events_lost entry

    // strobes, each with {kind 8, source 8, line 16, data 32}
    input  logic [   SOURCES-1:0] source_valid,
    input  logic [64*SOURCES-1:0] source_event,
    output logic [   SOURCES-1:0] source_busy,   // its place is taken

    // the frame boundary's events, stamped already
    input  logic [175:0] boundary_tdata,
    input  logic         boundary_tvalid,
    output logic         boundary_tready,

    input logic [4:0] lost_elsewhere,  // events that others lost in this clock

    // to the log: {kind 8, source 8, frame 32, line 16, clock 48, term 32, data 32}
    output logic         event_valid,
    output logic [175:0] event_data,
    output logic         lost  // strobe: at least one event was lost in this clock
);
  localparam int PLACE = 74;  // {kind 8, source 8, line 16, data 32, frame 1, term 1, clock 8}

  logic [SOURCES-1:0] waits_q, taken;
  logic [PLACE*SOURCES-1:0] place_q;
  logic [PLACE-1:0] place;  // the one whose turn it is
  logic [31:0] place_frame, place_term;
  logic [47:0] place_clock;
  logic [15:0] lost_q;
  logic [5:0] lost_now;
  logic report;

  assign source_busy = waits_q;
  assign boundary_tready = 1'b1;

  always_comb begin
    taken = '0;
    place = '0;
    if (!boundary_tvalid && waits_q != '0) begin
      taken = waits_q & (~waits_q + 1'b1);  // the lowest
      for (int i = 0; i < SOURCES; i++)
        if (taken[i]) place = place | place_q[i*PLACE+:PLACE];
    end
  end

  // the stamp as it was: at most one frame and one term ago, less than 256 clocks
  assign place_frame = frame - {31'd0, frame[0] ^ place[9]};
  assign place_term = term - {31'd0, term[0] ^ place[8]};
  assign place_clock = {clock[47:8] - {39'd0, clock[7:0] < place[7:0]}, place[7:0]};

  always_comb begin
    event_valid = boundary_tvalid;
    event_data = boundary_tdata;
    report = 1'b0;
    if (taken != '0) begin
      event_valid = 1'b1;
      event_data = {
        place[58+:16], place_frame, place[42+:16], place_clock, place_term, place[10+:32]
      };
    end else if (!boundary_tvalid && lost_q != '0) begin
      event_valid = 1'b1;
      report = 1'b1;
      event_data = {
        understudy_pkg::EVENT_EVENTS_LOST, understudy_pkg::GATE_SOURCE,
        frame, line, clock, term, 16'd0, lost_q
      };
    end
  end

  always_comb begin
    lost_now = {1'b0, lost_elsewhere};
    if (source_valid != '0)
      for (int i = 0; i < SOURCES; i++)
        lost_now = lost_now + {5'd0, source_valid[i] && waits_q[i] && !taken[i]};
  end
  assign lost = lost_now != '0;

  always_ff @(posedge clk) begin
    waits_q <= (waits_q & ~taken) | source_valid;
    if (source_valid != '0)
      for (int i = 0; i < SOURCES; i++)
        if (source_valid[i])
          place_q[i*PLACE+:PLACE] <= {source_event[i*64+:64], frame[0], term[0], clock[7:0]};
    if (report) lost_q <= {10'd0, lost_now};
    else if (lost_now != '0)
      lost_q <= lost_q > 16'hFF00 ? 16'hFFFF : lost_q + {10'd0, lost_now};  // stays at its most
    if (rst) begin
      waits_q <= '0;
      lost_q <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // beyond this many lost without one report the count stands still
  always_comb assume (lost_q <= 16'hFF00);

  // events that came, and that left or were reported as lost; modulo 256: more than in any one clock
  logic [7:0] f_raised, f_accounted, f_now, f_waiting;
  always_comb begin
    f_now = {7'd0, boundary_tvalid} + {3'd0, lost_elsewhere};
    f_waiting = '0;
    for (int i = 0; i < SOURCES; i++) begin
      f_now = f_now + {7'd0, source_valid[i]};
      f_waiting = f_waiting + {7'd0, waits_q[i]};
    end
  end
  always_ff @(posedge clk) begin
    f_raised <= f_raised + f_now;
    if (event_valid) f_accounted <= f_accounted + (report ? lost_q[7:0] : 8'd1);
    if (rst) begin
      f_raised <= '0;
      f_accounted <= '0;
    end
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // an event is never lost silently: raised = logged or reported + waiting + counted as lost
      assert (f_raised == f_accounted + f_waiting + lost_q[7:0]);
      // the frame boundary's events are never held back
      assert (boundary_tready && (!boundary_tvalid || event_data == boundary_tdata));
      // a place that waits is served as soon as nobody goes before it
      if (waits_q != '0 && !boundary_tvalid) assert ((taken & waits_q) != '0 && event_valid);
      cover (report && lost_q == 16'd3);
      cover (taken[SOURCES-1] && source_valid[SOURCES-1]);
    end

  // any one source's event: what it was stamped with, and clocks since
  (* anyconst *) logic [3:0] f_source;
  logic [63:0] f_event;
  logic [31:0] f_frame, f_term;
  logic [47:0] f_clock;
  logic [PLACE-1:0] f_place;
  always_comb assume (f_source < 4'(SOURCES));
  assign f_place = place_q[f_source*PLACE+:PLACE];
  always_ff @(posedge clk)
    if (source_valid[f_source]) begin
      f_event <= source_event[f_source*64+:64];
      f_frame <= frame;
      f_term <= term;
      f_clock <= clock;
    end
  // an event leaves within 256 clocks, in which frame and term grow by one at most
  always_comb
    if (waits_q[f_source])
      assume (clock - f_clock < 48'd256 && frame - f_frame <= 32'd1 && term - f_term <= 32'd1);
  always_ff @(posedge clk)
    if (past_q && !rst && waits_q[f_source]) begin
      // an event leaves as it came, stamped with the frame, the clock and the term in which it came
      if (taken[f_source])
        assert (event_data == {f_event[63:48], f_frame, f_event[47:32], f_clock, f_term, f_event[31:0]});
      // its place holds it (for the induction)
      assert (f_place == {f_event, f_frame[0], f_term[0], f_clock[7:0]});
      cover (taken[f_source] && f_clock[47:8] != clock[47:8] && f_frame != frame);
    end
`endif
endmodule
