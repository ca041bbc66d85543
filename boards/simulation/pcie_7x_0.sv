// SPDX-License-Identifier: Apache-2.0
// The core that Vivado makes of the 7-series Integrated Block for PCI Express (PG054; boards/ac701/vivado.tcl says with what
// settings), one lane, 64-bit streams: its inputs and the outputs in use. A black box for lint and synthesis.
module pcie_7x_0 (
    input  logic        sys_clk, sys_rst_n, pci_exp_rxp, pci_exp_rxn,
    output logic        pci_exp_txp, pci_exp_txn, user_clk_out, user_reset_out, user_lnk_up,
    output logic [63:0] m_axis_rx_tdata,
    output logic [21:0] m_axis_rx_tuser,
    output logic        m_axis_rx_tvalid, m_axis_rx_tlast,
    input  logic        m_axis_rx_tready,
    input  logic [63:0] s_axis_tx_tdata,
    input  logic [ 7:0] s_axis_tx_tkeep,
    input  logic [ 3:0] s_axis_tx_tuser,
    input  logic        s_axis_tx_tvalid, s_axis_tx_tlast,
    output logic        s_axis_tx_tready,
    output logic [ 7:0] cfg_bus_number,
    output logic [ 4:0] cfg_device_number,
    output logic [ 2:0] cfg_function_number,
    input  logic        tx_cfg_gnt, rx_np_ok, rx_np_req, cfg_trn_pending, cfg_turnoff_ok,
    input  logic [31:0] cfg_mgmt_di,
    input  logic [ 3:0] cfg_mgmt_byte_en,
    input  logic [ 9:0] cfg_mgmt_dwaddr,
    input  logic        cfg_mgmt_wr_en, cfg_mgmt_rd_en, cfg_mgmt_wr_readonly, cfg_mgmt_wr_rw1c_as_rw,
    input  logic [63:0] cfg_dsn,
    input  logic        cfg_pm_halt_aspm_l0s, cfg_pm_halt_aspm_l1, cfg_pm_force_state_en, cfg_pm_wake, cfg_pm_send_pme_to,
    input  logic [ 1:0] cfg_pm_force_state,
    input  logic        cfg_interrupt, cfg_interrupt_assert, cfg_interrupt_stat,
    input  logic [ 7:0] cfg_interrupt_di,
    input  logic [ 4:0] cfg_pciecap_interrupt_msgnum,
    input  logic [ 7:0] cfg_ds_bus_number,
    input  logic [ 4:0] cfg_ds_device_number,
    input  logic [ 2:0] cfg_ds_function_number,
    input  logic [ 1:0] pl_directed_link_change, pl_directed_link_width,
    input  logic        pl_directed_link_speed, pl_directed_link_auton, pl_upstream_prefer_deemph, pl_transmit_hot_rst,
    input  logic        pl_downstream_deemph_source
);
  assign {pci_exp_txp, pci_exp_txn, user_lnk_up} = '0;
  assign user_clk_out = sys_clk;
  assign user_reset_out = !sys_rst_n;
  assign {m_axis_rx_tdata, m_axis_rx_tuser, m_axis_rx_tvalid, m_axis_rx_tlast, s_axis_tx_tready} = '0;
  assign {cfg_bus_number, cfg_device_number, cfg_function_number} = '0;
endmodule
