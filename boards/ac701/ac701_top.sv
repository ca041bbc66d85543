// SPDX-License-Identifier: Apache-2.0
// AC701 (Artix-7 200T) in a slot of server A: the whole gate with its event log and four lines stored a server. Server A's link is the
// slot's PCIe, server B's the board's USB serial port. Two parallel 24-bit inputs and the output on the FMC connector.
// The gate has the board's own clock and reset: server A's reset, its slot's clock and its link training do not reach it.
module ac701_top (
    input logic clock_200mhz_p,
    input logic clock_200mhz_n,

    // the slot
    input  logic pcie_clock_p,
    input  logic pcie_clock_n,
    input  logic pcie_reset_n,
    input  logic pcie_rx_p,
    input  logic pcie_rx_n,
    output logic pcie_tx_p,
    output logic pcie_tx_n,

    // server B's link
    input  logic link_b_rx,
    output logic link_b_tx,

    // video in: {vsync, enable, red, green, blue}
    input logic        video_a_clock,
    input logic [25:0] video_a,
    input logic        video_b_clock,
    input logic [25:0] video_b,

    // video out; changes at the clock's falling edge
    output logic        video_out_clock,
    output logic        video_out_enable,
    output logic        video_out_hsync,
    output logic        video_out_vsync,
    output logic [23:0] video_out_pixel,  // {red, green, blue}

    output logic [3:0] leds               // A on air, B on air, protected, alarm
);
  localparam int BIT_CLOCKS = 25;  // 25 MHz / 25: 1 Mbaud

  logic clk, rst, locked;
  pixel_clock pixel_clock (.clock_200mhz_p, .clock_200mhz_n, .clk, .locked);
  reset_hold reset_hold (.clk, .ready(locked), .rst);

  // --- inputs ----------------------------------------------------------------------------------------
  logic [1:0] source_clk, tvalid, tuser, tlast;
  logic [51:0] source_pins;
  logic [47:0] tdata;
  assign source_clk = {video_b_clock, video_a_clock};
  assign source_pins = {video_b, video_a};
  for (genvar s = 0; s < 2; s++) begin : g_input
    source_input source_input (
        .source_clk(source_clk[s]), .pixel(source_pins[s*26+:24]), .enable(source_pins[s*26+24]),
        .vsync(source_pins[s*26+25]), .clk, .rst,
        .tdata(tdata[s*24+:24]), .tvalid(tvalid[s]), .tuser(tuser[s]), .tlast(tlast[s]), .dropped()
    );
  end

  // --- server A's link: PCIe -------------------------------------------------------------------------
  logic [1:0] rx_tvalid, tx_tvalid, tx_tready;
  logic [15:0] rx_tdata, tx_tdata;
  logic slot_clock, user_clk, user_reset, user_rst, user_link;
  logic [63:0] request_tdata, completion_tdata;
  logic [21:0] request_tuser;
  logic [7:0] completion_tkeep, bus;
  logic [4:0] device;
  logic [2:0] number;
  logic request_tvalid, request_tlast, request_tready, completion_tvalid, completion_tlast, completion_tready;

  IBUFDS_GTE2 slot_pins (.I(pcie_clock_p), .IB(pcie_clock_n), .CEB(1'b0), .O(slot_clock), .ODIV2());
  pcie_7x_0 pcie_7x_0 (
      .sys_clk(slot_clock), .sys_rst_n(pcie_reset_n), .pci_exp_rxp(pcie_rx_p), .pci_exp_rxn(pcie_rx_n),
      .pci_exp_txp(pcie_tx_p), .pci_exp_txn(pcie_tx_n),
      .user_clk_out(user_clk), .user_reset_out(user_reset), .user_lnk_up(user_link),
      .m_axis_rx_tdata(request_tdata), .m_axis_rx_tvalid(request_tvalid), .m_axis_rx_tlast(request_tlast),
      .m_axis_rx_tuser(request_tuser), .m_axis_rx_tready(request_tready),
      .s_axis_tx_tdata(completion_tdata), .s_axis_tx_tkeep(completion_tkeep), .s_axis_tx_tvalid(completion_tvalid),
      .s_axis_tx_tlast(completion_tlast), .s_axis_tx_tready(completion_tready), .s_axis_tx_tuser(4'd0),
      .cfg_bus_number(bus), .cfg_device_number(device), .cfg_function_number(number),
      .tx_cfg_gnt(1'b1), .rx_np_ok(1'b1), .rx_np_req(1'b1), .cfg_trn_pending(1'b0), .cfg_turnoff_ok(1'b1),
      .cfg_mgmt_di('0), .cfg_mgmt_byte_en('0), .cfg_mgmt_dwaddr('0), .cfg_mgmt_wr_en(1'b0), .cfg_mgmt_rd_en(1'b0),
      .cfg_mgmt_wr_readonly(1'b0), .cfg_mgmt_wr_rw1c_as_rw(1'b0), .cfg_dsn('0),
      .cfg_pm_halt_aspm_l0s(1'b0), .cfg_pm_halt_aspm_l1(1'b0), .cfg_pm_force_state_en(1'b0), .cfg_pm_force_state('0),
      .cfg_pm_wake(1'b0), .cfg_pm_send_pme_to(1'b0),
      .cfg_interrupt(1'b0), .cfg_interrupt_assert(1'b0), .cfg_interrupt_di('0), .cfg_interrupt_stat(1'b0),
      .cfg_pciecap_interrupt_msgnum('0), .cfg_ds_bus_number('0), .cfg_ds_device_number('0), .cfg_ds_function_number('0),
      .pl_directed_link_change('0), .pl_directed_link_width('0), .pl_directed_link_speed(1'b0), .pl_directed_link_auton(1'b0),
      .pl_upstream_prefer_deemph(1'b1), .pl_transmit_hot_rst(1'b0), .pl_downstream_deemph_source(1'b0)
  );
  reset_hold user_hold (.clk(user_clk), .ready(!user_reset && user_link), .rst(user_rst));
  pcie_link link_a (
      .user_clk, .user_rst, .completer_id({bus, device, number}),
      .m_axis_rx_tdata(request_tdata), .m_axis_rx_tvalid(request_tvalid), .m_axis_rx_tlast(request_tlast),
      .m_axis_rx_bar_hit(request_tuser[9:2]), .m_axis_rx_tready(request_tready),
      .s_axis_tx_tdata(completion_tdata), .s_axis_tx_tkeep(completion_tkeep), .s_axis_tx_tvalid(completion_tvalid),
      .s_axis_tx_tlast(completion_tlast), .s_axis_tx_tready(completion_tready),
      .clk, .rst, .rx_tdata(rx_tdata[7:0]), .rx_tvalid(rx_tvalid[0]),
      .tx_tdata(tx_tdata[7:0]), .tx_tvalid(tx_tvalid[0]), .tx_tready(tx_tready[0])
  );

  // --- server B's link: serial -------------------------------------------------------------------------
  uart_receiver #(
      .BIT_CLOCKS(BIT_CLOCKS)
  ) uart_receiver (
      .clk, .rst, .line(link_b_rx), .tdata(rx_tdata[15:8]), .tvalid(rx_tvalid[1])
  );
  uart_transmitter #(
      .BIT_CLOCKS(BIT_CLOCKS)
  ) uart_transmitter (
      .clk, .rst, .tdata(tx_tdata[15:8]), .tvalid(tx_tvalid[1]), .tready(tx_tready[1]), .line(link_b_tx)
  );

  // --- the gate ----------------------------------------------------------------------------------------
  logic [23:0] out_tdata;
  understudy_top #(
      .LINES(4), .EVENT_LOG(1)
  ) gate (
      .clk, .rst, .awake_clk(clk), .awake(),
      .video_a_tdata(tdata[23:0]), .video_a_tvalid(tvalid[0]), .video_a_tuser(tuser[0]), .video_a_tlast(tlast[0]),
      .video_b_tdata(tdata[47:24]), .video_b_tvalid(tvalid[1]), .video_b_tuser(tuser[1]), .video_b_tlast(tlast[1]),
      .video_out_tdata(out_tdata), .video_out_tvalid(video_out_enable), .video_out_tuser(), .video_out_tlast(),
      .video_out_hsync, .video_out_vsync,
      .link_a_rx_tdata(rx_tdata[7:0]), .link_a_rx_tvalid(rx_tvalid[0]),
      .link_a_tx_tdata(tx_tdata[7:0]), .link_a_tx_tvalid(tx_tvalid[0]), .link_a_tx_tready(tx_tready[0]),
      .link_b_rx_tdata(rx_tdata[15:8]), .link_b_rx_tvalid(rx_tvalid[1]),
      .link_b_tx_tdata(tx_tdata[15:8]), .link_b_tx_tvalid(tx_tvalid[1]), .link_b_tx_tready(tx_tready[1]),
      .psel(1'b0), .penable(1'b0), .pwrite(1'b0), .paddr('0), .pwdata('0), .prdata(), .pready(), .pslverr(),
      .led_on_air_a(leds[0]), .led_on_air_b(leds[1]), .led_protected(leds[2]), .led_alarm(leds[3]),
      .obs_h(), .obs_v(), .obs_frame(), .obs_clock(), .obs_term(), .obs_on_air(), .obs_boundary(),
      .obs_line_select(), .obs_select_line(), .obs_choice(), .obs_good(), .obs_crc_a(), .obs_crc_b(),
      .obs_alive(), .obs_beat(), .obs_event_valid(), .obs_event()
  );

  ODDR clock_pin (.C(clk), .CE(1'b1), .D1(1'b0), .D2(1'b1), .R(1'b0), .S(1'b0), .Q(video_out_clock));
  assign video_out_pixel = {out_tdata[23:16], out_tdata[7:0], out_tdata[15:8]};
endmodule
