// SPDX-License-Identifier: Apache-2.0
// 12 MHz to the pixel clock: 12 * 67 / 32 = 25.125 MHz, 640x480 at 59.82 frames a second (the PLL has no
// nearer one than 0.3 % below 25.2).
module pixel_clock (
    input  logic clock_12mhz,
    output logic clk,
    output logic locked
);
  SB_PLL40_CORE #(
      .FEEDBACK_PATH("SIMPLE"),
      .DIVR(4'b0000),
      .DIVF(7'b1000010),
      .DIVQ(3'b101),
      .FILTER_RANGE(3'b001)
  ) pll (
      .REFERENCECLK(clock_12mhz), .PLLOUTGLOBAL(clk), .LOCK(locked),
      .RESETB(1'b1), .BYPASS(1'b0)
  );
endmodule
