// SPDX-License-Identifier: Apache-2.0
// The mailbox's ring from the gate to a host: bytes in, words out. A frame ends with its zero byte, is padded with zero bytes
// to a whole word, and only then the host sees the head behind it. A host that does not read holds the stream back
// (`tready`), nothing is overwritten. A tail past the head, or one that goes backwards, is a lie and not taken.
// A frame as long as the ring is published in parts: else nobody could ever go on.
module ring_to_host #(
    parameter int WORDS = understudy_pkg::MAILBOX_RING_WORDS,  // a power of two, 4..65536
    parameter logic [31:0] FIRST = 32'd0                       // both indices after reset
) (
    input logic clk,
    input logic rst,

    // bytes
    input  logic [7:0] tdata,
    input  logic       tvalid,
    output logic       tready,

    // host
    input  logic                     get,       // strobe: get_data is that word one clock later
    input  logic [$clog2(WORDS)-1:0] get_at,
    output logic [             31:0] get_data,
    input  logic                     tail_put,  // strobe
    input  logic [             31:0] tail_data,

    output logic [31:0] head,
    output logic [31:0] tail
);
  if (WORDS < 4 || WORDS > 65536 || (WORDS & (WORDS - 1)) != 0) $error("WORDS out of range");

  logic [31:0] memory[0:WORDS-1];
  logic [31:0] written_q, written_next;  // words in the ring, published or not
  logic [23:0] word_q;                   // the word's bytes so far, the others zero
  logic [1:0] byte_q;
  logic take, whole, publish, tail_right;
  logic [31:0] word;

  assign tready = written_q - tail < 32'(WORDS);
  assign take = tvalid && tready;
  assign whole = take && (byte_q == 2'd3 || tdata == 8'd0);
  assign written_next = written_q + 32'd1;
  assign publish = whole && (tdata == 8'd0 || (head == tail && written_next - tail == 32'(WORDS)));
  assign tail_right = tail_data - tail <= head - tail;
  always_comb begin
    word = {8'd0, word_q};
    word[{byte_q, 3'd0}+:8] = tdata;
  end

  always_ff @(posedge clk) begin
    if (whole) memory[written_q[$clog2(WORDS)-1:0]] <= word;
    if (get) get_data <= memory[get_at];
  end

  always_ff @(posedge clk) begin
    if (tail_put && tail_right) tail <= tail_data;
    if (take) begin
      word_q <= word[23:0];
      byte_q <= byte_q + 2'd1;
    end
    if (whole) begin
      word_q <= '0;
      byte_q <= '0;
      written_q <= written_next;
    end
    if (publish) head <= written_next;
    if (rst) begin
      head <= FIRST;
      tail <= FIRST;
      written_q <= FIRST;
      word_q <= '0;
      byte_q <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // any one word, from when it was written until its slot is the next one's
  (* anyconst *) logic [31:0] f_index;
  logic f_there_q;
  logic [31:0] f_word_q;
  always_ff @(posedge clk) begin
    if (whole && written_q == f_index) begin
      f_there_q <= 1'b1;
      f_word_q <= word;
    end
    if (tail_put && tail_right && tail_data - tail > f_index - tail) f_there_q <= 1'b0;  // the host is done with it
    if (rst) f_there_q <= 1'b0;
  end

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // whatever a host writes, no more than the ring is between the two indices
      assert (head - tail <= 32'(WORDS));
      // the head never goes backwards, and moves at a frame's end, or when all of the ring is one frame
      if (head != $past(head)) assert (head == $past(written_q) + 32'd1 && $past(take)
          && ($past(tdata) == 8'd0 || ($past(head) == $past(tail) && $past(written_q) + 32'd1 - $past(tail) == 32'(WORDS))));
      // a frame's end is seen by the host at once
      if ($past(tvalid && tready && tdata == 8'd0)) assert (head == $past(written_q) + 32'd1 && byte_q == '0);
      // the tail moves by the host alone, and never past the head
      if (tail != $past(tail)) assert ($past(tail_put) && tail == $past(tail_data) && tail - $past(tail) <= $past(head) - $past(tail));
      // a tail that is right is taken: a new host may set it to the head
      if ($past(tail_put && tail_data == head)) assert (tail == $past(head));
      // the stream is held back by a full ring alone
      assert (tready == (written_q - tail != 32'(WORDS)));
      // a ring that holds the stream back has something for the host to read
      if (!tready) assert (head - tail != 32'd0);
      // a word stays as it was written until the host is done with it
      if ($past(f_there_q && get && get_at == f_index[$clog2(WORDS)-1:0])) assert (get_data == $past(f_word_q));
    end
  // for the induction
  always_comb
    if (past_q && !rst) begin
      assert (written_q - tail <= 32'(WORDS) && head - tail <= written_q - tail);
      if (written_q - tail == 32'(WORDS)) assert (head != tail);
      if (f_there_q) assert (f_index - tail < written_q - tail && memory[f_index[$clog2(WORDS)-1:0]] == f_word_q);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (head == FIRST + 32'd2 && tail == FIRST + 32'd2);
      cover (!tready);
    end
`endif
endmodule
