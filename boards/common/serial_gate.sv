// SPDX-License-Identifier: Apache-2.0
// The gate with both links on serial lines (8N1, BIT_CLOCKS clocks a bit) and no register port: the configuration
// is that of reset. What every board here has in common; servers side by side, A low.
module serial_gate #(
    parameter int BIT_CLOCKS = 25,
    parameter int LINES = 4,
    parameter int EVENT_LOG = 1
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

    output logic [ 3:0] lights,      // A on air, B on air, protected, alarm: [0]..[3]
    output logic [31:0] frame
);
  logic [1:0] rx_tvalid, tx_tvalid, tx_tready;
  logic [15:0] rx_tdata, tx_tdata;

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

  understudy_top #(
      .LINES(LINES), .EVENT_LOG(EVENT_LOG)
  ) gate (
      .clk, .rst, .awake_clk(clk), .awake(),
      .video_a_tdata(tdata[23:0]), .video_a_tvalid(tvalid[0]), .video_a_tuser(tuser[0]), .video_a_tlast(tlast[0]),
      .video_b_tdata(tdata[47:24]), .video_b_tvalid(tvalid[1]), .video_b_tuser(tuser[1]), .video_b_tlast(tlast[1]),
      .video_out_tdata(out_tdata), .video_out_tvalid(out_enable), .video_out_tuser(), .video_out_tlast(),
      .video_out_hsync(out_hsync), .video_out_vsync(out_vsync),
      .link_a_rx_tdata(rx_tdata[7:0]), .link_a_rx_tvalid(rx_tvalid[0]),
      .link_a_tx_tdata(tx_tdata[7:0]), .link_a_tx_tvalid(tx_tvalid[0]), .link_a_tx_tready(tx_tready[0]),
      .link_b_rx_tdata(rx_tdata[15:8]), .link_b_rx_tvalid(rx_tvalid[1]),
      .link_b_tx_tdata(tx_tdata[15:8]), .link_b_tx_tvalid(tx_tvalid[1]), .link_b_tx_tready(tx_tready[1]),
      .psel(1'b0), .penable(1'b0), .pwrite(1'b0), .paddr('0), .pwdata('0), .prdata(), .pready(), .pslverr(),
      .led_on_air_a(lights[0]), .led_on_air_b(lights[1]), .led_protected(lights[2]), .led_alarm(lights[3]),
      .obs_h(), .obs_v(), .obs_frame(frame), .obs_clock(), .obs_term(), .obs_on_air(), .obs_boundary(),
      .obs_line_select(), .obs_select_line(), .obs_choice(), .obs_good(), .obs_crc_a(), .obs_crc_b(),
      .obs_alive(), .obs_beat(), .obs_event_valid(), .obs_event()
  );
endmodule
