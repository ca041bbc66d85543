// SPDX-License-Identifier: Apache-2.0
// Between the links' wires and the gate: hands the firmware whole FIRMWARE_LINE frames as they stand on the wire (it checks
// them itself), and puts its answers between the gate's own frames. The gate hears and says all the rest as if this were not
// there. The firmware holds a link up for one frame of ANSWER bytes at most, also when it dies over it. While `muted` the gate
// hears what the firmware speaks in place of both wires; a frame that began meanwhile is left out to its end.
module soc_link (
    input logic clk,
    input logic rst,
    input logic forget,  // the core starts anew: lines that wait are void

    // servers side by side, A low
    input  logic [15:0] wire_rx_tdata,
    input  logic [ 1:0] wire_rx_tvalid,
    output logic [15:0] wire_tx_tdata,
    output logic [ 1:0] wire_tx_tvalid,
    input  logic [ 1:0] wire_tx_tready,
    output logic [15:0] gate_rx_tdata,
    output logic [ 1:0] gate_rx_tvalid,
    input  logic [15:0] gate_tx_tdata,
    input  logic [ 1:0] gate_tx_tvalid,
    output logic [ 1:0] gate_tx_tready,

    input logic       muted,   // level
    input logic [1:0] speak,   // strobes
    input logic [7:0] spoken,

    // the frames' memories, a byte at a time
    input  logic       valid,
    input  logic       write,
    input  logic [6:0] at,     // {server, byte}
    input  logic [7:0] wdata,
    output logic       ready,
    output logic [7:0] rdata,  // with ready

    input  logic [1:0] taken,    // strobes: the line was read
    input  logic       send,     // strobe: the answer stands in its memory
    input  logic       send_to,
    input  logic       drop,     // strobe: no more of it, whether it is out or not
    output logic [1:0] waits,    // a line
    output logic       sending
);
  localparam int ANSWER = understudy_pkg::SOC_LINK_ANSWER_MAX;

  // --- lines that come --------------------------------------------------------------------------
  logic [15:0] read_q;
  logic [1:0] quiet;

  for (genvar s = 0; s < 2; s++) begin : g_line
    (* no_rw_check *)
    logic [7:0] memory[0:63];
    logic [5:0] at_q;
    logic skip_q, waits_q, between_q, quiet_q, between, end_of_frame;
    logic [7:0] tdata;
    logic tvalid;

    assign tdata = wire_rx_tdata[s*8+:8];
    assign tvalid = wire_rx_tvalid[s];
    assign end_of_frame = tvalid && tdata == 8'd0;
    assign between = tvalid ? end_of_frame : between_q;
    assign waits[s] = waits_q;

    always_ff @(posedge clk) begin
      if (tvalid && !waits_q && !skip_q) memory[at_q] <= tdata;
      read_q[s*8+:8] <= memory[at[5:0]];
    end

    always_ff @(posedge clk) begin
      if (tvalid) begin
        at_q <= at_q + 6'd1;
        // the byte after COBS' first code is the message's type
        if (at_q == 6'd1 && tdata != understudy_pkg::LINK_FIRMWARE_LINE) skip_q <= 1'b1;
        if (at_q == '1) skip_q <= 1'b1;  // too long to be one
      end
      if (end_of_frame) begin
        at_q <= '0;
        skip_q <= waits_q && !taken[s];
        if (!skip_q && !waits_q && at_q > 6'd1) begin
          waits_q <= 1'b1;
          skip_q <= 1'b1;  // the next one finds the memory full, unless it is free before it begins
        end
      end else if (between_q && !tvalid && !waits_q) skip_q <= 1'b0;
      if (taken[s] || forget) waits_q <= 1'b0;
      between_q <= between;
      quiet_q <= muted || (quiet_q && !between);
      if (rst) begin
        at_q <= '0;
        skip_q <= 1'b0;
        waits_q <= 1'b0;
        between_q <= 1'b1;
        quiet_q <= 1'b0;
      end
    end

    assign quiet[s] = muted || quiet_q;
    assign gate_rx_tdata[s*8+:8] = quiet[s] ? spoken : tdata;
    assign gate_rx_tvalid[s] = quiet[s] ? speak[s] && muted : tvalid;
  end

  always_ff @(posedge clk) ready <= valid && !ready && !rst;
  assign rdata = at[6] ? read_q[15:8] : read_q[7:0];

  // --- the answer -------------------------------------------------------------------------------
  (* no_rw_check *)
  logic [7:0] answer[0:ANSWER-1];
  logic [4:0] sent_q;
  logic [7:0] byte_q;
  logic to_q, open_q, there_q, wire_ready;  // open: the link is ours; there: byte_q is the one to be sent

  assign wire_ready = wire_tx_tready[to_q];
  always_ff @(posedge clk) begin
    if (valid && write && !sending) answer[at[4:0]] <= wdata;
    byte_q <= answer[sent_q];
  end

  always_ff @(posedge clk) begin
    there_q <= sending && !(there_q && open_q && wire_ready);
    if (!sending) begin
      sent_q <= '0;
      to_q <= send_to;
      sending <= send;
    end else if (!open_q) begin
      // the gate is never silent within a frame of its own
      open_q <= !gate_tx_tvalid[to_q];
    end else if (there_q && wire_ready) begin
      sent_q <= sent_q + 5'd1;
      if (byte_q == 8'd0 || sent_q == 5'(ANSWER - 1)) begin
        sending <= 1'b0;
        open_q <= 1'b0;
        there_q <= 1'b0;
      end
    end
    if (rst || drop) begin
      sending <= 1'b0;
      open_q <= 1'b0;
      there_q <= 1'b0;
    end
  end

  for (genvar s = 0; s < 2; s++) begin : g_wire
    logic ours;
    assign ours = open_q && to_q == 1'(s);
    assign wire_tx_tdata[s*8+:8] = ours ? byte_q : gate_tx_tdata[s*8+:8];
    assign wire_tx_tvalid[s] = ours ? there_q : gate_tx_tvalid[s];
    assign gate_tx_tready[s] = !ours && wire_tx_tready[s];
  end

  if (ANSWER != 32) $error("the answer's counter has five bits");
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  // the gate keeps a byte until it is taken and is never silent within a frame (proven of link_transmitter)
  logic [1:0] f_inside;
  logic [5:0] f_held;  // bytes of ours that went out since the link was taken
  for (genvar s = 0; s < 2; s++) begin : g_formal
    always_ff @(posedge clk) begin
      if (gate_tx_tvalid[s] && gate_tx_tready[s]) f_inside[s] <= gate_tx_tdata[s*8+:8] != 8'd0;
      if (rst) f_inside[s] <= 1'b0;
    end
    always_comb if (f_inside[s]) assume (gate_tx_tvalid[s]);
    always_ff @(posedge clk)
      if (past_q && !rst && !$past(rst)) begin
        if ($past(gate_tx_tvalid[s] && !gate_tx_tready[s]))
          assume (gate_tx_tvalid[s] && gate_tx_tdata[s*8+:8] == $past(gate_tx_tdata[s*8+:8]));
        // a byte on a wire stays until it is taken, but for one that the firmware gives up
        if ($past(wire_tx_tvalid[s] && !wire_tx_tready[s] && !drop))
          assert (wire_tx_tvalid[s] && wire_tx_tdata[s*8+:8] == $past(wire_tx_tdata[s*8+:8]));
        // a line that waits is not written over, and goes only when it is taken or forgotten
        if ($past(waits[s] && !taken[s] && !forget)) assert (waits[s]);
        // after it was muted the gate hears a wire again from the start of a frame
        if (!quiet[s] && $past(quiet[s])) assert (g_line[s].between_q);
      end
    always_ff @(posedge clk)
      if (past_q && !rst) begin
        // no frame of the gate's is cut into
        if (open_q && to_q == 1'(s)) assert (!f_inside[s]);
        // what the gate says reaches the wire, byte for byte, unless an answer is on it
        if (!(open_q && to_q == 1'(s)))
          assert (wire_tx_tvalid[s] == gate_tx_tvalid[s] && wire_tx_tdata[s*8+:8] == gate_tx_tdata[s*8+:8]
                  && gate_tx_tready[s] == wire_tx_tready[s]);
        // what the wire brings reaches the gate in the same clock, unless it is muted
        if (!quiet[s]) assert (gate_rx_tvalid[s] == wire_rx_tvalid[s] && gate_rx_tdata[s*8+:8] == wire_rx_tdata[s*8+:8]);
        // the firmware speaks to the gate only while it is muted
        if (!muted && quiet[s]) assert (!gate_rx_tvalid[s]);
        cover (waits[s]);
      end
  end
  always_ff @(posedge clk) begin
    if (!open_q) f_held <= '0;
    else if (there_q && wire_ready) f_held <= f_held + 6'd1;
    if (rst) f_held <= '0;
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // an answer holds a link up for so many bytes at most, whatever the firmware does
      assert (f_held <= 6'(ANSWER - 1) || !open_q);
      // for the induction
      if (open_q) assert (f_held == {1'b0, sent_q} && sending);
      if (there_q) assert (sending && byte_q == answer[sent_q]);
      if (!open_q && sending) assert (sent_q == '0 && f_held == '0);
      cover ($past(open_q) && !open_q);
    end
`endif
endmodule
