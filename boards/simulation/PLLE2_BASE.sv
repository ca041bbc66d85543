// SPDX-License-Identifier: Apache-2.0
// Xilinx' 7-series PLL for lint: the ports in use, and clocks that pass.
module PLLE2_BASE #(
    parameter CLKIN1_PERIOD = 0.0,
    parameter DIVCLK_DIVIDE = 1,
    parameter CLKFBOUT_MULT = 5,
    parameter CLKOUT0_DIVIDE = 1
) (
    input  logic CLKIN1, CLKFBIN, PWRDWN, RST,
    output logic CLKFBOUT, CLKOUT0, LOCKED
);
  assign {CLKFBOUT, CLKOUT0} = {2{CLKIN1}};
  assign LOCKED = !RST;
endmodule
