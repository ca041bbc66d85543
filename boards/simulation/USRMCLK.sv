// SPDX-License-Identifier: Apache-2.0
// ECP5's way to the configuration flash's clock pin: the user's clock, unless it is held back. Written after Lattice's description
// of the primitive, for lint.
module USRMCLK (
    input logic USRMCLKI,
    input logic USRMCLKTS
);
  logic unused;
  assign unused = USRMCLKI && !USRMCLKTS;
endmodule
