// SPDX-License-Identifier: Apache-2.0
// A board for simulation: the soft core's half beside a tiny gate, as boards join them: one clock, links as bytes, the pattern at
// the inputs when the firmware or the outside wants it. A millisecond is 1000 clocks here.
module board_model (
    input logic clk,
    input logic rst,

    input logic [1:0] feed,  // the pattern at an input, whatever the firmware says

    // the links' wires, A low
    input  logic [15:0] rx_tdata,
    input  logic [ 1:0] rx_tvalid,
    output logic [15:0] tx_tdata,
    output logic [ 1:0] tx_tvalid,
    input  logic [ 1:0] tx_tready,

    input  logic [7:0] console_rx_tdata,
    input  logic       console_rx_tvalid,
    output logic [7:0] console_tx_tdata,
    output logic       console_tx_tvalid,
    input  logic       console_tx_tready,

    output logic flash_cs_n,
    output logic flash_sck,
    output logic flash_mosi,
    input  logic flash_miso,

    output logic [1:0] relay_power,
    output logic [1:0] relay_reset,
    output logic [3:0] lights,
    output logic       on_air,

    output logic [31:0] stack_pointer,     // what x2 was last set to
    output logic        fetch,     // an instruction's word is there
    output logic [31:0] fetch_addr
);
  localparam int H_ACTIVE = 48, H_TOTAL = 80, V_ACTIVE = 16, V_TOTAL = 20;

  logic psel, penable, pwrite, pattern;
  logic [11:0] paddr;
  logic [31:0] pwdata, prdata;
  logic [15:0] gate_rx_tdata, gate_tx_tdata;
  logic [1:0] gate_rx_tvalid, gate_tx_tvalid, gate_tx_tready;
  soc_top #(
      .WORDS(256), .CLOCKS_PER_MS(1000)
  ) soc (
      .clk, .rst, .on_air, .psel, .penable, .pwrite, .paddr, .pwdata, .prdata,
      .console_rx_tdata, .console_rx_tvalid, .console_tx_tdata, .console_tx_tvalid, .console_tx_tready,
      .flash_cs_n, .flash_sck, .flash_mosi, .flash_miso, .relay_power, .relay_reset, .lights, .pattern,
      .wire_rx_tdata(rx_tdata), .wire_rx_tvalid(rx_tvalid), .wire_tx_tdata(tx_tdata), .wire_tx_tvalid(tx_tvalid), .wire_tx_tready(tx_tready),
      .gate_rx_tdata, .gate_rx_tvalid, .gate_tx_tdata, .gate_tx_tvalid, .gate_tx_tready
  );
  assign fetch = soc.fetch && soc.valid && soc.ready;
  assign fetch_addr = soc.addr;
  always_ff @(posedge clk)
    if (soc.valid && soc.write && soc.is_register && soc.index == 6'd2) stack_pointer <= soc.wdata;

  logic [15:0] h, v;
  logic [23:0] tdata;
  logic tvalid, tuser, tlast;
  pattern_source #(
      .H_ACTIVE(H_ACTIVE), .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL)
  ) pattern_source (
      .clk, .rst, .h, .v, .tdata, .tvalid, .tuser, .tlast
  );
  logic [1:0] shown;
  assign shown = tvalid ? feed | {2{pattern}} : 2'd0;

  understudy_top #(
      .H_ACTIVE(H_ACTIVE), .H_TOTAL(H_TOTAL), .H_SYNC_START(52), .H_SYNC_END(60),
      .V_ACTIVE(V_ACTIVE), .V_TOTAL(V_TOTAL), .V_SYNC_START(17), .V_SYNC_END(18)
  ) gate (
      .clk, .awake_clk(clk), .rst, .awake(),
      .video_a_tdata(tdata), .video_a_tvalid(shown[0]), .video_a_tuser(tuser), .video_a_tlast(tlast),
      .video_b_tdata(tdata), .video_b_tvalid(shown[1]), .video_b_tuser(tuser), .video_b_tlast(tlast),
      .video_out_tdata(), .video_out_tvalid(), .video_out_tuser(), .video_out_tlast(), .video_out_hsync(), .video_out_vsync(),
      .link_a_rx_tdata(gate_rx_tdata[7:0]), .link_a_rx_tvalid(gate_rx_tvalid[0]),
      .link_b_rx_tdata(gate_rx_tdata[15:8]), .link_b_rx_tvalid(gate_rx_tvalid[1]),
      .link_a_tx_tdata(gate_tx_tdata[7:0]), .link_a_tx_tvalid(gate_tx_tvalid[0]), .link_a_tx_tready(gate_tx_tready[0]),
      .link_b_tx_tdata(gate_tx_tdata[15:8]), .link_b_tx_tvalid(gate_tx_tvalid[1]), .link_b_tx_tready(gate_tx_tready[1]),
      .psel, .penable, .pwrite, .paddr, .pwdata, .prdata, .pready(), .pslverr(),
      .led_on_air_a(), .led_on_air_b(), .led_protected(), .led_alarm(),
      .obs_h(h), .obs_v(v), .obs_frame(), .obs_clock(), .obs_term(), .obs_on_air(on_air), .obs_boundary(),
      .obs_line_select(), .obs_select_line(), .obs_choice(), .obs_good(), .obs_crc_a(), .obs_crc_b(),
      .obs_alive(), .obs_beat(), .obs_event_valid(), .obs_event()
  );
endmodule
