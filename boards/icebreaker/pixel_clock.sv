// SPDX-License-Identifier: Apache-2.0
// 12 MHz to two clocks: the output's, 12 * 67 / 32 = 25.125 MHz, and half of it for the gate, which gives
// each of its pixels to two of the output's clocks. The pin is the PLL's own: no other PLL cell fits this board.
module pixel_clock (
    input  logic clock_12mhz,
    output logic output_clk,  // 25.125 MHz
    output logic clk,         // 12.5625 MHz; rises with output_clk or just after it
    output logic locked
);
  logic half_q = 1'b0;

  SB_PLL40_PAD #(
      .FEEDBACK_PATH("SIMPLE"),
      .DIVR(4'b0000),
      .DIVF(7'b1000010),
      .DIVQ(3'b101),
      .FILTER_RANGE(3'b001)
  ) pll (
      .PACKAGEPIN(clock_12mhz), .PLLOUTGLOBAL(output_clk), .LOCK(locked),
      .RESETB(1'b1), .BYPASS(1'b0)
  );

  always_ff @(posedge output_clk) half_q <= !half_q;
  assign clk = half_q;
endmodule
