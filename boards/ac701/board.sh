# SPDX-License-Identifier: Apache-2.0
# What boards/build has to know of this board. Sourced by it.
what="Xilinx AC701, Artix-7 200T, PCIe x1"
family=xc7
device=xc7a200tfbg676-2
top_module=ac701_top
pixel_mhz=25
modules=(ac701/ac701_top ac701/pixel_clock common/source_input common/uart_receiver common/uart_transmitter common/parallel_input common/reset_hold)
pcie=1
vendor_cores=(pcie_7x_0)
flash_with=()
firmware_with=()
holds="640x480 at 59.5; 24 bits a pixel; two parallel inputs; 4 lines stored a server; event log; server A behind PCIe, B on a serial line"
