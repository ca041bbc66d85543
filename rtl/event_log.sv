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

    output logic events_lost  // strobe: a reader was told that it missed some
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
endmodule
