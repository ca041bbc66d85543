// SPDX-License-Identifier: Apache-2.0
// All that the deciding half sees of the rest, one clock later, in registers on that half's own clock: so
// nothing of it works in a clock in which awake_clk stays low (README, "The half that sleeps"). Strobes, stamps
// and facts are delayed alike; an event still carries the clock in which it happened.
module control_inputs #(
    parameter int WIDTH = 1
) (
    input logic clk,

    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  always_ff @(posedge clk) out <= in;
endmodule
