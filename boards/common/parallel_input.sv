// SPDX-License-Identifier: Apache-2.0
// Parallel video (pixel, data enable, vertical sync) to the gate's stream: the first pixel after a vertical sync
// starts a frame; a line ends where data enable ends, so a pixel is held until it is known whether another follows.
// A pixel leaves two clocks after it came. One clock: the source's.
module parallel_input (
    input logic clk,
    input logic rst,

    input logic [23:0] pixel,   // {red, green, blue}
    input logic        enable,  // pixel is one of the picture
    input logic        vsync,   // high in sync

    output logic [23:0] tdata,  // {red, blue, green}: UG934's order
    output logic        tvalid,
    output logic        tuser,
    output logic        tlast
);
  logic [23:0] pixel_q;
  logic enable_q, start_q;  // start_q: a sync has been since the last pixel

  always_ff @(posedge clk) begin
    pixel_q <= {pixel[23:16], pixel[7:0], pixel[15:8]};
    enable_q <= enable;
    if (vsync) start_q <= 1'b1;
    else if (enable_q) start_q <= 1'b0;
    tdata <= pixel_q;
    tvalid <= enable_q;
    tuser <= enable_q && start_q;
    tlast <= enable_q && !enable;
    if (rst) begin
      enable_q <= 1'b0;
      start_q <= 1'b0;
      tvalid <= 1'b0;
      tuser <= 1'b0;
      tlast <= 1'b0;
    end
  end
endmodule
