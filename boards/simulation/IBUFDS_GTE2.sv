// SPDX-License-Identifier: Apache-2.0
// Xilinx' 7-series clock input of a transceiver for lint.
module IBUFDS_GTE2 (
    input  logic I, IB, CEB,
    output logic O, ODIV2
);
  assign {O, ODIV2} = {2{I}};
endmodule
