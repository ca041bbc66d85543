// SPDX-License-Identifier: Apache-2.0
// ULX3S (ECP5-85F): the whole gate with its event log and four lines stored a server, the soft core beside it, two parallel
// 24-bit inputs on the header pairs GP and GN, DVI out on the board's own socket. Server A's link over the board's FT231X, B's on
// the two pins that are left. Relays on the display's header. The firmware stands in the configuration's flash, 4 MiB from its start.
module ulx3s_top (
    input logic clock_25mhz,

    input  logic [27:0] gp,  // A: {link B rx (server to gate), clock, vsync, enable, red, green, blue}
    input  logic [26:0] gn,  // B: {clock, vsync, enable, red, green, blue}
    output logic        link_b_tx,

    input  logic link_a_rx,
    output logic link_a_tx,

    output logic [3:0] gpdi,  // {clock, red, green, blue}

    // the configuration's flash; its clock pin has a primitive of its own
    output logic flash_cs_n,
    output logic flash_mosi,
    input  logic flash_miso,
    output logic flash_hold_n,
    output logic flash_wp_n,

    output logic [3:0] relays,  // closed: {reset B, power B, reset A, power A}

    output logic [7:0] leds
);
  localparam int BIT_CLOCKS = 25;  // 25 MHz / 25: 1 Mbaud

  logic clk, clk_5x, rst, locked;
  pixel_clock pixel_clock (.clock_25mhz, .clk, .clk_5x, .locked);
  reset_hold reset_hold (.clk, .ready(locked), .rst);

  // --- inputs ----------------------------------------------------------------------------------------
  logic [1:0] source_clk, dropped, tvalid, tuser, tlast;
  logic [51:0] source_pins;
  logic [47:0] tdata;

  assign source_clk = {gn[26], gp[26]};
  assign source_pins = {gn[25:0], gp[25:0]};

  for (genvar s = 0; s < 2; s++) begin : g_input
    source_input source_input (
        .source_clk(source_clk[s]), .pixel(source_pins[s*26+:24]), .enable(source_pins[s*26+24]),
        .vsync(source_pins[s*26+25]), .clk, .rst,
        .tdata(tdata[s*24+:24]), .tvalid(tvalid[s]), .tuser(tuser[s]), .tlast(tlast[s]), .dropped(dropped[s])
    );
  end

  // --- links and the gate ----------------------------------------------------------------------------
  logic [23:0] out_tdata;
  logic [31:0] frame;
  logic out_enable, out_hsync, out_vsync;

  logic flash_sck;
  logic [1:0] relay_power, relay_reset;

  serial_appliance #(
      .BIT_CLOCKS(BIT_CLOCKS), .LINES(4), .CLOCKS_PER_MS(25000), .IMAGE(24'h40_0000)
  ) appliance (
      .clk, .rst, .tdata, .tvalid, .tuser, .tlast,
      .link_rx({gp[27], link_a_rx}), .link_tx({link_b_tx, link_a_tx}),
      .out_tdata, .out_enable, .out_hsync, .out_vsync,
      .flash_cs_n, .flash_sck, .flash_mosi, .flash_miso, .relay_power, .relay_reset, .lights(leds[3:0]), .frame
  );
  USRMCLK flash_clock (.USRMCLKI(flash_sck), .USRMCLKTS(1'b0));
  assign flash_hold_n = 1'b1;
  assign flash_wp_n = 1'b1;
  assign relays = {relay_reset[1], relay_power[1], relay_reset[0], relay_power[0]};

  // --- DVI -------------------------------------------------------------------------------------------
  logic [39:0] words;
  assign words[39:30] = 10'b0000011111;

  tmds_encoder blue (
      .clk, .rst, .data(out_tdata[15:8]), .control({!out_vsync, !out_hsync}), .enable(out_enable), .word(words[9:0])
  );
  tmds_encoder green (
      .clk, .rst, .data(out_tdata[7:0]), .control(2'b00), .enable(out_enable), .word(words[19:10])
  );
  tmds_encoder red (
      .clk, .rst, .data(out_tdata[23:16]), .control(2'b00), .enable(out_enable), .word(words[29:20])
  );
  for (genvar c = 0; c < 4; c++) begin : g_pin
    serializer serializer (.clk, .clk_5x, .word(words[c*10+:10]), .pin(gpdi[c]));
  end

  assign leds[4] = locked;
  assign leds[6:5] = dropped;
  assign leds[7] = frame[5];
endmodule
