# SPDX-License-Identifier: Apache-2.0
# What open tools cannot do for this board: PCIe's core, place, route, timing, bitstream. Never run here: Vivado is not
# free software and was not at hand. From the tree's top: vivado -mode batch -source boards/ac701/vivado.tcl
set board boards/ac701
set out build/boards/ac701-vivado
set part xc7a200tfbg676-2
create_project -force -in_memory -part $part
file mkdir $out

# one lane of 2.5 GT/s, 64-bit streams, user clock 62.5 MHz; BAR 2 is the mailbox of protocol/mailbox.hpp, BAR 0 nothing:
# the core wants to have it, and what comes there is refused
create_ip -name pcie_7x -vendor xilinx.com -library ip -module_name pcie_7x_0 -dir $out
set_property -dict [list CONFIG.mode_selection {Advanced} CONFIG.PCIe_Blk_Locn {X0Y0} \
  CONFIG.Maximum_Link_Width {X1} CONFIG.Link_Speed {2.5_GT/s} CONFIG.Interface_Width {64_bit} CONFIG.User_Clk_Freq {62.5} \
  CONFIG.Ref_Clk_Freq {100_MHz} CONFIG.Max_Payload_Size {128_bytes} \
  CONFIG.Vendor_ID {10EE} CONFIG.Device_ID {7021} CONFIG.Subsystem_Vendor_ID {10EE} CONFIG.Subsystem_ID {5544} \
  CONFIG.Bar0_Scale {Kilobytes} CONFIG.Bar0_Size {4} \
  CONFIG.Bar2_Enabled {true} CONFIG.Bar2_Type {Memory} CONFIG.Bar2_64bit {false} CONFIG.Bar2_Prefetchable {false} \
  CONFIG.Bar2_Scale {Kilobytes} CONFIG.Bar2_Size {16} \
  CONFIG.IntX_Generation {false} CONFIG.Legacy_Interrupt {NONE} CONFIG.MSI_Enabled {false} \
  CONFIG.cfg_fc_if {false} CONFIG.err_reporting_if {false} CONFIG.rcv_msg_if {false}] [get_ips pcie_7x_0]
generate_target all [get_ips pcie_7x_0]
synth_ip [get_ips pcie_7x_0]

read_verilog -sv [concat rtl/understudy_pkg.sv [lsearch -all -inline -not [glob rtl/*.sv] *_pkg.sv] [glob rtl/pcie/*.sv] \
  [glob $board/*.sv] [lmap name {source_input uart_receiver uart_transmitter parallel_input reset_hold} {string cat boards/common/ $name .sv}]]
read_xdc $board/ac701.xdc
synth_design -top ac701_top -part $part
opt_design
place_design
phys_opt_design
route_design
report_utilization -file $out/utilization.txt
report_timing_summary -file $out/timing.txt
report_cdc -file $out/crossings.txt
write_bitstream -force $out/ac701.bit
