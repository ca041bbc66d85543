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
    output logic        line_tlast,

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
  localparam logic [15:0] TAG_PIXELS = 16'(understudy_pkg::LIMIT_TAG_PIXELS);

  logic [23:0] tdata_q;
  logic tvalid_q, tuser_q, tlast_q;  // first stage
  logic user_q;                      // second stage, as line_t*
  logic idle_q;                      // the next pixel is a line's first
  logic [15:0] count_q;              // pixels of the line so far; stays at H_ACTIVE + 1
  logic [31:0] crc_q;
  logic [15:0] tag_crc_q;
  logic [understudy_pkg::TAG_BITS-1:0] tag_q;
  logic [7:0] brightest_q;

  logic seen_q;  // untagged: a start of frame has come
  logic [31:0] untagged_frame_q;
  logic [15:0] untagged_line_q, untagged_line;

  logic tag_right, in_tag;
  logic [23:0] picture;  // tag bits read as zero
  logic [7:0] brighter;

  assign in_tag = idle_q || count_q < TAG_PIXELS;
  assign picture = in_tag ? tdata_q & 24'hFEFEFE : tdata_q;

  always_comb begin
    brighter = 8'd0;
    if (measure) begin
      if (!idle_q) brighter = brightest_q;
      if (picture[7:0] > brighter) brighter = picture[7:0];
      if (picture[15:8] > brighter) brighter = picture[15:8];
      if (picture[23:16] > brighter) brighter = picture[23:16];
    end
  end

  always_ff @(posedge clk) begin
    tvalid_q <= video_tvalid;
    tdata_q <= video_tdata;
    tuser_q <= video_tuser;
    tlast_q <= video_tlast;

    line_tvalid <= tvalid_q;
    if (tvalid_q) begin
      line_tdata <= tdata_q;
      line_tfirst <= idle_q;
      line_tlast <= tlast_q;
      user_q <= tuser_q;
      idle_q <= tlast_q;
      count_q <= idle_q ? 16'd1 : count_q > 16'(H_ACTIVE) ? count_q : count_q + 16'd1;
      crc_q <= understudy_pkg::crc32c_pixel(
          idle_q ? understudy_pkg::GATE_CRC32C_START : crc_q,
          {picture[15:8], picture[7:0], picture[23:16]});
      if (in_tag) begin
        tag_crc_q <= understudy_pkg::crc16_pixel(
            idle_q ? understudy_pkg::GATE_CRC16_START : tag_crc_q,
            {tdata_q[16], tdata_q[0], tdata_q[8]});
        tag_q <= {tdata_q[16], tdata_q[0], tdata_q[8], tag_q[understudy_pkg::TAG_BITS-1:3]};
      end
      brightest_q <= brighter;
    end

    if (line_tvalid && user_q) begin
      seen_q <= 1'b1;
      untagged_frame_q <= next_frame;
      untagged_line_q <= 16'd0;
    end
    if (line_tvalid && line_tlast && untagged_line < 16'(V_ACTIVE))
      untagged_line_q <= untagged_line + 16'd1;

    if (rst) begin
      tvalid_q <= 1'b0;
      line_tvalid <= 1'b0;
      line_tlast <= 1'b0;
      idle_q <= 1'b1;
      count_q <= '0;
      seen_q <= 1'b0;
      untagged_line_q <= '0;
    end
  end

  assign untagged_line = user_q ? 16'd0 : untagged_line_q;

  // the facts, worked out in the last pixel's clock only
  always_comb begin
    tag_right = 1'b0;
    line_good = 1'b0;
    line_frame = '0;
    line_number = '0;
    line_crc = '0;
    line_discard = 1'b0;
    line_brightest = '0;
    if (line_tvalid && line_tlast) begin
      tag_right = tag_q[7:0] == understudy_pkg::TAG_MAGIC
          && tag_crc_q == understudy_pkg::GATE_CRC16_RESIDUE;
      line_crc = ~crc_q;
      line_brightest = brightest_q;
      if (untagged) begin
        line_frame = user_q ? next_frame : untagged_frame_q;
        line_number = untagged_line;
      end else begin
        line_frame = tag_q[FRAME+:32];
        line_number = tag_q[LINE+:16];
        line_discard = (tag_q[FLAGS+:8] & understudy_pkg::TAG_FLAG_DISCARD) != 8'd0;
      end
      line_good = count_q == 16'(H_ACTIVE) && line_number < 16'(V_ACTIVE)
          && (untagged ? seen_q || user_q : tag_right && tag_q[PICTURE_CRC+:32] == line_crc);
    end
  end
endmodule
