// SPDX-License-Identifier: Apache-2.0
// The ECP5's output register for both edges, for lint: D0 while the clock is high, D1 while it is low.
module ODDRX1F (
    input  logic SCLK, RST, D0, D1,
    output logic Q
);
  logic [1:0] bits_q;
  always_ff @(posedge SCLK) bits_q <= RST ? 2'd0 : {D1, D0};
  assign Q = SCLK ? bits_q[0] : bits_q[1];
endmodule
