// SPDX-License-Identifier: Apache-2.0
// Takes commands for the two servers out of the bytes of the link. After a zero byte (or reset) a byte with its
// top bit set is no COBS code that a message to the appliance can have: it is a command and does not go on.
// {1, server, faults 6}: these are the server's faults from now on, none if all are zero. Adds no clock.
module fault_commands (
    input logic clk,
    input logic rst,

    input logic [7:0] in_tdata,
    input logic       in_tvalid,

    output logic       out_tvalid,  // the byte is of a message
    output logic [5:0] faults_a,
    output logic [5:0] faults_b
);
  logic between_q;  // no byte of a message since the last zero
  logic command;

  assign command = in_tvalid && between_q && in_tdata[7];
  assign out_tvalid = in_tvalid && !command;

  always_ff @(posedge clk) begin
    if (out_tvalid) between_q <= in_tdata == 8'd0;
    if (command && !in_tdata[6]) faults_a <= in_tdata[5:0];
    if (command && in_tdata[6]) faults_b <= in_tdata[5:0];
    if (rst) begin
      between_q <= 1'b1;
      faults_a <= '0;
      faults_b <= '0;
    end
  end
endmodule
