// SPDX-License-Identifier: Apache-2.0
// Sends TICK first, then EVENTs: CRC-32C appended, COBS, closing zero. COBS must know where the next
// zero is before it sends a block's first byte, so a message goes three times through one small memory: forwards
// to take its CRC, backwards to put the distance to the next zero into each zero, forwards to go out.
// From start to first byte: twice (message bytes + 4) clocks, plus two. A tick that waits when the next comes is
// replaced, also while it still goes into the memory.
module link_transmitter (
    input logic clk,
    input logic rst,

    // TICK: due (strobe); the message, first byte in the low bits, stands from the strobe to the next one
    input logic                                      tick,
    input logic [8*understudy_pkg::TICK_BYTES-1:0] tick_message,

    // EVENT: the message without its type byte, first byte in the low bits; taken with its last byte
    input  logic [8*understudy_pkg::EVENT_BYTES-9:0] event_tdata,
    input  logic                                       event_tvalid,
    output logic                                       event_tready,

    output logic [7:0] tx_tdata,
    output logic       tx_tvalid,
    input  logic       tx_tready,

    output logic busy  // level: can go on with what it has to send
);
  localparam int CRC_BYTES = 4;
  localparam int BYTES = understudy_pkg::EVENT_BYTES + CRC_BYTES;  // the longest message
  localparam logic [4:0] TICK_LAST = 5'(understudy_pkg::TICK_BYTES + CRC_BYTES - 1);
  localparam logic [4:0] EVENT_LAST = 5'(BYTES - 1);

  localparam logic [2:0] IDLE = 3'd0;
  localparam logic [2:0] CHECK = 3'd1;   // forwards, CRC
  localparam logic [2:0] TURN = 3'd2;    // the last byte is written, then read
  localparam logic [2:0] ENCODE = 3'd3;  // backwards, distances into zeros
  localparam logic [2:0] CODE = 3'd4;    // the first code goes out
  localparam logic [2:0] BODY = 3'd5;
  localparam logic [2:0] CLOSE = 3'd6;   // the closing zero

  // a byte is never read in the clock in which it is written
  (* ram_style = "block", no_rw_check *)
  logic [7:0] memory[0:31];
  logic [7:0] data_q;          // the byte that was read
  logic [4:0] at_q, read_at, last_at;  // the byte of the message that this clock is about
  logic write, read;
  logic [7:0] write_data;

  logic [2:0] phase_q;
  logic is_tick_q;             // what is sent: a tick, or an event
  logic [7:0] distance_q;      // to the next zero, counted backwards
  logic [31:0] crc_q;
  logic tick_waits_q;

  logic start_tick, again, in_crc, last;
  logic [7:0] message;         // its byte at_q

  assign start_tick = phase_q == IDLE && tick_waits_q;
  assign again = phase_q == CHECK && is_tick_q && tick;  // another tick, before this one was there
  assign last_at = is_tick_q ? TICK_LAST : EVENT_LAST;
  assign last = at_q == last_at;
  assign in_crc = at_q > last_at - 5'(CRC_BYTES);
  assign event_tready = phase_q == CHECK && !is_tick_q && at_q == EVENT_LAST - 5'(CRC_BYTES);
  assign busy = !tx_tvalid && (phase_q != IDLE || tick_waits_q || event_tvalid);

  always_comb begin
    message = 8'd0;
    if (is_tick_q) begin
      for (int i = 0; i < understudy_pkg::TICK_BYTES; i++)
        if (at_q == 5'(i)) message = message | tick_message[i*8+:8];
    end else begin
      if (at_q == 5'd0) message = understudy_pkg::LINK_EVENT;
      for (int i = 1; i < understudy_pkg::EVENT_BYTES; i++)
        if (at_q == 5'(i)) message = message | event_tdata[i*8-8+:8];
    end
  end

  assign tx_tvalid = phase_q == CODE || phase_q == BODY || phase_q == CLOSE;
  always_comb begin
    tx_tdata = 8'd0;
    if (phase_q == CODE) tx_tdata = distance_q;
    if (phase_q == BODY) tx_tdata = data_q;
  end

  always_comb begin
    write = phase_q == CHECK || (phase_q == ENCODE && data_q == 8'd0);
    write_data = phase_q == ENCODE ? distance_q : in_crc ? ~crc_q[7:0] : message;
    read = phase_q != CHECK && (phase_q != BODY || tx_tready);
    read_at = at_q;
    if (phase_q == ENCODE) read_at = at_q - 5'd1;
    if (phase_q == CODE) read_at = '0;
    if (phase_q == BODY) read_at = at_q + 5'd1;
  end

  always_ff @(posedge clk) begin
    if (write) memory[at_q] <= write_data;
    if (read) data_q <= memory[read_at];
  end

  always_ff @(posedge clk) begin
    if (tick) tick_waits_q <= !again && !start_tick;  // else it is the one that begins
    else if (start_tick) tick_waits_q <= 1'b0;

    case (phase_q)
      IDLE: begin
        crc_q <= understudy_pkg::GATE_CRC32C_START;
        at_q <= '0;
        is_tick_q <= tick_waits_q;
        if (tick_waits_q || event_tvalid) phase_q <= CHECK;
      end
      CHECK: begin
        crc_q <= in_crc ? {8'd0, crc_q[31:8]} : understudy_pkg::crc32c_byte(crc_q, message);
        at_q <= at_q + 5'd1;
        if (last) begin
          at_q <= last_at;
          phase_q <= TURN;
        end
        if (again) begin
          crc_q <= understudy_pkg::GATE_CRC32C_START;
          at_q <= '0;
          phase_q <= CHECK;
        end
      end
      TURN: begin
        distance_q <= 8'd1;
        phase_q <= ENCODE;
      end
      ENCODE: begin
        distance_q <= data_q == 8'd0 ? 8'd1 : distance_q + 8'd1;
        at_q <= at_q - 5'd1;
        if (at_q == '0) phase_q <= CODE;
      end
      CODE: if (tx_tready) begin
        at_q <= '0;
        phase_q <= BODY;
      end
      BODY: if (tx_tready) begin
        at_q <= at_q + 5'd1;
        if (last) phase_q <= CLOSE;
      end
      default: if (tx_tready) phase_q <= IDLE;
    endcase

    if (rst) begin
      phase_q <= IDLE;
      tick_waits_q <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
`ifdef FORMAL_COVER
  always_comb assume (tick_message == '0 && event_tdata == '0 && tx_tready);  // short ways to the covers
`endif
  // who offers an event keeps it until it is taken; a tick's message stands from its strobe to the next
  always_ff @(posedge clk) begin
    if (past_q && !$past(rst) && $past(event_tvalid) && !$past(event_tready))
      assume (event_tvalid && event_tdata == $past(event_tdata));
    if (past_q && !$past(rst) && !tick) assume (tick_message == $past(tick_message));
  end

  logic [5:0] f_sent;  // bytes of the present frame
  logic f_tick_due;    // a tick has come and none has started since
  always_ff @(posedge clk) begin
    if (phase_q == IDLE) f_sent <= '0;
    else if (tx_tvalid && tx_tready) f_sent <= f_sent + 6'd1;
    if (tick) f_tick_due <= !again && !start_tick;
    else if (phase_q == IDLE) f_tick_due <= 1'b0;
    if (rst) f_tick_due <= 1'b0;
  end

  // any one byte of the memory, and of the message in the clock in which its last byte went in
  (* anyconst *) logic [4:0] f_at;
  logic [7:0] f_byte, f_message;
  logic f_encoded;  // distances stand in its zeros from f_at on
  assign f_byte = memory[f_at];
  always_comb begin
    f_message = understudy_pkg::LINK_EVENT;
    if (is_tick_q) f_message = tick_message[f_at*8+:8];
    else if (f_at != '0) f_message = event_tdata[f_at*8-8+:8];
  end
  assign f_encoded = f_at <= last_at && (phase_q == CODE || phase_q == BODY || (phase_q == ENCODE && f_at > at_q));

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // a byte stays until it is taken
      if ($past(tx_tvalid) && !$past(tx_tready)) assert (tx_tvalid && tx_tdata == $past(tx_tdata));
      // a frame, once begun, is sent to its end: no byte of silence between
      if ($past(tx_tvalid) && $past(phase_q) != CLOSE) assert (tx_tvalid);
      // a byte is never read in the clock in which it is written
      if ($past(write) && $past(read)) assert ($past(read_at) != $past(at_q));
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // no byte of a frame is zero but its last, so a receiver finds the end of every frame
      if (phase_q == CODE || (phase_q == BODY && at_q == f_at)) assert (tx_tdata != 8'd0);
      if (phase_q == CLOSE) assert (tx_tdata == 8'd0);
      // a frame is as long as its message, its CRC, one COBS byte and the closing zero
      if (phase_q == CLOSE) assert (f_sent == {1'b0, last_at} + 6'd2);
      // what is sent is the message as it stood when its last byte was taken
      if (phase_q == CHECK && f_at < at_q && at_q <= last_at - 5'(CRC_BYTES)
          && !(is_tick_q && tick)) assert (f_byte == f_message);
      // a tick goes before events: none begins while one waits
      if (f_tick_due && $past(f_tick_due)) assert (!($past(phase_q) == IDLE && phase_q == CHECK && !is_tick_q));
      // an event is taken once a frame, and only when one waits
      if (event_tready) assert (event_tvalid && phase_q == CHECK);
      // the memory's bytes, the places in it and the distances (for the induction)
      assert (phase_q <= CLOSE);
      if (phase_q != IDLE && phase_q != CODE && phase_q != CLOSE) assert (at_q <= last_at);
      if (phase_q == CHECK && !is_tick_q && at_q <= EVENT_LAST - 5'(CRC_BYTES)) assert (event_tvalid);
      if (phase_q == TURN) assert (last && f_sent == 6'd0);
      if (phase_q == CHECK) assert (f_sent == 6'd0);
      if (phase_q == ENCODE) assert (distance_q >= 8'd1 && distance_q <= {3'd0, last_at - at_q} + 8'd1 && f_sent == 6'd0);
      if (phase_q == CODE) assert (distance_q != 8'd0 && f_sent == 6'd0);
      if (phase_q == BODY) assert (f_sent == 6'd1 + {1'b0, at_q});
      if (f_encoded) assert (f_byte != 8'd0);
      if ((phase_q == ENCODE || phase_q == BODY) && at_q == f_at) assert (data_q == f_byte);
      if (f_tick_due) assert (tick_waits_q);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (again);
      cover (event_tready);
      cover (tick && tick_waits_q && phase_q == ENCODE && is_tick_q);
    end
`endif
endmodule
