// SPDX-License-Identifier: Apache-2.0
// Sends TICK first, then EVENTs: CRC-32C appended, COBS, closing zero. COBS must know where the next
// zero is before it sends a block's first byte, so a message turns round in one shift register: forwards to
// take its CRC, backwards to put the distance to the next zero into each zero, forwards to go out.
// From start to first byte: twice (message bytes + 4) clocks, plus one. A tick that waits when the next comes is replaced.
module link_transmitter (
    input logic clk,
    input logic rst,

    // TICK: due (strobe); the message, first byte in the low bits, stands from the strobe to the next one
    input logic                                      tick,
    input logic [8*understudy_pkg::TICK_BYTES-1:0] tick_message,

    // EVENT: the message without its type byte, first byte in the low bits
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
  localparam logic [4:0] TICK_SIZE = 5'(understudy_pkg::TICK_BYTES + CRC_BYTES);
  localparam logic [4:0] EVENT_SIZE = 5'(BYTES);

  localparam logic [2:0] IDLE = 3'd0;
  localparam logic [2:0] CHECK = 3'd1;   // forwards, CRC
  localparam logic [2:0] ENCODE = 3'd2;  // backwards, distances into zeros
  localparam logic [2:0] CODE = 3'd3;    // the first code goes out
  localparam logic [2:0] BODY = 3'd4;
  localparam logic [2:0] CLOSE = 3'd5;   // the closing zero

  logic [2:0] phase_q;
  logic [8*BYTES-1:0] message_q;
  logic [4:0] size_q, left_q;  // bytes of the message with CRC, bytes left in this phase
  logic [7:0] distance_q;      // to the next zero, counted backwards
  logic [31:0] crc_q;
  logic tick_waits_q;

  logic start_tick;
  logic [7:0] last;

  assign start_tick = phase_q == IDLE && tick_waits_q;
  assign event_tready = phase_q == IDLE && !tick_waits_q;
  assign busy = !tx_tvalid && (phase_q != IDLE || tick_waits_q || event_tvalid);
  assign last = message_q[8*BYTES-8+:8];

  assign tx_tvalid = phase_q == CODE || phase_q == BODY || phase_q == CLOSE;
  always_comb begin
    tx_tdata = 8'd0;
    if (phase_q == CODE) tx_tdata = distance_q;
    if (phase_q == BODY) tx_tdata = message_q[7:0];
  end

  always_ff @(posedge clk) begin
    if (tick) tick_waits_q <= 1'b1;
    else if (start_tick) tick_waits_q <= 1'b0;
    if (phase_q != IDLE && (!tx_tvalid || tx_tready)) left_q <= left_q - 5'd1;

    case (phase_q)
      IDLE: begin
        crc_q <= understudy_pkg::GATE_CRC32C_START;
        if (tick_waits_q) begin
          message_q <= {{8 * (BYTES - understudy_pkg::TICK_BYTES) {1'b0}}, tick_message};
          size_q <= TICK_SIZE;
          left_q <= TICK_SIZE;
          phase_q <= CHECK;
        end else if (event_tvalid) begin
          message_q <= {{8 * CRC_BYTES{1'b0}}, event_tdata, understudy_pkg::LINK_EVENT};
          size_q <= EVENT_SIZE;
          left_q <= EVENT_SIZE;
          phase_q <= CHECK;
        end
      end
      CHECK: begin
        if (left_q > 5'(CRC_BYTES)) begin
          crc_q <= understudy_pkg::crc32c_byte(crc_q, message_q[7:0]);
          message_q <= {message_q[7:0], message_q[8*BYTES-1:8]};
        end else begin
          crc_q <= {8'd0, crc_q[31:8]};
          message_q <= {~crc_q[7:0], message_q[8*BYTES-1:8]};
        end
        if (left_q == 5'd1) begin
          left_q <= size_q;
          distance_q <= 8'd1;
          phase_q <= ENCODE;
        end
      end
      ENCODE: begin
        distance_q <= last == 8'd0 ? 8'd1 : distance_q + 8'd1;
        message_q <= {message_q[8*BYTES-9:0], last == 8'd0 ? distance_q : last};
        if (left_q == 5'd1) phase_q <= CODE;
      end
      CODE: if (tx_tready) begin
        left_q <= size_q;
        phase_q <= BODY;
      end
      BODY: if (tx_tready) begin
        message_q <= {8'd0, message_q[8*BYTES-1:8]};
        if (left_q == 5'd1) phase_q <= CLOSE;
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
  // who offers an event keeps it until it is taken
  always_ff @(posedge clk)
    if (past_q && !$past(rst) && $past(event_tvalid) && !$past(event_tready))
      assume (event_tvalid && event_tdata == $past(event_tdata));

  logic [5:0] f_sent;  // bytes of the present frame
  logic f_tick_due;    // a tick has come and none has started since
  always_ff @(posedge clk) begin
    if (phase_q == IDLE) f_sent <= '0;
    else if (tx_tvalid && tx_tready) f_sent <= f_sent + 6'd1;
    if (tick) f_tick_due <= 1'b1;
    else if (phase_q == IDLE) f_tick_due <= 1'b0;
    if (rst) f_tick_due <= 1'b0;
  end

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // a byte stays until it is taken
      if ($past(tx_tvalid) && !$past(tx_tready)) assert (tx_tvalid && tx_tdata == $past(tx_tdata));
      // a frame, once begun, is sent to its end: no byte of silence between
      if ($past(tx_tvalid) && $past(phase_q) != CLOSE) assert (tx_tvalid);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // no byte of a frame is zero but its last, so a receiver finds the end of every frame
      if (tx_tvalid) assert ((tx_tdata == 8'd0) == (phase_q == CLOSE));
      // a frame is as long as its message, its CRC, one COBS byte and the closing zero
      if (phase_q == CLOSE) assert (f_sent == {1'b0, size_q} + 6'd1);
      // a tick goes before events: none is taken while one waits
      if (f_tick_due && $past(f_tick_due)) assert (!(event_tready && event_tvalid));
      // an event is taken only when a frame for it begins
      if (event_tready) assert (phase_q == IDLE);
      // phases count down and distances stay small (for the induction)
      assert (phase_q <= CLOSE && (size_q == TICK_SIZE || size_q == EVENT_SIZE || phase_q == IDLE));
      if (phase_q == CHECK || phase_q == ENCODE || phase_q == BODY) assert (left_q >= 5'd1 && left_q <= size_q);
      if (phase_q == ENCODE) begin
        assert (distance_q >= 8'd1 && distance_q <= 8'(size_q - left_q) + 8'd1);
        for (int i = 0; i < BYTES; i++)
          if (6'(i) + {1'b0, left_q} < {1'b0, size_q}) assert (message_q[i*8+:8] != 8'd0);
      end
      if (phase_q == CODE) assert (distance_q != 8'd0 && f_sent == 6'd0);
      if (phase_q == CODE)
        for (int i = 0; i < BYTES; i++) if (5'(i) < size_q) assert (message_q[i*8+:8] != 8'd0);
      if (phase_q == BODY) begin
        assert (f_sent == 6'd1 + {1'b0, size_q - left_q});
        for (int i = 0; i < BYTES; i++) if (5'(i) < left_q) assert (message_q[i*8+:8] != 8'd0);
      end
      if (phase_q == CHECK || phase_q == ENCODE) assert (f_sent == 6'd0);
      if (f_tick_due) assert (tick_waits_q);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (phase_q == CLOSE && tx_tready && size_q == TICK_SIZE);
      cover (phase_q == CODE && tx_tready && size_q == EVENT_SIZE);
      cover (tick && tick_waits_q && phase_q == BODY);
    end
`endif
endmodule
