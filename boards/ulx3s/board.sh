# SPDX-License-Identifier: Apache-2.0
# What boards/build has to know of this board. Sourced by it.
what="ULX3S, ECP5-85F"
family=ecp5
device=85k
package=CABGA381
top_module=ulx3s_top
pixel_mhz=25
modules=(ulx3s/ulx3s_top ulx3s/pixel_clock ulx3s/serializer common/tmds_encoder common/serial_appliance common/source_input common/uart_receiver common/uart_transmitter common/parallel_input common/reset_hold)
core=1
firmware_at=0x400000
flash_with=(openFPGALoader -b ulx3s -f)
firmware_with=(openFPGALoader -b ulx3s -f -o $firmware_at)
holds="640x480 at 59.5; 24 bits a pixel; two parallel inputs; 4 lines stored a server; event log; soft core"
