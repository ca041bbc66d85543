// SPDX-License-Identifier: Apache-2.0
// The doorbell's four words as the link's HEARTBEAT: an empty frame (it ends whatever was cut), then CRC-32C appended,
// COBS, closing zero: 21 bytes. From the doorbell to the first byte 16 clocks. A doorbell that waits when the next
// comes is replaced: the newest is the one that counts. A state that does not fit a byte is sent as 255, which is none.
module beat_encoder (
    input logic clk,
    input logic rst,

    input logic        bell,        // strobe
    input logic [31:0] sequence_number,
    input logic [31:0] boot_id,
    input logic [31:0] frame_seen,
    input logic [31:0] state,

    output logic [7:0] tdata,
    output logic       tvalid,
    input  logic       tready,
    output logic       tlast
);
  localparam int PLAIN = understudy_pkg::HEARTBEAT_BYTES;
  localparam int BYTES = PLAIN + 4;  // with the CRC
  localparam logic [4:0] CHECK_LAST = 5'(PLAIN - 1);
  localparam logic [4:0] SEND_LAST = 5'(BYTES + 2);  // 0 the empty frame, 1 the first code, then the bytes, then the zero

  localparam logic [1:0] IDLE = 2'd0;
  localparam logic [1:0] CHECK = 2'd1;  // round by bytes, CRC
  localparam logic [1:0] SEND = 2'd2;   // bytes leave at the low end, zeros come in at the high one

  logic waits_q;
  logic [8*PLAIN-1:0] waiting_q;
  logic [8*BYTES-1:0] message_q, rest;
  logic [31:0] crc_q, crc_next;
  logic [1:0] phase_q;
  logic [4:0] at_q;
  logic [7:0] code;
  logic body;

  assign crc_next = understudy_pkg::crc32c_byte(crc_q, message_q[7:0]);
  assign body = at_q > 5'd1 && at_q < SEND_LAST;

  // a code: one more than the bytes before the next zero; behind the message there is one
  assign rest = body ? {8'd0, message_q[8*BYTES-1:8]} : message_q;
  always_comb begin
    code = 8'(BYTES + 1);
    for (int i = BYTES - 1; i >= 0; i--) if (rest[i*8+:8] == 8'd0) code = 8'(i + 1);
  end

  assign tvalid = phase_q == SEND;
  assign tlast = at_q == SEND_LAST;
  always_comb begin
    tdata = 8'd0;
    if (at_q == 5'd1) tdata = code;
    if (body) tdata = message_q[7:0] == 8'd0 ? code : message_q[7:0];
  end

  always_ff @(posedge clk) begin
    if (bell) begin
      waits_q <= 1'b1;
      waiting_q <= {state[31:8] == '0 ? state[7:0] : 8'hFF, frame_seen, boot_id, sequence_number, understudy_pkg::LINK_HEARTBEAT};
    end
    case (phase_q)
      IDLE: begin
        crc_q <= understudy_pkg::GATE_CRC32C_START;
        at_q <= '0;
        message_q <= {32'd0, waiting_q};
        if (waits_q) begin
          phase_q <= CHECK;
          waits_q <= bell;
        end
      end
      CHECK: begin
        crc_q <= crc_next;
        at_q <= at_q + 5'd1;
        message_q <= {32'd0, message_q[7:0], message_q[8*PLAIN-1:8]};
        if (at_q == CHECK_LAST) begin
          message_q <= {~crc_next, message_q[7:0], message_q[8*PLAIN-1:8]};
          at_q <= '0;
          phase_q <= SEND;
        end
      end
      default: if (tready) begin
        at_q <= at_q + 5'd1;
        if (body) message_q <= rest;
        if (tlast) phase_q <= IDLE;
      end
    endcase
    if (rst) begin
      phase_q <= IDLE;
      waits_q <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  logic f_bell_q;  // a doorbell came, and no message that began after it has ended
  always_ff @(posedge clk) begin
    if (bell) f_bell_q <= 1'b1;
    else if (phase_q == IDLE && waits_q) f_bell_q <= 1'b0;
    if (rst) f_bell_q <= 1'b0;
  end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // nothing is said without a doorbell, and none is forgotten but for a newer one
      assert (waits_q == f_bell_q);
      if ($past(phase_q == IDLE && waits_q)) assert (phase_q == CHECK);
      if ($past(phase_q == IDLE && !waits_q)) assert (phase_q == IDLE);
      // the newest doorbell is the one that waits
      if ($past(bell)) assert (waits_q && waiting_q[8+:32] == $past(sequence_number) && waiting_q[40+:32] == $past(boot_id));
      // a byte that is not taken stays
      if ($past(tvalid && !tready)) assert (tvalid && tdata == $past(tdata) && tlast == $past(tlast));
      // a message is never torn: from its empty frame to its closing zero without a gap
      if ($past(tvalid && tready)) assert (tvalid == !$past(tlast) && (!tvalid || at_q == $past(at_q) + 5'd1));
      // zeros are the first byte and the last alone
      if (tvalid) assert ((tdata == 8'd0) == (at_q == '0 || tlast));
    end
  // for the induction
  always_comb
    if (past_q && !rst) begin
      assert (phase_q <= SEND);
      if (phase_q == CHECK) assert (at_q <= CHECK_LAST);
      if (phase_q == SEND) assert (at_q <= SEND_LAST);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (tvalid && tlast);
      cover (tvalid && waits_q);
    end
`endif
endmodule
