// SPDX-License-Identifier: Apache-2.0
// The board's 200 MHz to the pixel clock: 25 MHz, 640x480 at 59.5 frames a second. It runs without PCIe's clock.
module pixel_clock (
    input  logic clock_200mhz_p,
    input  logic clock_200mhz_n,
    output logic clk,
    output logic locked
);
  logic clock_200mhz, feedback, divided;

  IBUFDS pins (.I(clock_200mhz_p), .IB(clock_200mhz_n), .O(clock_200mhz));
  PLLE2_BASE #(
      .CLKIN1_PERIOD(5.0), .DIVCLK_DIVIDE(1), .CLKFBOUT_MULT(5), .CLKOUT0_DIVIDE(40)
  ) pll (
      .CLKIN1(clock_200mhz), .CLKFBIN(feedback), .CLKFBOUT(feedback), .CLKOUT0(divided), .LOCKED(locked),
      .PWRDWN(1'b0), .RST(1'b0)
  );
  BUFG buffer (.I(divided), .O(clk));
endmodule
