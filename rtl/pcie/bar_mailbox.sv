// SPDX-License-Identifier: Apache-2.0
// The BAR of protocol/mailbox.hpp, in the gate's clock: whole words in and out, both rings, the doorbell; to the gate it is a
// link as any other, bytes both ways. Believes a host nothing: words that it does not own, indices that cannot
// be and unfinished frames change nothing but its own stream, which the link's decoder checks. An access is done one
// clock after its strobe. Beats go between frames; a frame longer than any, or one that a dead host left open, is cut.
// The generation is the number of resets and the gate's clocks up to the first access, which no two starts share.
module bar_mailbox #(
    parameter int WORDS = understudy_pkg::MAILBOX_RING_WORDS,
    parameter logic [31:0] FIRST = 32'd0  // indices after reset; a bench begins just before they wrap
) (
    input logic clk,
    input logic rst,

    // words of the BAR
    input  logic        access,   // strobe
    input  logic        write,
    input  logic [11:0] address,  // words
    input  logic [31:0] wdata,
    output logic        done,     // strobe
    output logic [31:0] rdata,    // stands until the next access

    // host to gate
    output logic [7:0] rx_tdata,
    output logic       rx_tvalid,

    // gate to host
    input  logic [7:0] tx_tdata,
    input  logic       tx_tvalid,
    output logic       tx_tready
);
  localparam int AT = $clog2(WORDS);
  localparam logic [6:0] RUN_MAX = 7'(understudy_pkg::LIMIT_LINK_FRAME_MAX);

  if (understudy_pkg::MAILBOX_BAR_BYTES != 4 * 4096) $error("an address has 12 bits");

  // --- what a word is ------------------------------------------------------------------------------
  logic [13:0] offset;
  logic put, in_to_appliance, in_to_host;
  assign offset = {address, 2'b00};
  assign put = access && write;
  assign in_to_appliance = offset >= understudy_pkg::MAILBOX_AT_TO_APPLIANCE
      && offset < understudy_pkg::MAILBOX_AT_TO_APPLIANCE + 14'(4 * understudy_pkg::MAILBOX_RING_WORDS);
  assign in_to_host = offset >= understudy_pkg::MAILBOX_AT_TO_HOST
      && offset < understudy_pkg::MAILBOX_AT_TO_HOST + 14'(4 * understudy_pkg::MAILBOX_RING_WORDS);

  // --- the rings -----------------------------------------------------------------------------------
  logic [31:0] to_appliance_head, to_appliance_tail, to_host_head, to_host_tail, ring_word;
  logic [7:0] ring_tdata, beat_tdata;
  logic ring_tvalid, ring_tready, ring_rests, beat_tvalid, beat_tready, beat_tlast;

  ring_to_appliance #(
      .WORDS(WORDS), .FIRST(FIRST)
  ) to_appliance (
      .clk, .rst, .put(put && in_to_appliance), .put_at(address[AT-1:0]), .put_data(wdata),
      .head_put(put && offset == understudy_pkg::MAILBOX_AT_TO_APPLIANCE_HEAD), .head_data(wdata),
      .head(to_appliance_head), .tail(to_appliance_tail),
      .tdata(ring_tdata), .tvalid(ring_tvalid), .tready(ring_tready), .rests(ring_rests)
  );
  ring_to_host #(
      .WORDS(WORDS), .FIRST(FIRST)
  ) to_host (
      .clk, .rst, .tdata(tx_tdata), .tvalid(tx_tvalid), .tready(tx_tready),
      .get(access && in_to_host), .get_at(address[AT-1:0]), .get_data(ring_word),
      .tail_put(put && offset == understudy_pkg::MAILBOX_AT_TO_HOST_TAIL), .tail_data(wdata),
      .head(to_host_head), .tail(to_host_tail)
  );

  // --- the doorbell --------------------------------------------------------------------------------
  logic [31:0] boot_id_q, frame_seen_q, state_q, sequence_q;
  logic bell;
  assign bell = put && offset == understudy_pkg::MAILBOX_AT_BEAT_SEQUENCE;
  always_ff @(posedge clk) begin
    if (put && offset == understudy_pkg::MAILBOX_AT_BEAT_BOOT_ID) boot_id_q <= wdata;
    if (put && offset == understudy_pkg::MAILBOX_AT_BEAT_FRAME_SEEN) frame_seen_q <= wdata;
    if (put && offset == understudy_pkg::MAILBOX_AT_BEAT_STATE) state_q <= wdata;
    if (bell) sequence_q <= wdata;
    if (rst) begin
      boot_id_q <= '0;
      frame_seen_q <= '0;
      state_q <= '0;
      sequence_q <= '0;
    end
  end
  beat_encoder beat_encoder (
      .clk, .rst, .bell, .sequence_number(wdata), .boot_id(boot_id_q), .frame_seen(frame_seen_q), .state(state_q),
      .tdata(beat_tdata), .tvalid(beat_tvalid), .tready(beat_tready), .tlast(beat_tlast)
  );

  // --- both to the gate, frame by frame ------------------------------------------------------------
  logic [6:0] run_q;  // bytes of the ring's frame so far
  logic beats_q;      // a beat is on its way
  assign beat_tready = beats_q || run_q == '0 || run_q == RUN_MAX || ring_rests;
  assign ring_tready = !(beat_tvalid && beat_tready);
  always_ff @(posedge clk) begin
    rx_tvalid <= ring_tvalid || (beat_tvalid && beat_tready);
    rx_tdata <= ring_tready ? ring_tdata : beat_tdata;
    if (beat_tvalid && beat_tready) begin
      beats_q <= !beat_tlast;
      run_q <= '0;
    end else if (ring_tvalid) begin
      if (ring_tdata == 8'd0) run_q <= '0;
      else if (run_q != RUN_MAX) run_q <= run_q + 7'd1;
    end
    if (rst) begin
      rx_tvalid <= 1'b0;
      beats_q <= 1'b0;
      run_q <= '0;
    end
  end

  // --- reading -------------------------------------------------------------------------------------
  logic there_q, ring_q, known_q;
  logic rst_q = 1'b0;
  logic [7:0] resets_q = '0;
  logic [23:0] clocks_q;
  logic [31:0] register_q;
  always_ff @(posedge clk) begin
    done <= access;
    there_q <= 1'b1;
    rst_q <= rst;
    if (rst && !rst_q) resets_q <= resets_q + 8'd1;
    if (access) known_q <= 1'b1;
    else if (!known_q) clocks_q <= clocks_q + 24'd1;
    if (access) begin
      ring_q <= in_to_host;
      case (offset)
        understudy_pkg::MAILBOX_AT_MAGIC: register_q <= there_q ? understudy_pkg::MAILBOX_MAGIC : 32'd0;
        understudy_pkg::MAILBOX_AT_LAYOUT_VERSION: register_q <= understudy_pkg::MAILBOX_LAYOUT_VERSION;
        understudy_pkg::MAILBOX_AT_LINK_VERSION: register_q <= {24'd0, understudy_pkg::LINK_VERSION};
        understudy_pkg::MAILBOX_AT_RING_WORDS: register_q <= 32'(WORDS);
        understudy_pkg::MAILBOX_AT_GENERATION: register_q <= {resets_q, clocks_q};
        understudy_pkg::MAILBOX_AT_TO_APPLIANCE_HEAD: register_q <= to_appliance_head;
        understudy_pkg::MAILBOX_AT_TO_APPLIANCE_TAIL: register_q <= to_appliance_tail;
        understudy_pkg::MAILBOX_AT_TO_HOST_HEAD: register_q <= to_host_head;
        understudy_pkg::MAILBOX_AT_TO_HOST_TAIL: register_q <= to_host_tail;
        understudy_pkg::MAILBOX_AT_BEAT_BOOT_ID: register_q <= boot_id_q;
        understudy_pkg::MAILBOX_AT_BEAT_FRAME_SEEN: register_q <= frame_seen_q;
        understudy_pkg::MAILBOX_AT_BEAT_STATE: register_q <= state_q;
        understudy_pkg::MAILBOX_AT_BEAT_SEQUENCE: register_q <= sequence_q;
        default: register_q <= '0;
      endcase
    end
    if (rst) begin
      done <= 1'b0;
      there_q <= 1'b0;
      known_q <= 1'b0;
      clocks_q <= '0;
    end
  end
  assign rdata = ring_q ? ring_word : register_q;
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // every access is done one clock later, whatever it was
      assert (done == $past(access));
      // only its own words move by a host's write: the appliance's indices never do
      if ($past(put && offset != understudy_pkg::MAILBOX_AT_TO_HOST_TAIL)) assert (to_host_tail == $past(to_host_tail));
      if ($past(put && offset != understudy_pkg::MAILBOX_AT_TO_APPLIANCE_HEAD)) assert (to_appliance_head == $past(to_appliance_head));
      // no beat without its doorbell's write
      if ($past(!put || offset != understudy_pkg::MAILBOX_AT_BEAT_SEQUENCE)) assert (sequence_q == $past(sequence_q));
      // a beat is whole: nothing of the ring comes between its bytes, and it waits for no host once it has begun
      if ($past(beats_q && beat_tvalid)) assert (rx_tvalid && rx_tdata == $past(beat_tdata));
      // a beat cuts into no frame of the ring but one that is longer than any or that a host left open
      if ($past(beat_tvalid && beat_tready && !beats_q)) assert ($past(run_q == '0 || run_q == RUN_MAX || ring_rests));
      // the generation stands from the first access on
      if ($past(known_q)) assert (clocks_q == $past(clocks_q) && resets_q == $past(resets_q));
    end
  // for the induction
  always_comb if (past_q && !rst) assert (run_q <= RUN_MAX);
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (done && rdata == understudy_pkg::MAILBOX_MAGIC);
      cover (rx_tvalid && rx_tdata == 8'h42);
    end
`endif
endmodule
