// SPDX-License-Identifier: Apache-2.0
// The gate: chooses one source for each output line, at line select and only there, and lets it through.
// On air if good, else the other if good and allowed, else the slate. The tag's bits leave as zeros.
// `take` and the event are combinational in the clock of line select; choice, good and CRCs stand from the
// next clock until the next select. A pixel leaves one clock after it was read, two after its h.
module line_merge #(
    parameter int H_ACTIVE = 640
) (
    input logic clk,
    input logic rst,

    // raster
    input logic        line_select,
    input logic [15:0] select_line,
    input logic        boundary,
    input logic        frame_equal,  // with boundary: every line of the frame was good on both, and equal
    input logic [15:0] h,
    input logic [15:0] v,
    input logic        active,
    input logic        hsync,
    input logic        vsync,

    // decisions and configuration
    input logic        on_air,           // 0 A, 1 B
    input logic        rescue,
    input logic        rescue_unproven,
    input logic [23:0] slate,            // R, G, B; R in the high byte

    // line stores: [0] A, [1] B
    input  logic [ 1:0] found,
    input  logic [31:0] crc_a,
    input  logic [31:0] crc_b,
    input  logic [ 1:0] discard,
    input  logic [15:0] brightest,  // low byte A
    output logic [ 1:0] take,
    input  logic [23:0] data_a,
    input  logic [23:0] data_b,

    // the last selection, for the counters
    output logic        selected,      // strobe
    output logic [ 1:0] choice,
    output logic [ 1:0] good,
    output logic [31:0] selected_crc_a,
    output logic [31:0] selected_crc_b,
    output logic [ 1:0] selected_discard,
    output logic [15:0] selected_brightest,
    output logic        rescued,
    output logic        lost,
    output logic        diverged,

    // {kind 8, source 8, line 16, data 32}, valid in the clock of line select
    output logic        event_valid,
    output logic [63:0] event_data,

    output logic [23:0] video_out_tdata,
    output logic        video_out_tvalid,
    output logic        video_out_tuser,
    output logic        video_out_tlast,
    output logic        video_out_hsync,
    output logic        video_out_vsync
);
  typedef struct packed {
    logic [1:0] take, choice;
    logic rescued, lost, differ, diverged;
  } decision_t;
  decision_t decision;
  logic rescued_seen_q, lost_seen_q;  // in this frame already

  always_comb begin
    decision = '0;
    if (line_select) begin
      decision.choice = understudy_pkg::GATE_CHOICE_SLATE;
      decision.differ = found == 2'b11 && crc_a != crc_b;
      decision.diverged = diverged || decision.differ;
      if (found[on_air]) begin
        decision.choice = on_air ? understudy_pkg::GATE_CHOICE_B : understudy_pkg::GATE_CHOICE_A;
      end else if (found[!on_air] && rescue && (!decision.diverged || rescue_unproven)) begin
        decision.choice = on_air ? understudy_pkg::GATE_CHOICE_A : understudy_pkg::GATE_CHOICE_B;
        decision.rescued = 1'b1;
      end
      decision.lost = decision.choice == understudy_pkg::GATE_CHOICE_SLATE;
      decision.take[0] = decision.choice == understudy_pkg::GATE_CHOICE_A;
      decision.take[1] = decision.choice == understudy_pkg::GATE_CHOICE_B;
    end
  end
  assign take = decision.take;

  always_comb begin  // at most one of the three holds
    event_valid = 1'b0;
    event_data = '0;
    if (line_select) begin
      event_data = {understudy_pkg::EVENT_DIVERGED, understudy_pkg::GATE_SOURCE, select_line,
                    crc_a ^ crc_b};
      if (decision.differ) event_valid = !diverged;
      if (decision.rescued) begin
        event_valid = !rescued_seen_q;
        event_data = {understudy_pkg::EVENT_RESCUE, 7'd0, !on_air, select_line, 32'd0};
      end
      if (decision.lost) begin
        event_valid = !lost_seen_q;
        event_data = {understudy_pkg::EVENT_LOST, understudy_pkg::GATE_SOURCE, select_line, 32'd0};
      end
    end
  end

  always_ff @(posedge clk) begin
    selected <= line_select;
    if (line_select) begin
      choice <= decision.choice;
      good <= found;
      selected_crc_a <= crc_a;
      selected_crc_b <= crc_b;
      selected_discard <= discard;
      selected_brightest <= brightest;
      rescued <= decision.rescued;
      lost <= decision.lost;
      diverged <= decision.diverged;
      if (decision.rescued) rescued_seen_q <= 1'b1;
      if (decision.lost) lost_seen_q <= 1'b1;
    end
    if (boundary) begin
      rescued_seen_q <= 1'b0;
      lost_seen_q <= 1'b0;
      if (frame_equal) diverged <= 1'b0;
    end
    if (rst) begin
      selected <= 1'b0;
      choice <= understudy_pkg::GATE_CHOICE_SLATE;
      good <= '0;
      rescued <= 1'b0;
      lost <= 1'b0;
      diverged <= 1'b0;
      rescued_seen_q <= 1'b0;
      lost_seen_q <= 1'b0;
    end
  end

  // --- pixels: *_q is what was read in the clock before --------------------------------------------
  logic active_q, first_q, last_q, hsync_q, vsync_q, in_tag_q;

  always_ff @(posedge clk) begin
    active_q <= active;
    first_q <= 1'b0;
    if (h == '0) first_q <= active && v == '0;
    last_q <= active && h == 16'(H_ACTIVE - 1);
    in_tag_q <= h < 16'(understudy_pkg::LIMIT_TAG_PIXELS);
    hsync_q <= hsync;
    vsync_q <= vsync;
    video_out_tvalid <= active_q;
    if (active_q) begin : picture
      logic [23:0] pixel;
      pixel = {slate[23:16], slate[7:0], slate[15:8]};
      if (choice == understudy_pkg::GATE_CHOICE_A) pixel = data_a;
      if (choice == understudy_pkg::GATE_CHOICE_B) pixel = data_b;
      if (in_tag_q) pixel = pixel & 24'hFEFEFE;
      video_out_tdata <= pixel;
    end
    video_out_tuser <= first_q;
    video_out_tlast <= last_q;
    video_out_hsync <= hsync_q;
    video_out_vsync <= vsync_q;
    if (rst) begin
      active_q <= 1'b0;
      first_q <= 1'b0;
      last_q <= 1'b0;
      hsync_q <= 1'b0;
      vsync_q <= 1'b0;
      video_out_tvalid <= 1'b0;
      video_out_tuser <= 1'b0;
      video_out_tlast <= 1'b0;
      video_out_hsync <= 1'b0;
      video_out_vsync <= 1'b0;
    end
  end

`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // how the raster drives this block: no line is selected while pixels of one are on their way
  always_comb begin
    assume (!(line_select && (active || active_q)));
    assume (!(line_select && boundary));
  end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // one source at most is taken, and only one that has the line
      assert (take != 2'b11);
      assert ((take & ~found) == 2'b00);
      // a good line of the server on air is never passed over
      if (line_select && found[on_air]) assert (take[on_air]);
      // where the pictures differ the other server's line is not used unless that was allowed
      if (take[!on_air]) assert (rescue && (rescue_unproven || !decision.diverged));
    end
  always_ff @(posedge clk)
    if (past_q && !$past(rst)) begin
      // choice is one of the three
      assert (choice != 2'd3);
      // a line has one source: the choice changes only at line select
      if (!$past(line_select)) assert (choice == $past(choice));
      // a pixel is never made of two: it is one source's, or the slate's, as it was chosen
      if ($past(active_q)) begin
        if ($past(choice) == understudy_pkg::GATE_CHOICE_A)
          assert ((video_out_tdata | 24'h010101) == ($past(data_a) | 24'h010101));
        else if ($past(choice) == understudy_pkg::GATE_CHOICE_B)
          assert ((video_out_tdata | 24'h010101) == ($past(data_b) | 24'h010101));
        else
          assert ((video_out_tdata | 24'h010101)
                  == ({$past(slate[23:16]), $past(slate[7:0]), $past(slate[15:8])} | 24'h010101));
        // tag bits never leave
        if ($past(in_tag_q)) assert ((video_out_tdata & 24'h010101) == 24'd0);
      end
      // what was divergent stays so until a whole frame was equal
      if ($past(diverged) && !($past(boundary) && $past(frame_equal))) assert (diverged);
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      cover (take == 2'b01 && on_air);
      cover (take == 2'b10 && on_air);
      cover (line_select && found == 2'b10 && !on_air && diverged && take == 2'b00);
      cover (decision.differ && !diverged);
    end
`endif
endmodule
