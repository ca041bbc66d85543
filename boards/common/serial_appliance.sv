// SPDX-License-Identifier: Apache-2.0
// serial_gate's gate with the soft core beside it, for boards that have room: both links on serial lines, the firmware in the
// board's flash from IMAGE on, relays. The console is the one over the links. While the firmware tests the appliance, its
// pattern stands in for both inputs. Servers side by side, A low.
module serial_appliance #(
    parameter int BIT_CLOCKS = 25,
    parameter int LINES = 4,
    parameter int CLOCKS_PER_MS = 25000,
    parameter logic [23:0] IMAGE = 24'h40_0000
) (
    input logic clk,
    input logic rst,

    // video in
    input logic [47:0] tdata,
    input logic [ 1:0] tvalid,
    input logic [ 1:0] tuser,
    input logic [ 1:0] tlast,

    // links
    input  logic [1:0] link_rx,
    output logic [1:0] link_tx,

    // video out
    output logic [23:0] out_tdata,   // {red, blue, green}
    output logic        out_enable,
    output logic        out_hsync,   // high in sync
    output logic        out_vsync,

    // SPI flash
    output logic flash_cs_n,
    output logic flash_sck,
    output logic flash_mosi,
    input  logic flash_miso,

    // relays, closed: A, B
    output logic [1:0] relay_power,
    output logic [1:0] relay_reset,

    output logic [ 3:0] lights,      // A on air, B on air, protected, alarm: the firmware's
    output logic [31:0] frame
);
  // --- links: wires, core, gate -----------------------------------------------------------------
  logic [1:0] rx_tvalid, tx_tvalid, tx_tready, gate_rx_tvalid, gate_tx_tvalid, gate_tx_tready;
  logic [15:0] rx_tdata, tx_tdata, gate_rx_tdata, gate_tx_tdata;

  for (genvar s = 0; s < 2; s++) begin : g_link
    uart_receiver #(
        .BIT_CLOCKS(BIT_CLOCKS)
    ) uart_receiver (
        .clk, .rst, .line(link_rx[s]), .tdata(rx_tdata[s*8+:8]), .tvalid(rx_tvalid[s])
    );
    uart_transmitter #(
        .BIT_CLOCKS(BIT_CLOCKS)
    ) uart_transmitter (
        .clk, .rst, .tdata(tx_tdata[s*8+:8]), .tvalid(tx_tvalid[s]), .tready(tx_tready[s]),
        .line(link_tx[s])
    );
  end

  logic psel, penable, pwrite, on_air, pattern;
  logic [11:0] paddr;
  logic [31:0] pwdata, prdata;
  soc_top #(
      .CLOCKS_PER_MS(CLOCKS_PER_MS), .IMAGE(IMAGE)
  ) soc (
      .clk, .rst, .on_air, .psel, .penable, .pwrite, .paddr, .pwdata, .prdata,
      .console_rx_tdata('0), .console_rx_tvalid(1'b0), .console_tx_tdata(), .console_tx_tvalid(), .console_tx_tready(1'b1),
      .flash_cs_n, .flash_sck, .flash_mosi, .flash_miso, .relay_power, .relay_reset, .lights, .pattern,
      .wire_rx_tdata(rx_tdata), .wire_rx_tvalid(rx_tvalid), .wire_tx_tdata(tx_tdata), .wire_tx_tvalid(tx_tvalid), .wire_tx_tready(tx_tready),
      .gate_rx_tdata, .gate_rx_tvalid, .gate_tx_tdata, .gate_tx_tvalid, .gate_tx_tready
  );

  // --- inputs: the servers', or the pattern --------------------------------------------------------
  logic [15:0] h, v;
  logic [23:0] pattern_tdata;
  logic pattern_tvalid, pattern_tuser, pattern_tlast;
  logic [47:0] in_tdata;
  logic [1:0] in_tvalid, in_tuser, in_tlast;
  pattern_source pattern_source (
      .clk, .rst, .h, .v, .tdata(pattern_tdata), .tvalid(pattern_tvalid), .tuser(pattern_tuser), .tlast(pattern_tlast)
  );
  assign in_tdata = pattern ? {2{pattern_tdata}} : tdata;
  assign in_tvalid = pattern ? {2{pattern_tvalid}} : tvalid;
  assign in_tuser = pattern ? {2{pattern_tuser}} : tuser;
  assign in_tlast = pattern ? {2{pattern_tlast}} : tlast;

  understudy_top #(
      .LINES(LINES), .EVENT_LOG(1)
  ) gate (
      .clk, .rst, .awake_clk(clk), .awake(),
      .video_a_tdata(in_tdata[23:0]), .video_a_tvalid(in_tvalid[0]), .video_a_tuser(in_tuser[0]), .video_a_tlast(in_tlast[0]),
      .video_b_tdata(in_tdata[47:24]), .video_b_tvalid(in_tvalid[1]), .video_b_tuser(in_tuser[1]), .video_b_tlast(in_tlast[1]),
      .video_out_tdata(out_tdata), .video_out_tvalid(out_enable), .video_out_tuser(), .video_out_tlast(),
      .video_out_hsync(out_hsync), .video_out_vsync(out_vsync),
      .link_a_rx_tdata(gate_rx_tdata[7:0]), .link_a_rx_tvalid(gate_rx_tvalid[0]),
      .link_a_tx_tdata(gate_tx_tdata[7:0]), .link_a_tx_tvalid(gate_tx_tvalid[0]), .link_a_tx_tready(gate_tx_tready[0]),
      .link_b_rx_tdata(gate_rx_tdata[15:8]), .link_b_rx_tvalid(gate_rx_tvalid[1]),
      .link_b_tx_tdata(gate_tx_tdata[15:8]), .link_b_tx_tvalid(gate_tx_tvalid[1]), .link_b_tx_tready(gate_tx_tready[1]),
      .psel, .penable, .pwrite, .paddr, .pwdata, .prdata, .pready(), .pslverr(),
      .led_on_air_a(), .led_on_air_b(), .led_protected(), .led_alarm(),
      .obs_h(h), .obs_v(v), .obs_frame(frame), .obs_clock(), .obs_term(), .obs_on_air(on_air), .obs_boundary(),
      .obs_line_select(), .obs_select_line(), .obs_choice(), .obs_good(), .obs_crc_a(), .obs_crc_b(),
      .obs_alive(), .obs_beat(), .obs_event_valid(), .obs_event()
  );
endmodule
