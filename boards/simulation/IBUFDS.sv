// SPDX-License-Identifier: Apache-2.0
// Xilinx' differential input for lint.
module IBUFDS (
    input  logic I, IB,
    output logic O
);
  assign O = I;
endmodule
