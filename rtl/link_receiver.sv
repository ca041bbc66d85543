// SPDX-License-Identifier: Apache-2.0
// Byte stream to messages: COBS decode, CRC-32C, then HEARTBEAT and REQUEST in logic. A message's first nine
// bytes and a heartbeat's state are kept: all that counts. At its closing zero they stand at fixed places.
// Strobes rise one clock after the zero byte. Takes a byte in every clock; holds nothing back.
// A right FIRMWARE_LINE is somebody else's and passed over. Anything else than these three, whole and right, is
// garbage up to the next zero, and counted.
module link_receiver (
    input logic clk,
    input logic rst,

    input logic [7:0] rx_tdata,
    input logic       rx_tvalid,

    // a HEARTBEAT that counts: ahead of the last counted one, or of another boot
    output logic       beat,
    output logic [7:0] beat_state,

    output logic        request,
    output logic [ 7:0] request_op,
    output logic [15:0] request_id,

    output logic        error,        // strobe: a bad frame ended
    output logic        error_first,  // strobe: ... and the frame before it was a good one, or none was
    output logic [31:0] errors        // bad frames since reset, this one counted in
);
  localparam int CRC_BYTES = 4;
  localparam logic [6:0] KEPT = 7'd9;  // bytes: type, sequence number and boot of a heartbeat; more than a request has
  localparam logic [6:0] STATE_AT = 7'(understudy_pkg::HEARTBEAT_BYTES - 1);
  localparam logic [6:0] HEARTBEAT_SIZE = 7'(understudy_pkg::HEARTBEAT_BYTES + CRC_BYTES);
  localparam logic [6:0] REQUEST_SIZE = 7'(understudy_pkg::REQUEST_BYTES + CRC_BYTES);
  localparam logic [6:0] SIZE_MAX = 7'(understudy_pkg::LIMIT_LINK_PAYLOAD_MAX);
  localparam logic [31:0] RESIDUE = 32'hB798B438;  // CRC-32C register after data and its own CRC

  logic [71:0] message_q;        // the first bytes, the last of them on top: a request stands one byte higher
  logic [7:0] state_q;           // the byte where a heartbeat has its state
  logic [6:0] size_q;            // bytes so far
  logic [7:0] left_q;            // bytes until the next COBS code
  logic [31:0] crc_q, sequence_q, boot_q;
  logic first_q, empty_q, broken_q, bad_before_q, any_q;
  logic line_q;                  // the first byte was a FIRMWARE_LINE's

  logic code, put, heartbeat_right, request_right, line_right, ahead;
  logic [7:0] put_byte;
  logic [31:0] number, boot, distance;

  always_comb begin
    code = 1'b0;
    put = 1'b0;
    put_byte = rx_tdata;
    heartbeat_right = 1'b0;
    request_right = 1'b0;
    line_right = 1'b0;
    number = message_q[8+:32];
    boot = message_q[40+:32];
    distance = number - sequence_q;
    ahead = !any_q || boot != boot_q || (distance != 32'd0 && !distance[31]);
    if (rx_tvalid && rx_tdata == 8'd0) begin
      if (!broken_q && left_q == 8'd0 && crc_q == RESIDUE) begin
        heartbeat_right = size_q == HEARTBEAT_SIZE
            && message_q[7:0] == understudy_pkg::LINK_HEARTBEAT
            && state_q <= understudy_pkg::SERVER_STATE_LAST;
        request_right = size_q == REQUEST_SIZE
            && message_q[8+:8] == understudy_pkg::LINK_REQUEST;
        line_right = line_q;
      end
    end else if (rx_tvalid && !broken_q) begin
      code = left_q == 8'd0;
      put = !code || !first_q;  // a code stands for the zero that ended the block before it
      if (code) put_byte = 8'd0;
    end
  end

  always_ff @(posedge clk) begin
    beat <= 1'b0;
    request <= 1'b0;
    error <= 1'b0;
    error_first <= 1'b0;
    if (rx_tvalid) begin
      empty_q <= 1'b0;
      left_q <= left_q - 8'd1;
      if (code) begin
        left_q <= rx_tdata - 8'd1;
        first_q <= 1'b0;
      end
      if (put) begin
        if (size_q == SIZE_MAX) broken_q <= 1'b1;
        else size_q <= size_q + 7'd1;
        if (size_q == '0) line_q <= put_byte == understudy_pkg::LINK_FIRMWARE_LINE;
        if (size_q < KEPT) message_q <= {put_byte, message_q[71:8]};
        if (size_q == STATE_AT) state_q <= put_byte;
        crc_q <= understudy_pkg::crc32c_byte(crc_q, put_byte);
      end
      if (rx_tdata == 8'd0) begin
        line_q <= 1'b0;
        size_q <= '0;
        left_q <= '0;
        crc_q <= understudy_pkg::GATE_CRC32C_START;
        first_q <= 1'b1;
        empty_q <= 1'b1;
        broken_q <= 1'b0;
        beat <= heartbeat_right && ahead;
        request <= request_right;
        beat_state <= state_q;
        request_op <= message_q[32+:8];
        request_id <= message_q[16+:16];
        if (heartbeat_right && ahead) begin
          any_q <= 1'b1;
          sequence_q <= number;
          boot_q <= boot;
        end
        if (heartbeat_right || request_right || line_right) begin
          bad_before_q <= 1'b0;
        end else if (!empty_q) begin
          error <= 1'b1;
          error_first <= !bad_before_q;
          errors <= errors == '1 ? errors : errors + 32'd1;
          bad_before_q <= 1'b1;
        end
      end
    end
    if (rst) begin
      line_q <= 1'b0;
      size_q <= '0;
      left_q <= '0;
      crc_q <= understudy_pkg::GATE_CRC32C_START;
      first_q <= 1'b1;
      empty_q <= 1'b1;
      broken_q <= 1'b0;
      bad_before_q <= 1'b0;
      any_q <= 1'b0;
      beat <= 1'b0;
      request <= 1'b0;
      error <= 1'b0;
      error_first <= 1'b0;
      errors <= '0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // the last beat that counted, and whether anything stands between this zero and the one before it
  logic f_any, f_some;
  logic [31:0] f_number, f_boot, f_errors;
  always_ff @(posedge clk) begin
    if (rx_tvalid) f_some <= rx_tdata != 8'd0;
    if (error) f_errors <= f_errors + 32'd1;
    if (beat) begin
      f_any <= 1'b1;
      f_number <= $past(message_q[8+:32]);
      f_boot <= $past(message_q[40+:32]);
    end
    if (rst) begin
      f_any <= 1'b0;
      f_some <= 1'b0;
      f_errors <= '0;
    end
  end

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // nothing is heard but at a zero byte that ends at least one byte
      if (beat || request || error)
        assert ($past(rx_tvalid) && $past(rx_tdata) == 8'd0 && $past(f_some));
      // a frame is one of: beat that counts, stale beat, request, line for the firmware, garbage; garbage is always counted
      assert (!(error && (beat || request)) && !(beat && request));
      if ($past(rx_tvalid) && $past(rx_tdata) == 8'd0 && $past(f_some))
        assert (error == !($past(heartbeat_right) || $past(request_right) || $past(line_right)));
      if (error_first) assert (error);
      // a message is heard only if its CRC was right and its length that of its type
      if (beat || request) assert ($past(crc_q) == RESIDUE && !$past(broken_q));
      if (beat) assert ($past(size_q) == HEARTBEAT_SIZE && beat_state <= understudy_pkg::SERVER_STATE_LAST);
      if (request) assert ($past(size_q) == REQUEST_SIZE);
      // a beat counts only when it is the first, of another boot, or ahead of the last one that did
      if (beat && f_any)
        assert ($past(message_q[40+:32]) != f_boot
                || ($past(message_q[8+:32]) != f_number && !distance_of($past(message_q[8+:32]), f_number)));
      // errors are counted one by one until the counter is full
      if (errors != '1) assert (errors == f_errors + {31'd0, error});
      // whatever came before a zero byte is forgotten after it
      if ($past(rx_tvalid) && $past(rx_tdata) == 8'd0)
        assert (!line_q && size_q == '0 && left_q == '0 && first_q && !broken_q
                && crc_q == understudy_pkg::GATE_CRC32C_START);
      // no message grows past the longest one
      assert (size_q <= SIZE_MAX);
    end
  // for the induction
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      assert (empty_q == !f_some);
      if (size_q != '0 || left_q != '0 || !first_q || broken_q) assert (f_some);
      if (!$past(rst) && !beat) assert (any_q == f_any && (!any_q || (sequence_q == f_number && boot_q == f_boot)));
      if (beat) assert (any_q && sequence_q == $past(message_q[8+:32]) && boot_q == $past(message_q[40+:32]));
    end
  function automatic logic distance_of(input logic [31:0] ahead_of, input logic [31:0] behind_of);
    logic [31:0] d;
    d = ahead_of - behind_of;
    distance_of = d[31];
  endfunction
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (request && request_op == understudy_pkg::OP_SWITCH_TO_B);
      cover (beat);
      cover (error_first && errors == 32'd1);
    end
`endif
endmodule
