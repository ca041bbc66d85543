// SPDX-License-Identifier: Apache-2.0
// Turns a server's pixels into lines that are known to be whole: takes the tag out of the low bits of
// a line's first 40 pixels as they pass, and both checksums, one pixel a clock. What comes in leaves two
// clocks later; with a line's last pixel its facts are valid. Takes any input: gaps, lines of any length,
// a start of frame anywhere. A line is all pixels up to and including `tlast`.
module line_receiver #(
    parameter int H_ACTIVE = 640,
    parameter int V_ACTIVE = 480
) (
    input logic clk,
    input logic rst,

    // video in (AXI4-Stream, UG934): [7:0] green, [15:8] blue, [23:16] red
    input logic [23:0] video_tdata,
    input logic        video_tvalid,
    input logic        video_tuser,
    input logic        video_tlast,

    input logic        untagged,    // whole lines in time stand for good ones
    input logic        measure,     // find the brightest value too
    input logic [31:0] next_frame,  // the frame whose line 0 is yet to be selected

    // the same pixels, two clocks later
    output logic [23:0] line_tdata,
    output logic        line_tvalid,
    output logic        line_tfirst,
    output logic        line_tlast,   // never without line_tvalid

    // facts, valid with line_tlast
    output logic        line_good,
    output logic [31:0] line_frame,
    output logic [15:0] line_number,
    output logic [31:0] line_crc,
    output logic        line_discard,
    output logic [ 7:0] line_brightest
);
  // where the tag's fields stand in its 120 bits
  localparam int FLAGS = 8, FRAME = 16, LINE = 48, PICTURE_CRC = 64;
  localparam int KEPT = PICTURE_CRC + 32;  // bits; the spare byte is nobody's, the tag's own CRC is in tag_crc_q
  localparam logic [15:0] TAG_PIXELS = 16'(understudy_pkg::LIMIT_TAG_PIXELS);

  logic [23:0] tdata_q;
  logic tvalid_q, tuser_q, tlast_q;  // first stage
  logic user_q;                      // second stage, as line_t*
  logic first_q, in_tag_q;           // the next pixel is a line's first, is one with a tag's bits
  logic [15:0] count_q;              // pixels of the line so far; stays at 2^15
  logic [31:0] crc_q;
  logic [15:0] tag_crc_q;
  logic [KEPT-1:0] tag_q;
  logic [7:0] brightest_q;

  logic seen_q;  // untagged: a start of frame has come
  logic [31:0] untagged_frame_q;
  logic [15:0] untagged_line_q;

  function automatic logic [7:0] brightest(input logic [7:0] so_far, input logic [23:0] pixel);
    brightest = so_far;
    if (pixel[7:0] > brightest) brightest = pixel[7:0];
    if (pixel[15:8] > brightest) brightest = pixel[15:8];
    if (pixel[23:16] > brightest) brightest = pixel[23:16];
  endfunction

  // whatever need not move while no pixel is on its way stands still: nothing to do in blanking
  always_ff @(posedge clk) begin
    tvalid_q <= video_tvalid;
    if (video_tvalid) begin
      tdata_q <= video_tdata;
      tuser_q <= video_tuser;
      tlast_q <= video_tlast;
    end
    if (rst) tvalid_q <= 1'b0;
  end

  always_ff @(posedge clk) begin
    line_tvalid <= tvalid_q;
    if (tvalid_q) begin : second_stage
      logic [23:0] picture;  // tag bits read as zero
      logic [31:0] crc;
      line_tdata <= tdata_q;
      line_tfirst <= first_q;
      line_tlast <= tlast_q;
      user_q <= tuser_q;
      first_q <= tlast_q;
      picture = tdata_q;
      crc = crc_q;
      if (first_q) crc = understudy_pkg::GATE_CRC32C_START;
      if (in_tag_q) begin
        picture = tdata_q & 24'hFEFEFE;
        tag_crc_q <= understudy_pkg::crc16_pixel(
            first_q ? understudy_pkg::GATE_CRC16_START : tag_crc_q,
            {tdata_q[16], tdata_q[0], tdata_q[8]});
        if (first_q || count_q < 16'(KEPT / 3)) tag_q <= {tdata_q[16], tdata_q[0], tdata_q[8], tag_q[KEPT-1:3]};
        in_tag_q <= first_q || count_q != TAG_PIXELS - 16'd1;
      end
      crc_q <= understudy_pkg::crc32c_pixel(crc, {picture[15:8], picture[7:0], picture[23:16]});
      if (measure) brightest_q <= brightest(first_q ? 8'd0 : brightest_q, picture);
      count_q <= count_q + {15'd0, !count_q[15]};
      if (first_q) count_q <= 16'd1;
      if (tlast_q) in_tag_q <= 1'b1;
      if (!measure) brightest_q <= 8'd0;
    end else line_tlast <= 1'b0;
    if (rst) begin
      line_tvalid <= 1'b0;
      line_tlast <= 1'b0;
      first_q <= 1'b1;
      in_tag_q <= 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (line_tvalid) begin
      if (user_q) begin
        seen_q <= 1'b1;
        untagged_frame_q <= next_frame;
        untagged_line_q <= {15'd0, line_tlast};
      end else if (line_tlast && untagged_line_q != 16'(V_ACTIVE))
        untagged_line_q <= untagged_line_q + 16'd1;
    end
    if (rst) begin
      seen_q <= 1'b0;
      untagged_line_q <= '0;
    end
  end

  // the facts, of the line that ends in this clock
  assign line_crc = ~crc_q;
  assign line_brightest = brightest_q;
  assign line_frame = !untagged ? tag_q[FRAME+:32] : user_q ? next_frame : untagged_frame_q;
  assign line_number = !untagged ? tag_q[LINE+:16] : user_q ? 16'd0 : untagged_line_q;
  assign line_discard = !untagged && (tag_q[FLAGS+:8] & understudy_pkg::TAG_FLAG_DISCARD) != 8'd0;
  assign line_good = count_q == 16'(H_ACTIVE) && (untagged ?
      user_q || (seen_q && untagged_line_q < 16'(V_ACTIVE))
      : tag_q[7:0] == understudy_pkg::TAG_MAGIC && tag_crc_q == understudy_pkg::GATE_CRC16_RESIDUE
        && tag_q[LINE+:16] < 16'(V_ACTIVE) && tag_q[PICTURE_CRC+:32] == ~crc_q);
endmodule
