// SPDX-License-Identifier: Apache-2.0
// The whole gate in one clock: per server a receiver and a line store, then one raster, the merge, the frame's
// facts, and `control`, which decides. Inputs of other clocks come through video_crossing, which stands
// outside, in board tops. Reset is synchronous; the raster starts four lines before frame 0.
module understudy_top #(
    parameter int H_ACTIVE = 640,
    parameter int H_TOTAL = 800,
    parameter int H_SYNC_START = 656,
    parameter int H_SYNC_END = 752,
    parameter int V_ACTIVE = 480,
    parameter int V_TOTAL = 525,
    parameter int V_SYNC_START = 490,
    parameter int V_SYNC_END = 492,
    parameter int LINES = understudy_pkg::LIMIT_STORE_LINES_DEFAULT,
    parameter int BEAT_PERIOD_RESET = H_TOTAL * V_TOTAL / 8 * 5 / 4,  // clocks
    parameter int EVENT_LOG = 1,  // 0: no event is kept or sent (a board too small for it)
    parameter logic [1:0] LINKS = 2'b11  // 0, A low: no messages; a byte is a heartbeat that counts, its value the state
) (
    input logic clk,
    input logic rst,

    // the deciding half's clock: clk, or clk without the clocks in which `awake` is low
    input  logic awake_clk,
    output logic awake,

    // video in: AXI4-Stream without tready; tdata {red, blue, green}
    input logic [23:0] video_a_tdata,
    input logic        video_a_tvalid,
    input logic        video_a_tuser,
    input logic        video_a_tlast,
    input logic [23:0] video_b_tdata,
    input logic        video_b_tvalid,
    input logic        video_b_tuser,
    input logic        video_b_tlast,

    // video out; tvalid is the display enable
    output logic [23:0] video_out_tdata,
    output logic        video_out_tvalid,
    output logic        video_out_tuser,
    output logic        video_out_tlast,
    output logic        video_out_hsync,
    output logic        video_out_vsync,

    // links
    input  logic [7:0] link_a_rx_tdata,
    input  logic       link_a_rx_tvalid,
    output logic [7:0] link_a_tx_tdata,
    output logic       link_a_tx_tvalid,
    input  logic       link_a_tx_tready,
    input  logic [7:0] link_b_rx_tdata,
    input  logic       link_b_rx_tvalid,
    output logic [7:0] link_b_tx_tdata,
    output logic       link_b_tx_tvalid,
    input  logic       link_b_tx_tready,

    // APB
    input  logic        psel,
    input  logic        penable,
    input  logic        pwrite,
    input  logic [11:0] paddr,
    input  logic [31:0] pwdata,
    output logic [31:0] prdata,
    output logic        pready,
    output logic        pslverr,

    // lights
    output logic led_on_air_a,
    output logic led_on_air_b,
    output logic led_protected,
    output logic led_alarm,

    // observation
    output logic [ 15:0] obs_h,
    output logic [ 15:0] obs_v,
    output logic [ 31:0] obs_frame,
    output logic [ 47:0] obs_clock,
    output logic [ 31:0] obs_term,
    output logic         obs_on_air,
    output logic         obs_boundary,
    output logic         obs_line_select,
    output logic [ 15:0] obs_select_line,
    output logic [  1:0] obs_choice,
    output logic [  1:0] obs_good,
    output logic [ 31:0] obs_crc_a,
    output logic [ 31:0] obs_crc_b,
    output logic [  1:0] obs_alive,
    output logic [  1:0] obs_beat,
    output logic         obs_event_valid,
    output logic [175:0] obs_event
);
  // --- raster ----------------------------------------------------------------------------------
  logic [31:0] next_frame;
  logic line_end, active, hsync, vsync;

  raster #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .H_SYNC_START(H_SYNC_START), .H_SYNC_END(H_SYNC_END),
      .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL), .V_SYNC_START(V_SYNC_START), .V_SYNC_END(V_SYNC_END)
  ) raster (
      .clk, .rst,
      .h(obs_h), .v(obs_v), .frame(obs_frame), .next_frame, .clock(obs_clock),
      .boundary(obs_boundary), .line_select(obs_line_select), .select_line(obs_select_line),
      .line_end, .active, .hsync, .vsync
  );

  // --- servers' lines: A low, B high ---------------------------------------------------------------
  logic [47:0] video_tdata, read_data;
  logic [1:0] video_tvalid, video_tuser, video_tlast;
  logic [1:0] untagged, found, found_discard, take;
  logic [63:0] found_crc;
  logic [15:0] found_brightest;

  assign video_tdata = {video_b_tdata, video_a_tdata};
  assign video_tvalid = {video_b_tvalid, video_a_tvalid};
  assign video_tuser = {video_b_tuser, video_a_tuser};
  assign video_tlast = {video_b_tlast, video_a_tlast};

  for (genvar s = 0; s < 2; s++) begin : g_server
    logic [23:0] line_tdata;
    logic line_tvalid, line_tfirst, line_tlast, line_good, line_discard;
    logic [31:0] line_frame, line_crc;
    logic [15:0] line_number;
    logic [7:0] line_brightest;

    line_receiver #(
        .H_ACTIVE(H_ACTIVE), .V_ACTIVE(V_ACTIVE)
    ) line_receiver (
        .clk, .rst,
        .video_tdata(video_tdata[s*24+:24]), .video_tvalid(video_tvalid[s]),
        .video_tuser(video_tuser[s]), .video_tlast(video_tlast[s]),
        .untagged(untagged[s]), .measure(untagged != '0), .next_frame,
        .line_tdata, .line_tvalid, .line_tfirst, .line_tlast,
        .line_good, .line_frame, .line_number, .line_crc, .line_discard, .line_brightest
    );

    line_store #(
        .H_ACTIVE(H_ACTIVE), .LINES(LINES)
    ) line_store (
        .clk, .rst,
        .line_tdata, .line_tvalid, .line_tfirst, .line_tlast,
        .line_good, .line_frame, .line_number, .line_crc, .line_discard, .line_brightest,
        .line_select(obs_line_select), .wanted_frame(obs_frame), .wanted_line(obs_select_line),
        .found(found[s]), .found_crc(found_crc[s*32+:32]), .found_discard(found_discard[s]),
        .found_brightest(found_brightest[s*8+:8]),
        .take(take[s]), .line_end, .read_enable(active), .read_data(read_data[s*24+:24])
    );
  end

  // --- merge and the frame's facts ------------------------------------------------------------------
  logic rescue, rescue_unproven, selected, rescued, lost, diverged, equal_now, merge_event;
  logic [23:0] slate;
  logic [1:0] selected_discard;
  logic [15:0] selected_brightest;
  logic [63:0] merge_event_data;

  line_merge #(
      .H_ACTIVE(H_ACTIVE)
  ) line_merge (
      .clk, .rst,
      .line_select(obs_line_select), .select_line(obs_select_line),
      .boundary(obs_boundary), .frame_equal(equal_now), .h(obs_h), .v(obs_v), .active, .hsync, .vsync,
      .on_air(obs_on_air), .rescue, .rescue_unproven, .slate,
      .found, .crc_a(found_crc[31:0]), .crc_b(found_crc[63:32]),
      .discard(found_discard), .brightest(found_brightest), .take,
      .data_a(read_data[23:0]), .data_b(read_data[47:24]),
      .selected, .choice(obs_choice), .good(obs_good),
      .selected_crc_a(obs_crc_a), .selected_crc_b(obs_crc_b), .selected_discard, .selected_brightest,
      .rescued, .lost, .diverged,
      .event_valid(merge_event), .event_data(merge_event_data),
      .video_out_tdata, .video_out_tvalid, .video_out_tuser, .video_out_tlast,
      .video_out_hsync, .video_out_vsync
  );

  logic [15:0] frame_rescued, frame_lost, frame_brightest, equal_frames;
  logic [31:0] frame_bad;
  logic frame_converged;
  logic [1:0] frame_discard, frame_freeze, frame_black;
  logic [7:0] freeze_frames, black_frames, black_value;

  frame_monitor frame_monitor (  // works at line select and at the boundary: awake_clk rises then
      .clk(awake_clk), .rst, .boundary(obs_boundary),
      .selected, .good(obs_good), .crc_a(obs_crc_a), .crc_b(obs_crc_b),
      .discard(selected_discard), .brightest(selected_brightest), .rescued, .lost, .diverged,
      .untagged, .freeze_frames, .black_frames, .black_level(black_value),
      .equal_now, .frame_rescued, .frame_lost, .frame_bad, .frame_converged, .frame_discard,
      .frame_freeze, .frame_black, .frame_brightest, .equal_frames
  );

  // --- the half that decides: on its own clock, which rests while there is nothing to do -----------------
  localparam int FACTS = 1 + 1 + 32 + 16 + 48 + 1 + 1 + 2 + 1 + 64 + 1;
  localparam int PINS = 18 + 3 + 12 + 32;
  logic [FACTS+PINS-1:0] now, then;
  logic control_rst, boundary_then, rescued_then, lost_then, merge_then, diverged_then;
  logic [31:0] frame_then;
  logic [15:0] line_then, rx_tdata_then;
  logic [47:0] clock_then;
  logic [1:0] bad_line_then, rx_tvalid_then;
  logic [63:0] merge_event_then;
  logic psel_then, penable_then, pwrite_then;
  logic [11:0] paddr_then;
  logic [31:0] pwdata_then;
  logic busy;
  logic [47:0] gap_since;
  logic [1:0] gap_timing;
  logic [23:0] gap_period;
  logic [15:0] alarms;

  assign now = {
    rst, obs_boundary, obs_frame, obs_v, obs_clock, selected && rescued, selected && lost,
    selected ? ~obs_good : 2'd0, merge_event, merge_event_data, diverged,
    link_b_rx_tdata, link_a_rx_tdata, link_b_rx_tvalid, link_a_rx_tvalid,
    psel, penable, pwrite, paddr, pwdata
  };
  assign {
    control_rst, boundary_then, frame_then, line_then, clock_then, rescued_then, lost_then,
    bad_line_then, merge_then, merge_event_then, diverged_then,
    rx_tdata_then, rx_tvalid_then,
    psel_then, penable_then, pwrite_then, paddr_then, pwdata_then
  } = then;

  control_inputs #(
      .WIDTH(FACTS + PINS)
  ) control_inputs (
      .clk(awake_clk), .in(now), .out(then)
  );

  control_wake control_wake (
      .clk(awake_clk), .rst,
      .cause(obs_boundary || obs_line_select || psel || link_a_rx_tvalid || link_b_rx_tvalid),
      .moves((link_a_tx_tvalid && link_a_tx_tready) || (link_b_tx_tvalid && link_b_tx_tready)), .busy,
      .clock(obs_clock[23:0]), .since(gap_since), .timing(gap_timing), .period(gap_period), .awake
  );

  control #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL),
      .BEAT_PERIOD_RESET(BEAT_PERIOD_RESET), .EVENT_LOG(EVENT_LOG), .LINKS(LINKS)
  ) control (
      .clk(awake_clk), .rst(control_rst),
      .boundary(boundary_then), .frame(frame_then), .line(line_then), .clock(clock_then),
      .line_rescued(rescued_then), .line_lost(lost_then), .line_bad(bad_line_then),
      .merge_event(merge_then), .merge_kind(merge_event_then[63:56]),
      .merge_source(merge_event_then[55:48]), .merge_line(merge_event_then[47:32]),
      .merge_data(merge_event_then[31:0]),
      // a frame's facts stand still on that clock already, from before its boundary is seen there
      .frame_bad, .frame_rescued, .frame_lost, .frame_converged, .discard(frame_discard),
      .freeze(frame_freeze), .black(frame_black), .black_level(frame_brightest),
      .equal_frames, .diverged(diverged_then),
      .on_air(obs_on_air), .rescue, .rescue_unproven, .slate, .untagged,
      .freeze_frames, .black_value, .black_frames,
      .rx_tdata(rx_tdata_then), .rx_tvalid(rx_tvalid_then),
      .tx_tdata({link_b_tx_tdata, link_a_tx_tdata}), .tx_tvalid({link_b_tx_tvalid, link_a_tx_tvalid}),
      .tx_tready({link_b_tx_tready, link_a_tx_tready}),
      .psel(psel_then), .penable(penable_then), .pwrite(pwrite_then), .paddr(paddr_then),
      .pwdata(pwdata_then), .prdata, .pready, .pslverr,
      .term(obs_term), .is_protected(led_protected), .alarms, .alive(obs_alive), .beat(obs_beat),
      .event_valid(obs_event_valid), .event_data(obs_event),
      .busy, .gap_since, .gap_timing, .gap_period
  );

  assign led_on_air_a = obs_on_air == understudy_pkg::SERVER_A;
  assign led_on_air_b = obs_on_air == understudy_pkg::SERVER_B;
  assign led_alarm = alarms != '0;
endmodule
