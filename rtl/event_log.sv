// SPDX-License-Identifier: Apache-2.0
// A ring of the last 64 events, read by three readers at their own pace. One that falls more than the ring
// behind gets a single events_lost entry with the number that it missed, before it goes on with the oldest.
// An event is written in its clock; a reader's next one is at hand four clocks later or so (one memory
// port, readers served in order, never in a clock of writing). The writer is never held back.
module event_log (
    input logic clk,
    input logic rst,

    // {kind 8, source 8, frame 32, line 16, clock 48, term 32, data 32}, one a clock at most
    input logic         event_valid,
    input logic [175:0] event_data,

    // what an events_lost entry is stamped with: {frame 32, line 16, clock 48, term 32}
    input logic [127:0] now,

    // readers: 0 link A, 1 link B, 2 registers; sequence number and event, laid out as above
    output logic [ 2:0] read_tvalid,
    input  logic [ 2:0] read_tready,
    output logic [95:0] read_sequence,  // 3 x 32
    output logic [527:0] read_event,    // 3 x 176
    output logic [7:0] read_waiting,    // entries that wait for reader 2, the one at hand counted in

    output logic events_lost, // strobe: a reader was told that it missed some
    output logic busy         // level: fetches for a reader
);
  localparam int DEPTH = understudy_pkg::LIMIT_EVENT_LOG_DEPTH;
  localparam int ADDRESS = $clog2(DEPTH);
  localparam int READERS = 3;

  logic [175:0] ring[0:DEPTH-1];
  logic [175:0] word_q;
  logic [31:0] head_q;                        // events since reset
  logic [READERS*(ADDRESS+1)-1:0] behind_q;   // events in the ring that a reader has yet to fetch
  logic [READERS*32-1:0] missed_q;            // events that the ring lost before the reader came
  logic [READERS-1:0] wants;
  logic fetched_q, lost_q;                    // word_q is for reader who_q; as events_lost
  logic [1:0] who, who_q;
  logic [31:0] sequence_q, lost_count_q;
  logic [ADDRESS:0] behind;
  logic [31:0] missed;
  logic fetch;
  logic [ADDRESS-1:0] address;

  always_comb begin
    for (int i = 0; i < READERS; i++) begin
      wants[i] = !read_tvalid[i] && !(fetched_q && who_q == 2'(i))
          && (behind_q[i*(ADDRESS+1)+:ADDRESS+1] != '0 || missed_q[i*32+:32] != '0);
    end
    read_waiting = 8'(behind_q[2*(ADDRESS+1)+:ADDRESS+1]) + 8'(missed_q[64+:32] != '0)
        + 8'(read_tvalid[2] || (fetched_q && who_q == 2'd2));
    fetch = wants != '0 && !event_valid;
    who = 2'd0;
    behind = behind_q[0+:ADDRESS+1];
    missed = missed_q[0+:32];
    for (int i = READERS - 1; i >= 0; i--)
      if (wants[i]) begin
        who = 2'(i);
        behind = behind_q[i*(ADDRESS+1)+:ADDRESS+1];
        missed = missed_q[i*32+:32];
      end
    address = head_q[ADDRESS-1:0] - behind[ADDRESS-1:0];
  end

  assign events_lost = fetched_q && lost_q;
  assign busy = fetched_q || wants != '0;

  always_ff @(posedge clk) begin
    if (event_valid) ring[head_q[ADDRESS-1:0]] <= event_data;
    if (fetch) word_q <= ring[address];
  end

  always_ff @(posedge clk) begin
    fetched_q <= fetch;
    if (event_valid) begin
      head_q <= head_q + 32'd1;
      for (int i = 0; i < READERS; i++)
        if (!behind_q[i*(ADDRESS+1)+ADDRESS])
          behind_q[i*(ADDRESS+1)+:ADDRESS+1] <= behind_q[i*(ADDRESS+1)+:ADDRESS+1] + 1'b1;
        else if (missed_q[i*32+:32] != '1)
          missed_q[i*32+:32] <= missed_q[i*32+:32] + 32'd1;
    end
    if (fetch) begin
      who_q <= who;
      lost_q <= missed != '0;
      lost_count_q <= missed;
      sequence_q <= head_q - 32'(behind) - (missed != '0 ? 32'd1 : 32'd0);
      for (int i = 0; i < READERS; i++)
        if (who == 2'(i)) begin
          if (missed != '0) missed_q[i*32+:32] <= '0;
          else behind_q[i*(ADDRESS+1)+:ADDRESS+1] <= behind - 1'b1;
        end
    end
    for (int i = 0; i < READERS; i++) begin
      if (fetched_q && who_q == 2'(i)) begin
        read_tvalid[i] <= 1'b1;
        read_sequence[i*32+:32] <= sequence_q;
        read_event[i*176+:176] <= lost_q
            ? {understudy_pkg::EVENT_EVENTS_LOST, understudy_pkg::GATE_SOURCE, now, lost_count_q}
            : word_q;
      end else if (read_tready[i]) begin
        read_tvalid[i] <= 1'b0;
      end
    end
    if (rst) begin
      head_q <= '0;
      behind_q <= '0;
      missed_q <= '0;
      fetched_q <= 1'b0;
      read_tvalid <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // 2^32 - 1 events without a read is where the count of the missed stops
  always_comb for (int i = 0; i < READERS; i++) assume (missed_q[i*32+:32] != '1);

  // how many each reader has accounted for (got, or was told to have missed), and what is at hand
  logic [READERS*32-1:0] f_told;
  logic [READERS-1:0] f_report;  // at hand is a report of missed ones
  always_ff @(posedge clk) begin
    for (int i = 0; i < READERS; i++) begin
      if (fetched_q && who_q == 2'(i)) f_report[i] <= lost_q;
      if (read_tvalid[i] && read_tready[i])
        f_told[i*32+:32] <= f_told[i*32+:32] + (f_report[i] ? read_event[i*176+:32] : 32'd1);
    end
    if (rst) f_told <= '0;
  end
  logic [READERS*32-1:0] f_ahead;  // accounted for once what is at hand or on its way is taken
  always_comb
    for (int i = 0; i < READERS; i++)
      f_ahead[i*32+:32] = f_told[i*32+:32]
          + (!read_tvalid[i] ? 32'd0 : f_report[i] ? read_event[i*176+:32] : 32'd1)
          + (!(fetched_q && who_q == 2'(i)) ? 32'd0 : lost_q ? lost_count_q : 32'd1);

  // any one event, followed from its entry on
  (* anyconst *) logic [31:0] f_number;
  logic [175:0] f_event;
  logic f_written;
  always_ff @(posedge clk) begin
    if (event_valid && head_q == f_number) begin
      f_event <= event_data;
      f_written <= 1'b1;
    end
    if (rst) f_written <= 1'b0;
  end

  always_ff @(posedge clk)
    if (past_q && !rst)
      for (int i = 0; i < READERS; i++) begin
        // an event is never lost silently: written = told + at hand + in the ring + counted as missed
        assert (head_q == f_ahead[i*32+:32] + missed_q[i*32+:32] + 32'(behind_q[i*(ADDRESS+1)+:ADDRESS+1]));
        // a reader gets events in order, each once: its number is the count of those before it
        if (read_tvalid[i] && !f_report[i]) assert (read_sequence[i*32+:32] == f_told[i*32+:32]);
        // a report counts exactly the events between the one before it and the one after it
        if (read_tvalid[i] && f_report[i])
          assert (read_sequence[i*32+:32] + 32'd1 == f_told[i*32+:32] + read_event[i*176+:32]
                  && read_event[i*176+:32] != '0);
        // what a reader gets is what was written
        if (read_tvalid[i] && !f_report[i] && f_written && read_sequence[i*32+:32] == f_number)
          assert (read_event[i*176+:176] == f_event);
        // at most the ring is behind (for the induction, with the next four)
        assert (behind_q[i*(ADDRESS+1)+:ADDRESS+1] <= (ADDRESS+1)'(DEPTH));
        if (fetched_q && who_q == 2'(i))
          assert (!read_tvalid[i] && (!lost_q || lost_count_q != '0)
                  && (lost_q ? sequence_q + 32'd1 == f_told[i*32+:32] + lost_count_q
                             : sequence_q == f_told[i*32+:32]));
        if (missed_q[i*32+:32] != '0)
          assert (behind_q[i*(ADDRESS+1)+:ADDRESS+1] == (ADDRESS+1)'(DEPTH));
        if (fetched_q && !lost_q && f_written && sequence_q == f_number) assert (word_q == f_event);
        if (f_written && head_q - f_number <= 32'(DEPTH) && head_q != f_number)
          assert (ring[f_number[ADDRESS-1:0]] == f_event);
        assert (who_q != 2'd3 || !fetched_q);
      end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // two readers' events never stand in each other's way: what is at hand stays until it is taken
      for (int i = 0; i < READERS; i++)
        if (!$past(rst) && $past(read_tvalid[i]) && !$past(read_tready[i]))
          assert (read_tvalid[i] && read_event[i*176+:176] == $past(read_event[i*176+:176]));
      cover (read_tvalid == 3'b111);
      cover (read_tvalid[1] && read_tready[1] && f_told[63:32] == 32'd2);
`ifdef FORMAL_SMALL
      cover (read_tvalid[2] && f_report[2] && read_event[2*176+:32] == 32'd3);
`endif
    end
`endif
endmodule
