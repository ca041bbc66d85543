// SPDX-License-Identifier: Apache-2.0
// A link of the gate behind PCIe: the Integrated Block's two streams on one side (its user clock), bytes on the other (the
// gate's clock). Joins tlp_target, word_crossing and bar_mailbox.
module pcie_link #(
    parameter int WORDS = understudy_pkg::MAILBOX_RING_WORDS,
    parameter logic [31:0] FIRST = 32'd0
) (
    // PCIe's clock
    input  logic        user_clk,
    input  logic        user_rst,
    input  logic [15:0] completer_id,  // {bus, device, function}
    input  logic [63:0] m_axis_rx_tdata,
    input  logic        m_axis_rx_tvalid,
    input  logic        m_axis_rx_tlast,
    input  logic [ 7:0] m_axis_rx_bar_hit,
    output logic        m_axis_rx_tready,
    output logic [63:0] s_axis_tx_tdata,
    output logic [ 7:0] s_axis_tx_tkeep,
    output logic        s_axis_tx_tvalid,
    output logic        s_axis_tx_tlast,
    input  logic        s_axis_tx_tready,

    // gate's clock
    input  logic       clk,
    input  logic       rst,
    output logic [7:0] rx_tdata,
    output logic       rx_tvalid,
    input  logic [7:0] tx_tdata,
    input  logic       tx_tvalid,
    output logic       tx_tready
);
  logic word_valid, word_write, word_done, word_failed, access, write, done;
  logic [11:0] word_address, address;
  logic [31:0] word_wdata, word_rdata, wdata, rdata;

  tlp_target tlp_target (
      .clk(user_clk), .rst(user_rst), .completer_id,
      .rx_tdata(m_axis_rx_tdata), .rx_tvalid(m_axis_rx_tvalid), .rx_tlast(m_axis_rx_tlast), .rx_bar_hit(m_axis_rx_bar_hit),
      .rx_tready(m_axis_rx_tready),
      .tx_tdata(s_axis_tx_tdata), .tx_tkeep(s_axis_tx_tkeep), .tx_tvalid(s_axis_tx_tvalid), .tx_tlast(s_axis_tx_tlast),
      .tx_tready(s_axis_tx_tready),
      .word_valid, .word_write, .word_address, .word_wdata, .word_done, .word_failed, .word_rdata
  );
  word_crossing word_crossing (
      .host_clk(user_clk), .host_rst(user_rst), .host_valid(word_valid), .host_write(word_write), .host_address(word_address),
      .host_wdata(word_wdata), .host_done(word_done), .host_failed(word_failed), .host_rdata(word_rdata),
      .clk, .rst, .access, .write, .address, .wdata, .done, .rdata
  );
  bar_mailbox #(
      .WORDS(WORDS), .FIRST(FIRST)
  ) bar_mailbox (
      .clk, .rst, .access, .write, .address, .wdata, .done, .rdata, .rx_tdata, .rx_tvalid, .tx_tdata, .tx_tvalid, .tx_tready
  );
endmodule
