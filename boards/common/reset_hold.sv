// SPDX-License-Identifier: Apache-2.0
// Reset of one clock: high until `ready` (a PLL's lock, another reset's end; from any clock) has been so for
// CLOCKS clocks, high again when it ends. Registers that the bitstream starts at zero: it begins in reset.
module reset_hold #(
    parameter int CLOCKS = 15  // 2..15
) (
    input  logic clk,
    input  logic ready,
    output logic rst
);
  if (CLOCKS < 2 || CLOCKS > 15) $error("CLOCKS out of range");

  logic ready_1_q = 1'b0, ready_2_q = 1'b0, released_q = 1'b0;
  logic [3:0] count_q = '0;

  always_ff @(posedge clk) begin
    ready_1_q <= ready;
    ready_2_q <= ready_1_q;
    if (!ready_2_q) count_q <= '0;
    else if (count_q != 4'(CLOCKS)) count_q <= count_q + 4'd1;
    released_q <= ready_2_q && count_q == 4'(CLOCKS);
  end
  assign rst = !released_q;
endmodule
