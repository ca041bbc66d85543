// SPDX-License-Identifier: Apache-2.0
// 25 MHz to the pixel clock (25 MHz, 640x480 at 59.5 frames a second) and five times that for the DVI output.
module pixel_clock (
    input  logic clock_25mhz,
    output logic clk,
    output logic clk_5x,
    output logic locked
);
  EHXPLLL #(
      .CLKI_DIV(1), .CLKFB_DIV(5), .FEEDBK_PATH("CLKOP"),
      .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(5), .CLKOP_CPHASE(4),
      .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(25), .CLKOS_CPHASE(24)
  ) pll (
      .CLKI(clock_25mhz), .CLKFB(clk_5x), .CLKOP(clk_5x), .CLKOS(clk), .LOCK(locked),
      .RST(1'b0), .STDBY(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0),
      .PHASEDIR(1'b0), .PHASESTEP(1'b0), .PHASELOADREG(1'b0), .PLLWAKESYNC(1'b0)
  );
endmodule
