// SPDX-License-Identifier: Apache-2.0
// One channel of DVI 1.0: a byte to ten bits with few edges and, over time, as many ones as zeros (section 3.2),
// or one of four words of control in blanking. Two clocks from input to output.
module tmds_encoder (
    input logic clk,
    input logic rst,

    input logic [7:0] data,
    input logic [1:0] control,  // in blanking: for blue {vsync, hsync}
    input logic       enable,   // data is a pixel's

    output logic [9:0] word  // the lowest bit goes first
);
  logic [8:0] few, few_q;      // few edges: each bit beside its neighbour, [8] by exclusive or (1) or nor (0)
  logic [3:0] ones, ones_q;
  logic enable_q;
  logic [1:0] control_q;
  logic signed [4:0] balance_q;  // ones sent too many
  logic signed [4:0] excess;     // ones above zeros in few_q[7:0]
  logic invert, even;

  function automatic logic [3:0] count(input logic [7:0] bits);
    count = '0;
    for (int i = 0; i < 8; i++) count = count + {3'd0, bits[i]};
  endfunction

  always_comb begin
    ones = count(data);
    few[8] = !(ones > 4'd4 || (ones == 4'd4 && !data[0]));
    few[7:0] = data;
    for (int i = 1; i < 8; i++)  // bit i: exclusive or (or nor) of all up to it
      few[i] = ^(data & (8'hFF >> (7 - i))) ^ (!few[8] && (i & 1) == 1);
  end

  assign ones_q = count(few_q[7:0]);
  assign excess = signed'({ones_q, 1'b0}) - 5'sd8;
  assign even = balance_q == 5'sd0 || excess == 5'sd0;
  assign invert = even ? !few_q[8] : balance_q[4] == excess[4];

  always_ff @(posedge clk) begin
    few_q <= few;
    enable_q <= enable;
    control_q <= control;
    if (enable_q) begin
      word <= {invert, few_q[8], few_q[7:0] ^ {8{invert}}};
      if (even) balance_q <= invert ? balance_q - excess : balance_q + excess;
      else if (invert) balance_q <= balance_q - excess + (few_q[8] ? 5'sd2 : 5'sd0);
      else balance_q <= balance_q + excess - (few_q[8] ? 5'sd0 : 5'sd2);
    end else begin
      balance_q <= '0;
      case (control_q)
        2'd0: word <= 10'b1101010100;
        2'd1: word <= 10'b0010101011;
        2'd2: word <= 10'b0101010100;
        default: word <= 10'b1010101011;
      endcase
    end
    if (rst) balance_q <= '0;
  end
endmodule
