// SPDX-License-Identifier: Apache-2.0
// The mailbox's ring from a host to the gate: words in, bytes out, a word's lowest byte first. The host owns `head`,
// this block `tail`; both count words and wrap at 2^32. A head that goes backwards or past a full ring is a lie and
// not taken, so between the two there is never more than the ring. What stands in the words is for the link's decoder.
// From a new head to the first byte: two clocks; five clocks a word.
module ring_to_appliance #(
    parameter int WORDS = understudy_pkg::MAILBOX_RING_WORDS,  // a power of two, 4..65536
    parameter logic [31:0] FIRST = 32'd0                       // both indices after reset
) (
    input logic clk,
    input logic rst,

    // host
    input logic                     put,      // strobe: a word into the ring
    input logic [$clog2(WORDS)-1:0] put_at,
    input logic [             31:0] put_data,
    input logic                     head_put, // strobe
    input logic [             31:0] head_data,

    output logic [31:0] head,
    output logic [31:0] tail,

    // bytes
    output logic [7:0] tdata,
    output logic       tvalid,
    input  logic       tready,
    output logic       rests    // level: nothing is left of what was published
);
  if (WORDS < 4 || WORDS > 65536 || (WORDS & (WORDS - 1)) != 0) $error("WORDS out of range");

  logic [31:0] memory[0:WORDS-1];
  logic [31:0] word_q;
  logic [1:0] byte_q;
  logic read, head_right;

  assign read = !tvalid && head != tail;
  assign rests = !tvalid && head == tail;
  assign head_right = head_data - head <= 32'(WORDS) - (head - tail);
  assign tdata = word_q[{byte_q, 3'd0}+:8];

  always_ff @(posedge clk) begin
    if (put) memory[put_at] <= put_data;
    if (read) word_q <= memory[tail[$clog2(WORDS)-1:0]];
  end

  always_ff @(posedge clk) begin
    if (head_put && head_right) head <= head_data;
    if (read) begin
      tail <= tail + 32'd1;
      tvalid <= 1'b1;
      byte_q <= '0;
    end else if (tvalid && tready) begin
      byte_q <= byte_q + 2'd1;
      tvalid <= byte_q != 2'd3;
    end
    if (rst) begin
      head <= FIRST;
      tail <= FIRST;
      tvalid <= 1'b0;
      byte_q <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // any one word that a host puts where there is room, and does not touch again before it was read
  (* anyconst *) logic [31:0] f_index;
  logic f_there_q;
  logic [31:0] f_word_q;
  logic f_free, f_mine;
  assign f_mine = put && put_at == f_index[$clog2(WORDS)-1:0];
  assign f_free = f_index - head < 32'(WORDS) - (head - tail);  // not published, and there is room
  always_ff @(posedge clk) begin
    if (f_mine) begin
      f_there_q <= f_free;
      f_word_q <= put_data;
    end
    if (read && tail == f_index) f_there_q <= 1'b0;
    if (rst) f_there_q <= 1'b0;
  end

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // whatever a host writes, no more than the ring is between the two indices
      assert (head - tail <= 32'(WORDS));
      // the tail goes on word by word, and never past the head
      assert (tail == $past(tail) + {31'd0, $past(head != tail && !tvalid)});
      // the head moves by the host alone, forwards, and no further than there was room
      if (head != $past(head))
        assert ($past(head_put) && head == $past(head_data) && head - $past(head) <= 32'(WORDS) - ($past(head) - $past(tail)));
      // a head that is right is taken
      if ($past(head_put && head_data - head <= 32'(WORDS) - (head - tail))) assert (head == $past(head_data));
      // a byte that is not taken stays as it is
      if ($past(tvalid && !tready)) assert (tvalid && tdata == $past(tdata));
      // whatever was published leaves: a word is fetched as soon as the one before it is out
      if ($past(!tvalid && head != tail)) assert (tvalid && byte_q == '0);
      // a word leaves as it was put, its lowest byte first
      if ($past(tvalid && tready && byte_q != 2'd3)) assert (tvalid && byte_q == $past(byte_q) + 2'd1 && word_q == $past(word_q));
      if ($past(f_there_q && read && tail == f_index && !f_mine)) assert (word_q == $past(f_word_q));
    end
  // for the induction
  always_comb
    if (past_q && !rst && f_there_q) assert (memory[f_index[$clog2(WORDS)-1:0]] == f_word_q);
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (tvalid && byte_q == 2'd3 && tail == FIRST + 32'd2 && tdata == 8'h55);
      cover (head - tail == 32'(WORDS));
    end
`endif
endmodule
