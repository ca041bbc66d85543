// SPDX-License-Identifier: Apache-2.0
// One server's parallel video pins to the gate's stream: registers at the pins in the server's clock, frames and
// lines found there, then across into the gate's clock. `dropped` stays once a pixel found the crossing full.
module source_input (
    // the server's clock
    input logic        source_clk,
    input logic [23:0] pixel,       // {red, green, blue}
    input logic        enable,
    input logic        vsync,

    // the gate's
    input  logic        clk,
    input  logic        rst,
    output logic [23:0] tdata,
    output logic        tvalid,
    output logic        tuser,
    output logic        tlast,
    output logic        dropped
);
  logic source_rst, enable_q, vsync_q, in_tvalid, in_tuser, in_tlast, overflow;
  logic over_q, over_1_q;  // over_q is in the server's clock
  logic [23:0] pixel_q, in_tdata;

  reset_hold source_reset (.clk(source_clk), .ready(!rst), .rst(source_rst));

  always_ff @(posedge source_clk) begin
    pixel_q <= pixel;
    enable_q <= enable;
    vsync_q <= vsync;
    if (overflow) over_q <= 1'b1;
    if (source_rst) over_q <= 1'b0;
  end

  parallel_input parallel_input (
      .clk(source_clk), .rst(source_rst), .pixel(pixel_q), .enable(enable_q), .vsync(vsync_q),
      .tdata(in_tdata), .tvalid(in_tvalid), .tuser(in_tuser), .tlast(in_tlast)
  );
  video_crossing video_crossing (
      .write_clk(source_clk), .write_rst(source_rst),
      .in_tdata, .in_tvalid, .in_tuser, .in_tlast, .overflow,
      .read_clk(clk), .read_rst(rst),
      .out_tdata(tdata), .out_tvalid(tvalid), .out_tuser(tuser), .out_tlast(tlast)
  );

  always_ff @(posedge clk) begin
    over_1_q <= over_q;
    dropped <= over_1_q;
  end
endmodule
