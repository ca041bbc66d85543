// SPDX-License-Identifier: Apache-2.0
// Xilinx' 7-series output of two bits a clock for lint: what it does with a constant pair, no more.
module ODDR (
    input  logic C, CE, D1, D2, R, S,
    output logic Q
);
  assign Q = C ? D1 : D2;
endmodule
