# SPDX-License-Identifier: Apache-2.0
# What boards/build has to know of this board. Sourced by it.
what="iCEBreaker (iCE40UP5K-SG48)"
family=ice40
device=up5k
yosys_device=u
package=sg48
top_module=icebreaker_top
pixel_mhz=12.5625
output_mhz=25.125  # output_clk
logic_ps=40000     # half of a gate's clock, the wires have the rest; takes 250 cells less
modules=(icebreaker/icebreaker_top icebreaker/pixel_clock icebreaker/pattern_servers icebreaker/fault_commands common/uart_receiver common/uart_transmitter common/reset_hold)
flash_with=(iceprog)
holds="320x480 at 59.8, sent as 640x480; 24 bits a pixel checked, 12 sent; two servers inside; 2 lines stored a server; no event log"
