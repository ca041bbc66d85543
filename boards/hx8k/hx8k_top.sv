// SPDX-License-Identifier: Apache-2.0
// iCE40HX8K-CT256 breakout: two parallel 24-bit inputs with clocks of their own and an output on the headers,
// server A's link over the board's FT2232H (second channel), server B's on two header pins. The whole gate but
// for the event log, for which there are no cells; three lines stored a server.
module hx8k_top (
    input logic clock_12mhz,

    input logic        video_a_clock,
    input logic [23:0] video_a_pixel,   // {red, green, blue}
    input logic        video_a_enable,
    input logic        video_a_vsync,
    input logic        video_b_clock,
    input logic [23:0] video_b_pixel,
    input logic        video_b_enable,
    input logic        video_b_vsync,

    output logic        video_out_clock,  // falls where the others change
    output logic [23:0] video_out_pixel,
    output logic        video_out_enable,
    output logic        video_out_hsync,
    output logic        video_out_vsync,

    input  logic link_a_rx,
    output logic link_a_tx,
    input  logic link_b_rx,
    output logic link_b_tx,

    output logic [7:0] leds  // A on air, B on air, protected, alarm, PLL locked, a pixel of A dropped, of B, frames
);
  localparam int BIT_CLOCKS = 25;  // 25.125 MHz / 25: 1.005 Mbaud

  logic clk, rst, locked;
  pixel_clock pixel_clock (.clock_12mhz, .clk, .locked);
  reset_hold reset_hold (.clk, .ready(locked), .rst);

  logic [1:0] source_clk, source_enable, source_vsync, dropped, tvalid, tuser, tlast;
  logic [47:0] source_pixel, tdata;

  assign source_clk = {video_b_clock, video_a_clock};
  assign source_pixel = {video_b_pixel, video_a_pixel};
  assign source_enable = {video_b_enable, video_a_enable};
  assign source_vsync = {video_b_vsync, video_a_vsync};

  for (genvar s = 0; s < 2; s++) begin : g_input
    source_input source_input (
        .source_clk(source_clk[s]), .pixel(source_pixel[s*24+:24]), .enable(source_enable[s]),
        .vsync(source_vsync[s]), .clk, .rst,
        .tdata(tdata[s*24+:24]), .tvalid(tvalid[s]), .tuser(tuser[s]), .tlast(tlast[s]), .dropped(dropped[s])
    );
  end

  logic [23:0] out_tdata;
  logic [31:0] frame;

  serial_gate #(
      .BIT_CLOCKS(BIT_CLOCKS), .LINES(3), .EVENT_LOG(0)
  ) serial_gate (
      .clk, .rst, .tdata, .tvalid, .tuser, .tlast,
      .link_rx({link_b_rx, link_a_rx}), .link_tx({link_b_tx, link_a_tx}),
      .out_tdata, .out_enable(video_out_enable), .out_hsync(video_out_hsync), .out_vsync(video_out_vsync),
      .lights(leds[3:0]), .frame
  );

  assign video_out_clock = !clk;
  assign video_out_pixel = {out_tdata[23:16], out_tdata[7:0], out_tdata[15:8]};
  assign leds[4] = locked;
  assign leds[6:5] = dropped;
  assign leds[7] = frame[5];
endmodule
