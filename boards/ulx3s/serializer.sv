// SPDX-License-Identifier: Apache-2.0
// Ten bits a pixel clock to one pin, the lowest first, two in each clock of clk_5x. The two clocks are of one PLL:
// a word is taken in the middle of its pixel clock, found by a toggle that crosses once.
module serializer (
    input  logic       clk,
    input  logic       clk_5x,
    input  logic [9:0] word,
    output logic       pin
);
  logic toggle_q = 1'b0, toggle_1_q = 1'b0, toggle_2_q = 1'b0;
  logic [9:0] word_q, shift_q;

  always_ff @(posedge clk) begin
    toggle_q <= !toggle_q;
    word_q <= word;
  end
  always_ff @(posedge clk_5x) begin
    toggle_1_q <= toggle_q;
    toggle_2_q <= toggle_1_q;
    shift_q <= toggle_1_q != toggle_2_q ? word_q : {2'd0, shift_q[9:2]};
  end

  ODDRX1F ddr (
      .SCLK(clk_5x), .RST(1'b0), .D0(shift_q[0]), .D1(shift_q[1]), .Q(pin)
  );
endmodule
