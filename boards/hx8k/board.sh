# SPDX-License-Identifier: Apache-2.0
# What boards/build has to know of this board. Sourced by it.
what="iCE40HX8K-CT256 breakout (iCE40HX8K-B-EVN)"
family=ice40
device=hx8k
package=ct256
top_module=hx8k_top
pixel_mhz=25.125
modules=(hx8k/hx8k_top hx8k/pixel_clock common/serial_gate common/source_input common/uart_receiver common/uart_transmitter common/parallel_input common/reset_hold)
flash_with=(iceprog)
holds="640x480 at 59.8; 24 bits a pixel; two parallel inputs; 3 lines stored a server; no event log"
