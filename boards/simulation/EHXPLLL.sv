// SPDX-License-Identifier: Apache-2.0
// The ECP5's PLL for lint: its ports, and clocks that pass.
module EHXPLLL #(
    parameter CLKI_DIV = 1,
    parameter CLKFB_DIV = 1,
    parameter FEEDBK_PATH = "CLKOP",
    parameter CLKOP_ENABLE = "ENABLED",
    parameter CLKOP_DIV = 8,
    parameter CLKOP_CPHASE = 0,
    parameter CLKOS_ENABLE = "DISABLED",
    parameter CLKOS_DIV = 8,
    parameter CLKOS_CPHASE = 0
) (
    input  logic CLKI, CLKFB, RST, STDBY, ENCLKOP, ENCLKOS,
    input  logic PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC,
    output logic CLKOP, CLKOS, LOCK
);
  assign {CLKOP, CLKOS} = {2{CLKI}};
  assign LOCK = !RST;
endmodule
