// SPDX-License-Identifier: Apache-2.0
// Brings events from many sources into the log, one a clock: what the frame boundary has to say first, then
// the sources, lowest number first. Each source has one place; the event is stamped as it enters it and leaves
// it a clock later or, when others go before, a few clocks. What is overwritten in its place (or
// reported as lost by others) is counted and leaves as an events_lost entry.
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
  logic [SOURCES-1:0] waits_q, taken;
  logic [176*SOURCES-1:0] place_q;
  logic [15:0] lost_q;
  logic [15:0] lost_now;
  logic report;

  assign source_busy = waits_q;
  assign boundary_tready = 1'b1;

  always_comb begin
    event_valid = boundary_tvalid;
    event_data = boundary_tdata;
    taken = '0;
    report = 1'b0;
    if (!boundary_tvalid && waits_q != '0) begin
      event_valid = 1'b1;
      for (int i = SOURCES - 1; i >= 0; i--)
        if (waits_q[i]) begin
          taken = '0;
          taken[i] = 1'b1;
          event_data = place_q[i*176+:176];
        end
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
    lost_now = {11'd0, lost_elsewhere};
    if (source_valid != '0)
      for (int i = 0; i < SOURCES; i++)
        lost_now = lost_now + {15'd0, source_valid[i] && waits_q[i] && !taken[i]};
  end
  assign lost = lost_now != '0;

  always_ff @(posedge clk) begin
    waits_q <= (waits_q & ~taken) | source_valid;
    if (source_valid != '0)
      for (int i = 0; i < SOURCES; i++)
        if (source_valid[i])
          place_q[i*176+:176] <= {
            source_event[i*64+48+:16], frame, source_event[i*64+32+:16], clock, term,
            source_event[i*64+:32]
          };
    if (report) lost_q <= lost_now;
    else if (lost_now != '0)
      lost_q <= lost_q > 16'hFF00 ? 16'hFFFF : lost_q + lost_now;  // stays at its most
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
`endif
endmodule
