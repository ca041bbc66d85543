// SPDX-License-Identifier: Apache-2.0
// Requests from PCIe to words of one BAR, and their completions: the transaction layer above Xilinx' 7-series Integrated Block
// (PG054), 64-bit AXI4-Stream. One request at a time; the stream waits meanwhile. A write is of one whole word, any other
// is dropped (it is posted, there is no answer). A read is of one word: else it is answered Completer Abort; locked reads, I/O,
// atomics and reads of another BAR Unsupported Request, as also any read when the gate does not answer: hosts then see
// all ones. Completions, messages and poisoned writes are dropped. (PCI Express Base Specification 2.1, 2.2.7-2.2.9, 2.3.1.)
// Byte order: a header's dwords stand as in the specification, its byte 0 in [31:24]; data too, so a word's low byte
// (the first on the wire) is in [31:24] and is swapped here (PG054, "TLP format on the AXI4-Stream interface").
module tlp_target #(
    parameter int BAR = understudy_pkg::MAILBOX_DEFAULT_BAR  // 0..5
) (
    input logic clk,
    input logic rst,

    input logic [15:0] completer_id,  // {bus, device, function}

    // requests
    input  logic [63:0] rx_tdata,
    input  logic        rx_tvalid,
    input  logic        rx_tlast,
    input  logic [ 7:0] rx_bar_hit,  // one bit a BAR, stands through the packet
    output logic        rx_tready,

    // completions
    output logic [63:0] tx_tdata,
    output logic [ 7:0] tx_tkeep,
    output logic        tx_tvalid,
    output logic        tx_tlast,
    input  logic        tx_tready,

    // words
    output logic        word_valid,    // level, with what follows, until word_done
    output logic        word_write,
    output logic [11:0] word_address,
    output logic [31:0] word_wdata,
    input  logic        word_done,     // strobe
    input  logic        word_failed,   // with it
    input  logic [31:0] word_rdata
);
  localparam logic [4:0] TYPE_MEMORY = 5'b00000;
  localparam logic [4:0] TYPE_MEMORY_LOCKED = 5'b00001;
  localparam logic [4:0] TYPE_IO = 5'b00010;
  localparam logic [4:0] TYPE_FETCH_ADD = 5'b01100;
  localparam logic [4:0] TYPE_SWAP = 5'b01101;
  localparam logic [4:0] TYPE_COMPARE_SWAP = 5'b01110;
  localparam logic [3:0] TYPE_COMPLETION = 4'b0101;  // and whether it answers a locked read

  localparam logic [2:0] SUCCESSFUL = 3'd0;
  localparam logic [2:0] UNSUPPORTED = 3'd1;
  localparam logic [2:0] ABORT = 3'd4;

  localparam logic [2:0] FIRST = 3'd0;    // beat with dwords 0 and 1
  localparam logic [2:0] SECOND = 3'd1;   // ... 2 and 3
  localparam logic [2:0] THIRD = 3'd2;    // ... 4: the data behind a long header
  localparam logic [2:0] REST = 3'd3;     // up to the packet's end
  localparam logic [2:0] WORD = 3'd4;
  localparam logic [2:0] ANSWER = 3'd5;   // the completion's two beats
  localparam logic [2:0] ANSWER_2 = 3'd6;

  if (BAR < 0 || BAR > 5) $error("BAR out of range");

  logic [2:0] phase_q;
  logic [31:0] header_q;        // dword 0
  logic [15:0] requester_q;
  logic [7:0] tag_q;
  logic [3:0] first_be_q, last_be_q;
  logic [6:2] address_q;        // of the completion
  logic [31:0] data_q;
  logic [2:0] status_q;
  logic act_q;                  // an access, or a completion, follows the packet's end
  logic [15:0] completer_q;

  // --- what it is ----------------------------------------------------------------------------------
  logic memory, locked, io, atomic, with_data, long_header, one, hit, answered, right_write, right_read;
  logic [9:0] length;
  assign with_data = header_q[30];
  assign long_header = header_q[29];
  assign length = header_q[9:0];
  assign one = length == 10'd1;
  assign memory = !header_q[31] && header_q[28:24] == TYPE_MEMORY;
  assign locked = !header_q[31] && header_q[28:24] == TYPE_MEMORY_LOCKED && !with_data;
  assign io = header_q[31:29] == {2'b00, 1'b0} && header_q[28:24] == TYPE_IO || header_q[31:29] == 3'b010 && header_q[28:24] == TYPE_IO;
  assign atomic = !header_q[31] && with_data
      && (header_q[28:24] == TYPE_FETCH_ADD || header_q[28:24] == TYPE_SWAP || header_q[28:24] == TYPE_COMPARE_SWAP);
  assign hit = rx_bar_hit == 8'd1 << BAR;
  assign answered = (memory && !with_data) || locked || io || atomic;
  assign right_write = memory && with_data && hit && one && first_be_q == 4'b1111 && last_be_q == 4'd0 && !header_q[14];
  assign right_read = memory && !with_data && hit && one;

  function automatic logic [31:0] swapped(input logic [31:0] word);
    swapped = {word[7:0], word[15:8], word[23:16], word[31:24]};
  endfunction

  // --- completions: 2.2.9 -----------------------------------------------------------------------------
  logic [1:0] lead, trail, trail_one;  // bytes left out before the first and behind the last
  logic [11:0] byte_count;
  logic [6:0] lower_address;
  logic reads, with_word;
  always_comb begin
    lead = 2'd0;
    if (!first_be_q[0]) lead = first_be_q[1] ? 2'd1 : first_be_q[2] ? 2'd2 : first_be_q[3] ? 2'd3 : 2'd0;
    trail_one = first_be_q[3] ? 2'd0 : first_be_q[2] ? 2'd1 : first_be_q[1] ? 2'd2 : 2'd3;
    trail = last_be_q[3] ? 2'd0 : last_be_q[2] ? 2'd1 : last_be_q[1] ? 2'd2 : 2'd3;
    reads = !with_data && !io;
    byte_count = 12'd4;
    lower_address = '0;
    if (reads) begin
      byte_count = {length, 2'b00} - {10'd0, lead} - {10'd0, one ? trail_one : trail};
      if (first_be_q == '0) byte_count = 12'd1;
      lower_address = {address_q, lead};
    end
  end
  assign with_word = status_q == SUCCESSFUL;

  assign rx_tready = phase_q <= REST;
  assign tx_tvalid = phase_q == ANSWER || phase_q == ANSWER_2;
  assign tx_tlast = phase_q == ANSWER_2;
  assign tx_tkeep = tx_tlast && !with_word ? 8'h0F : 8'hFF;
  always_comb begin
    tx_tdata[31:0] = {1'b0, with_word, 1'b0, TYPE_COMPLETION, locked, 1'b0, header_q[22:20], 4'd0,
                      1'b0, 1'b0, header_q[13:12], 2'd0, 9'd0, with_word};
    tx_tdata[63:32] = {completer_q, status_q, 1'b0, byte_count};
    if (tx_tlast) begin
      tx_tdata[31:0] = {requester_q, tag_q, 1'b0, lower_address};
      tx_tdata[63:32] = with_word ? swapped(data_q) : 32'd0;
    end
  end

  assign word_valid = phase_q == WORD;
  assign word_write = with_data;
  assign word_wdata = data_q;

  always_ff @(posedge clk) begin
    case (phase_q)
      FIRST: if (rx_tvalid) begin
        header_q <= rx_tdata[31:0];
        {requester_q, tag_q, last_be_q, first_be_q} <= rx_tdata[63:32];
        completer_q <= completer_id;
        act_q <= 1'b0;
        if (!rx_tlast) phase_q <= SECOND;
      end
      SECOND: if (rx_tvalid) begin
        {word_address, address_q} <= long_header ? {rx_tdata[45:34], rx_tdata[38:34]} : {rx_tdata[13:2], rx_tdata[6:2]};
        data_q <= swapped(rx_tdata[63:32]);
        status_q <= right_read ? SUCCESSFUL : memory && hit ? ABORT : UNSUPPORTED;
        // a packet that ends before what its header says is none
        act_q <= answered || (right_write && !long_header);
        phase_q <= REST;
        if (rx_tlast) phase_q <= right_read || (right_write && !long_header) ? WORD : answered ? ANSWER : FIRST;
        else if (right_write && long_header) phase_q <= THIRD;
      end
      THIRD: if (rx_tvalid) begin
        data_q <= swapped(rx_tdata[31:0]);
        act_q <= 1'b1;
        phase_q <= rx_tlast ? WORD : REST;
      end
      REST: if (rx_tvalid && rx_tlast)
        phase_q <= !act_q ? FIRST : status_q == SUCCESSFUL || with_data && memory ? WORD : ANSWER;
      WORD: if (word_done) begin
        phase_q <= with_data ? FIRST : ANSWER;
        if (!with_data) begin
          data_q <= word_rdata;
          if (word_failed) status_q <= UNSUPPORTED;
        end
      end
      ANSWER: if (tx_tready) phase_q <= ANSWER_2;
      default: if (tx_tready) phase_q <= FIRST;
    endcase
    if (rst) begin
      phase_q <= FIRST;
      act_q <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // who is asked for a word answers while it is asked, and not else; a beat that is not taken stays
  always_comb if (!word_valid) assume (!word_done);
  always_ff @(posedge clk)
    if (past_q && !$past(rst) && $past(rx_tvalid && !rx_tready))
      assume (rx_tvalid && rx_tdata == $past(rx_tdata) && rx_tlast == $past(rx_tlast));

  // the packet as it was taken, written down apart from the machine
  logic [1:0] f_beats_q;
  logic f_over_q, f_hit_q;
  logic [31:0] f_0, f_1, f_2, f_3, f_4;
  logic f_taken;
  assign f_taken = rx_tvalid && rx_tready;
  always_ff @(posedge clk) begin
    if (f_taken) begin
      f_beats_q <= rx_tlast ? 2'd0 : f_beats_q == 2'd3 ? 2'd3 : f_beats_q + 2'd1;
      f_over_q <= rx_tlast;
      if (f_beats_q == 2'd0) {f_1, f_0} <= rx_tdata;
      if (f_beats_q == 2'd1) {f_3, f_2} <= rx_tdata;
      if (f_beats_q == 2'd1) f_hit_q <= rx_bar_hit == 8'd1 << BAR;
      if (f_beats_q == 2'd2) f_4 <= rx_tdata[31:0];
    end else f_over_q <= 1'b0;
    if (rst) begin
      f_beats_q <= '0;
      f_over_q <= 1'b0;
    end
  end
  logic f_write, f_read, f_non_posted;
  assign f_write = f_0[31:30] == 2'b01 && f_0[28:24] == 5'd0;
  assign f_read = f_0[31:30] == 2'b00 && f_0[28:24] == 5'd0;
  // what the specification's table 2-3 calls a non-posted request and a core hands on
  assign f_non_posted = f_read || (f_0[31:30] == 2'b00 && f_0[28:24] == 5'd1) || (f_0[31:29] == 3'b000 && f_0[28:24] == 5'd2)
      || (f_0[31:29] == 3'b010 && f_0[28:24] == 5'd2) || (f_0[31:30] == 2'b01 && f_0[28:26] == 3'b011 && f_0[25:24] != 2'b11);

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // a word is written for a write of one whole word to this BAR that is not poisoned, with its address and its data
      if (word_valid && word_write)
        assert (f_write && f_hit_q && f_0[9:0] == 10'd1 && f_1[7:0] == 8'h0F && !f_0[14]
            && word_address == (f_0[29] ? f_3[13:2] : f_2[13:2]) && word_wdata == swapped(f_0[29] ? f_4 : f_3));
      // a word is read for a read of one word of this BAR
      if (word_valid && !word_write)
        assert (f_read && f_hit_q && f_0[9:0] == 10'd1 && word_address == (f_0[29] ? f_3[13:2] : f_2[13:2]));
      // only what waits for an answer gets one, to the one who asked
      if (tx_tvalid) assert (f_non_posted);
      if (tx_tvalid && tx_tlast) assert (tx_tdata[31:8] == f_1[31:8]);
      // a read that is right brings the word; what is no such read brings none, and says why
      if (tx_tvalid && !tx_tlast)
        assert (tx_tdata[30] == (tx_tdata[47:45] == 3'd0) && (tx_tdata[47:45] != 3'd0 || f_read) && tx_tdata[9:0] == {9'd0, tx_tdata[30]});
      // a read that nobody answered is said to be unsupported
      if ($past(word_valid && word_done && !word_write && word_failed)) assert (tx_tvalid && tx_tdata[47:45] == UNSUPPORTED);
      // data comes from this access, its low byte first on the wire
      if ($past(word_valid && word_done && !word_write && !word_failed))
        assert (tx_tvalid && !tx_tlast && tx_tdata[30] && data_q == $past(word_rdata));
      if (tx_tvalid && tx_tlast && tx_tkeep == 8'hFF) assert (tx_tdata[63:56] == data_q[7:0] && tx_tdata[39:32] == data_q[31:24]);
      // a completion is two beats, and neither changes until it is taken
      if ($past(tx_tvalid && !tx_tready)) assert (tx_tvalid && tx_tlast == $past(tx_tlast) && tx_tdata == $past(tx_tdata) && tx_tkeep == $past(tx_tkeep));
      if ($past(tx_tvalid && tx_tready)) assert (tx_tvalid == !$past(tx_tlast) && (!tx_tvalid || tx_tlast));
      // after each packet's end the machine is free, asks for a word or answers: it waits for nothing else
      if ($past(f_taken && rx_tlast)) assert (phase_q == FIRST || word_valid || tx_tvalid);
      assert (rx_tready + word_valid + tx_tvalid == 2'd1);
      // whoever waits for an answer gets one: two beats or more of a non-posted request are never dropped
      if (f_over_q && $past(f_beats_q) != 2'd0 && f_non_posted) assert (word_valid || tx_tvalid);
    end
  // for the induction
  always_comb
    if (past_q && !rst) begin
      assert (phase_q <= ANSWER_2);
      assert (rx_tready || f_beats_q == 2'd0);
      if (phase_q == FIRST) assert (f_beats_q == 2'd0);
      if (phase_q == SECOND) assert (f_beats_q == 2'd1);
      if (phase_q == THIRD) assert (f_beats_q == 2'd2 && right_kept && with_data && long_header);
      if (phase_q == REST) assert (f_beats_q >= 2'd2);
      if (phase_q != FIRST) assert (header_q == f_0 && {requester_q, tag_q, last_be_q, first_be_q} == f_1);
      if (phase_q == REST || phase_q == WORD || phase_q == ANSWER || phase_q == ANSWER_2 || phase_q == THIRD)
        assert (word_address == (f_0[29] ? f_3[13:2] : f_2[13:2]));
      if (phase_q == REST && act_q) assert (f_non_posted || right_kept);
      if (phase_q == REST && !act_q) assert (!f_non_posted);
      if (phase_q == REST || phase_q == THIRD) assert ((status_q == SUCCESSFUL) == (f_read && f_hit_q && f_0[9:0] == 10'd1));
      if (phase_q == REST && right_kept && f_0[29]) assert (f_beats_q == 2'd3);
      if ((phase_q == REST && act_q && right_kept) || (phase_q == WORD && with_data)) assert (right_kept && data_q == swapped(f_0[29] ? f_4 : f_3));
      if (phase_q == WORD && !with_data) assert (f_read && f_hit_q && f_0[9:0] == 10'd1 && status_q == SUCCESSFUL);
      if (tx_tvalid) assert (f_non_posted && (status_q != SUCCESSFUL || f_read));
    end
  logic right_kept;
  assign right_kept = f_write && f_hit_q && f_0[9:0] == 10'd1 && f_1[7:0] == 8'h0F && !f_0[14];
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (word_valid && word_write && f_0[29]);
      cover (tx_tvalid && tx_tlast && tx_tkeep == 8'hFF);
      cover (tx_tvalid && status_q == ABORT);
    end
`endif
endmodule
