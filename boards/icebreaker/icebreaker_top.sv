// SPDX-License-Identifier: Apache-2.0
// iCEBreaker (iCE40UP5K-SG48): a failover on one desk, with one USB cable. Two pattern servers inside; server A's
// heartbeats and link come from a host over the board's FT2232H (second channel), server B's heartbeats from
// here. Commands on the link, or the button, strike the servers. DVI by the 12-bit PMOD: each pixel of the gate
// is two of the output's 640. No event log and two lines a server: there are no cells for more.
module icebreaker_top (
    input logic clock_12mhz,
    input logic button_n,  // pressed: the cable of the server on air is out

    input  logic link_rx,
    output logic link_tx,

    output logic       dvi_clock,  // rises in the middle of the others
    output logic [3:0] dvi_red,
    output logic [3:0] dvi_green,
    output logic [3:0] dvi_blue,
    output logic       dvi_enable,
    output logic       dvi_hsync,
    output logic       dvi_vsync,

    output logic [4:0] leds,    // A on air, B on air, protected, alarm, frames
    output logic       red_n,   // alarm
    output logic       green_n  // protected
);
  localparam int H_ACTIVE = 320, H_TOTAL = 400, V_ACTIVE = 480, V_TOTAL = 525;
  localparam int BIT_CLOCKS = 12;  // and a half: 12.5625 MHz / 12.5 = 1.005 Mbaud
  localparam int CABLE = 0, BEATS = 5;

  logic output_clk, clk, rst, locked;
  pixel_clock pixel_clock (.clock_12mhz, .output_clk, .clk, .locked);
  reset_hold reset_hold (.clk, .ready(locked), .rst);

  // --- server A's link, and the commands on it ------------------------------------------------------------
  logic [7:0] heard_tdata, tx_tdata;
  logic heard_tvalid, message_tvalid, tx_tvalid, tx_tready;
  logic [5:0] faults_a, faults_b;

  uart_receiver #(
      .BIT_CLOCKS(BIT_CLOCKS), .HALF(1)
  ) uart_receiver (
      .clk, .rst, .line(link_rx), .tdata(heard_tdata), .tvalid(heard_tvalid)
  );
  fault_commands fault_commands (
      .clk, .rst, .in_tdata(heard_tdata), .in_tvalid(heard_tvalid), .out_tvalid(message_tvalid),
      .faults_a, .faults_b
  );
  uart_transmitter #(
      .BIT_CLOCKS(BIT_CLOCKS), .HALF(1)
  ) uart_transmitter (
      .clk, .rst, .tdata(tx_tdata), .tvalid(tx_tvalid), .tready(tx_tready), .line(link_tx)
  );

  // --- the button, looked at once a frame --------------------------------------------------------------------
  logic [15:0] h, v, next_line;
  logic [31:0] frame;
  logic boundary, on_air, button_1_q, button_2_q;
  logic [1:0] pulled_q;  // whose cable the button holds out

  always_ff @(posedge clk) begin
    button_1_q <= !button_n;
    button_2_q <= button_1_q;
    if (boundary && !button_2_q) pulled_q <= '0;
    else if (boundary && pulled_q == '0) pulled_q <= on_air ? 2'b10 : 2'b01;
    if (rst) pulled_q <= '0;
  end

  // --- the servers --------------------------------------------------------------------------------------------
  logic [11:0] faults;
  logic [47:0] tdata;
  logic [1:0] tvalid, tuser, tlast;
  logic beat_b_q;

  always_comb begin
    faults = {faults_b, faults_a};
    faults[CABLE] = faults_a[CABLE] || pulled_q[0];
    faults[6+CABLE] = faults_b[CABLE] || pulled_q[1];
  end

  pattern_servers #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL)
  ) pattern_servers (
      .clk, .rst, .h, .v, .next_line, .faults, .tdata, .tvalid, .tuser, .tlast
  );

  always_ff @(posedge clk) beat_b_q <= h == '0 && v[5:0] == '0 && !faults_b[BEATS];  // nine a frame

  // --- the gate -------------------------------------------------------------------------------------------------
  logic [23:0] pixel;
  logic [3:0] lights;

  understudy_top #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .H_SYNC_START(328), .H_SYNC_END(376),
      .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL), .LINES(2), .EVENT_LOG(0), .LINKS(2'b01)
  ) gate (
      .clk, .rst, .awake_clk(clk), .awake(),
      .video_a_tdata(tdata[23:0]), .video_a_tvalid(tvalid[0]), .video_a_tuser(tuser[0]), .video_a_tlast(tlast[0]),
      .video_b_tdata(tdata[47:24]), .video_b_tvalid(tvalid[1]), .video_b_tuser(tuser[1]), .video_b_tlast(tlast[1]),
      .video_out_tdata(pixel), .video_out_tvalid(dvi_enable), .video_out_tuser(), .video_out_tlast(),
      .video_out_hsync(dvi_hsync), .video_out_vsync(dvi_vsync),
      .link_a_rx_tdata(heard_tdata), .link_a_rx_tvalid(message_tvalid && !faults_a[BEATS]),
      .link_a_tx_tdata(tx_tdata), .link_a_tx_tvalid(tx_tvalid), .link_a_tx_tready(tx_tready),
      .link_b_rx_tdata(on_air ? understudy_pkg::STATE_PRIMARY : understudy_pkg::STATE_SECONDARY_SYNCHRONIZED),
      .link_b_rx_tvalid(beat_b_q), .link_b_tx_tdata(), .link_b_tx_tvalid(), .link_b_tx_tready(1'b0),
      .psel(1'b0), .penable(1'b0), .pwrite(1'b0), .paddr('0), .pwdata('0), .prdata(), .pready(), .pslverr(),
      .led_on_air_a(lights[0]), .led_on_air_b(lights[1]), .led_protected(lights[2]), .led_alarm(lights[3]),
      .obs_h(h), .obs_v(v), .obs_frame(frame), .obs_clock(), .obs_term(), .obs_on_air(on_air),
      .obs_boundary(boundary), .obs_line_select(), .obs_select_line(next_line), .obs_choice(), .obs_good(),
      .obs_crc_a(), .obs_crc_b(), .obs_alive(), .obs_beat(), .obs_event_valid(), .obs_event()
  );

  assign dvi_clock = !output_clk;
  assign {dvi_red, dvi_blue, dvi_green} = {pixel[23:20], pixel[15:12], pixel[7:4]};
  assign leds = {frame[5], lights};
  assign red_n = !lights[3];
  assign green_n = !lights[2];
endmodule
