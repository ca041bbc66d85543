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

  // any one reader: how many it has accounted for (got, or was told to have missed), what is at hand
  (* anyconst *) logic [1:0] f_reader;
  // at 2^32 - 1 missed before a read the count stops: a year and more at a hundred events a second
  always_comb assume (f_reader < 2'(READERS) && f_missed != '1);
  // counted modulo 256; counts themselves are passed on whole, which is proved beside it
  logic [7:0] f_told, f_ahead, f_sequence, f_count;
  logic [31:0] f_missed;
  logic [ADDRESS:0] f_behind;
  logic [175:0] f_entry;
  logic f_report, f_hand, f_taken, f_coming;
  assign f_hand = read_tvalid[f_reader];
  assign f_taken = f_hand && read_tready[f_reader];
  assign f_coming = fetched_q && who_q == f_reader;
  assign f_sequence = read_sequence[f_reader*32+:8];
  assign f_entry = read_event[f_reader*176+:176];
  assign f_missed = missed_q[f_reader*32+:32];
  assign f_behind = behind_q[f_reader*(ADDRESS+1)+:ADDRESS+1];
  assign f_count = f_report ? f_entry[7:0] : 8'd1;  // events that the entry at hand accounts for
  // accounted for once what is at hand or on its way is taken
  assign f_ahead = f_told + (f_hand ? f_count : 8'd0)
      + (!f_coming ? 8'd0 : lost_q ? lost_count_q[7:0] : 8'd1);
  always_ff @(posedge clk) begin
    if (f_coming) f_report <= lost_q;
    if (f_taken) f_told <= f_told + f_count;
    if (rst) f_told <= '0;
  end

`ifdef FORMAL_CONTENTS
  // any one event, followed from its entry on: where it stands, how many came after it, who has it
  (* anyseq *) logic f_pick;
  logic [175:0] f_event;
  logic [ADDRESS-1:0] f_slot;
  logic [ADDRESS:0] f_after;
  logic f_written, f_coming_it, f_hand_it;
  always_ff @(posedge clk) begin
    if (event_valid && f_written && f_after != (ADDRESS+1)'(DEPTH)) f_after <= f_after + 1'b1;
    if (event_valid && !f_written && f_pick) begin
      f_written <= 1'b1;
      f_event <= event_data;
      f_slot <= head_q[ADDRESS-1:0];
      f_after <= '0;
    end
    f_coming_it <= fetch && who == f_reader && missed == '0 && f_written && behind == f_after + 1'b1;
    if (f_coming) f_hand_it <= f_coming_it;
    if (rst) f_written <= 1'b0;
  end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // what a reader gets is what was written
      if (f_hand && f_hand_it) assert (f_written && !f_report && f_entry == f_event);
      // it stands in its slot until the ring has gone round (for the induction)
      if (f_written && f_after < (ADDRESS+1)'(DEPTH))
        assert (ring[f_slot] == f_event && f_slot == ADDRESS'(head_q - 32'(f_after) - 32'd1));
      assert (!(f_coming && f_hand));
      if (f_written) assert (f_after <= (ADDRESS+1)'(DEPTH));
      if (f_coming && f_coming_it) assert (f_written && !lost_q && word_q == f_event);
      assert (f_behind <= (ADDRESS+1)'(DEPTH));
      cover (f_hand && f_hand_it && f_after == (ADDRESS+1)'(2));
    end
`else
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // an event is never lost silently: written = told + at hand + in the ring + counted as missed
      assert (head_q[7:0] == f_ahead + f_missed[7:0] + 8'(f_behind));
      // a reader gets events in order, each once: its number is the count of those before it
      if (f_hand && !f_report) assert (f_sequence == f_told);
      // a report counts exactly the events between the one before it and the one after it
      if (f_hand && f_report) assert (f_sequence + 8'd1 == f_told + f_count && f_entry[31:0] != '0);
      // an event is reported missed only when the ring was full
      if (f_missed != '0) assert (f_behind == (ADDRESS+1)'(DEPTH));
      // at most the ring is behind (for the induction)
      assert (f_behind <= (ADDRESS+1)'(DEPTH));
      if (f_coming) assert (!f_hand && (!lost_q || lost_count_q != '0));
      if (f_coming) assert (sequence_q[7:0] == f_told + (lost_q ? lost_count_q[7:0] - 8'd1 : 8'd0));
      assert (who_q != 2'd3 || !fetched_q);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // a count of missed ones is passed on whole, and grows by one a missed event
      if ($past(fetch) && $past(who) == f_reader) assert (lost_count_q == $past(f_missed) && f_missed == '0);
      else assert (f_missed == $past(f_missed)
                   || ($past(event_valid) && f_missed == $past(f_missed) + 32'd1));
      if ($past(f_coming) && $past(lost_q)) assert (f_entry[31:0] == $past(lost_count_q));
      // what is at hand stays until it is taken
      if ($past(f_hand) && !$past(f_taken)) assert (f_hand && f_entry == $past(f_entry));
      cover (read_tvalid == 3'b111);
      cover (f_taken && f_told == 8'd1);
    end
`endif
`endif
endmodule
