// SPDX-License-Identifier: Apache-2.0
// Two servers that play the same moving pattern with line tags, and have faults. Line y is sent one line before the
// raster shows it. A line's checksum stands in its tag, before its picture: so each line is rehearsed, one line
// time ahead, by a second copy of the pattern (a function of place and frame) into the checksum.
// One clock from h, v to the streams.
module pattern_servers #(
    parameter int H_ACTIVE = 320,  // 128..320
    parameter int H_TOTAL = 400,   // at least H_ACTIVE + 80
    parameter int V_ACTIVE = 480,
    parameter int V_TOTAL = 525
) (
    input logic clk,
    input logic rst,

    // the gate's raster
    input logic [15:0] h,
    input logic [15:0] v,
    input logic [15:0] next_line,  // the one after v

    // A low: each server's {not read here, discard, corrupt, black, freeze, cable}
    input logic [11:0] faults,

    output logic [47:0] tdata,  // {red, blue, green}
    output logic [ 1:0] tvalid,
    output logic [ 1:0] tuser,
    output logic [ 1:0] tlast
);
  localparam int CABLE = 0, FREEZE = 1, BLACK = 2, CORRUPT = 3, DISCARD = 4;
  localparam logic [15:0] REHEARSAL = 16'd64;  // h of its first pixel: a line's tag has left by then
  localparam logic [15:0] CRC_AT = 16'd34;     // the pixel in which the tag's own checksum begins, with its last bit
  localparam logic [15:0] CORRUPT_AT = 16'd100;

  if (H_TOTAL < H_ACTIVE + 80 || H_ACTIVE < 128 || H_ACTIVE > 320) $error("H_ACTIVE, H_TOTAL out of range");

  /// {red, blue, green}: stripes that walk over a weave
  function automatic logic [23:0] pattern(input logic [7:0] x, input logic [8:0] y, input logic [7:0] k);
    pattern = {x ^ y[7:0], y[8:1], x + k};
  endfunction

  /// CRC-32C of a black line.
  function automatic logic [31:0] black_line(input int pixels);
    logic [31:0] c;
    c = understudy_pkg::GATE_CRC32C_START;
    for (int i = 0; i < pixels; i++) c = understudy_pkg::crc32c_pixel_plain(c, 24'd0);
    black_line = ~c;
  endfunction
  localparam logic [31:0] BLACK_CRC = black_line(H_ACTIVE);

  // --- what is sent: frame_q's lines, from one line before its line 0 until its last ---------------------
  logic [31:0] frame_q, frozen_q;  // frozen_q: the frame that a frozen server repeats
  logic sends;
  assign sends = h < 16'(H_ACTIVE) && next_line < 16'(V_ACTIVE);

  always_ff @(posedge clk) begin
    if (h == '0 && v == 16'(V_TOTAL - 2)) frame_q <= frame_q + 32'd1;
    if (!faults[FREEZE] && !faults[6+FREEZE]) frozen_q <= frame_q;
    if (rst) frame_q <= '1;
  end

  // --- the rehearsal -----------------------------------------------------------------------------------------
  logic [8:0] rehearsed_line;
  logic [15:0] rehearsed_x;
  logic [31:0] crc_q;
  logic [23:0] rehearsed;

  assign rehearsed_line = next_line == 16'(V_TOTAL - 1) ? 9'd0 : next_line[8:0] + 9'd1;
  assign rehearsed_x = h - REHEARSAL;
  always_comb begin
    rehearsed = pattern(rehearsed_x[7:0], rehearsed_line, frame_q[7:0]);
    if (rehearsed_x < 16'(understudy_pkg::LIMIT_TAG_PIXELS)) rehearsed = rehearsed & 24'hFEFEFE;
  end

  always_ff @(posedge clk)
    if (h == REHEARSAL - 16'd1) crc_q <= understudy_pkg::GATE_CRC32C_START;
    else if (h >= REHEARSAL && h < REHEARSAL + 16'(H_ACTIVE))
      crc_q <= understudy_pkg::crc32c_pixel(crc_q, {rehearsed[15:8], rehearsed[7:0], rehearsed[23:16]});

  // --- tags: three bits a pixel, blue's first, then green, red ----------------------------------------------
  localparam int FRAME = 16, LINE = 48, PICTURE_CRC = 64;
  logic [understudy_pkg::TAG_BITS-1:0] word, frozen_word;
  logic [2:0] bits, frozen_bits, black_bits;
  logic in_frame, in_crc;

  /// The bits of one pixel.
  function automatic logic [2:0] slice(input logic [understudy_pkg::TAG_BITS-1:0] all, input logic [5:0] pixel);
    logic [63:0] blue, green, red;
    blue = '0;
    green = '0;
    red = '0;
    for (int i = 0; i < understudy_pkg::LIMIT_TAG_PIXELS; i++) {red[i], green[i], blue[i]} = all[3*i+:3];
    slice = {red[pixel], green[pixel], blue[pixel]};
  endfunction

  always_comb begin
    word = '0;
    word[7:0] = understudy_pkg::TAG_MAGIC;
    word[FRAME+:32] = frame_q;
    word[LINE+:9] = next_line[8:0];
    word[PICTURE_CRC+:32] = ~crc_q;
    frozen_word = word;
    frozen_word[FRAME+:32] = frozen_q;
    bits = slice(word, h[5:0]);
    frozen_bits = slice(frozen_word, h[5:0]);
    word[PICTURE_CRC+:32] = BLACK_CRC;
    black_bits = slice(word, h[5:0]);
    in_frame = h[5:0] <= 6'((FRAME + 32) / 3);
    in_crc = h[5:0] >= 6'(PICTURE_CRC / 3);
  end

  // --- the streams ------------------------------------------------------------------------------------------------
  logic [23:0] picture;
  logic in_tag;
  assign picture = pattern(h[7:0], next_line[8:0], frame_q[7:0]);
  assign in_tag = h < 16'(understudy_pkg::LIMIT_TAG_PIXELS);

  /// CRC-16 after the last two bits of the spare byte, which are zero.
  function automatic logic [15:0] after_spare(input logic [15:0] crc);
    after_spare = crc;
    for (int i = 0; i < 2; i++)
      after_spare = {1'b0, after_spare[15:1]} ^ (after_spare[0] ? understudy_pkg::GATE_CRC16_POLYNOMIAL : 16'd0);
  endfunction

  for (genvar s = 0; s < 2; s++) begin : g_server
    logic [15:0] tag_crc_q, tag_crc, tag_crc_whole;
    logic [2:0] tag;
    logic [23:0] pixel;

    always_comb begin
      tag_crc = h == '0 ? understudy_pkg::GATE_CRC16_START : tag_crc_q;
      tag_crc_whole = after_spare(tag_crc);
      tag = bits;
      if (faults[6*s+FREEZE] && in_frame) tag = frozen_bits;
      if (faults[6*s+BLACK] && in_crc) tag = black_bits;
      if (h[5:0] == 6'd2) tag[2] = faults[6*s+DISCARD];
      if (h[5:0] == 6'(CRC_AT)) tag = {!tag_crc_whole[0], 2'b00};
      if (h[5:0] > 6'(CRC_AT)) tag = ~tag_crc[2:0];
      pixel = faults[6*s+BLACK] ? 24'd0 : picture;
      if (in_tag) {pixel[16], pixel[0], pixel[8]} = tag;
      if (faults[6*s+CORRUPT] && h == CORRUPT_AT) pixel[7] = !pixel[7];
    end

    always_ff @(posedge clk) begin
      tdata[24*s+:24] <= pixel;
      tvalid[s] <= sends && !faults[6*s+CABLE] && !rst;
      tuser[s] <= h == '0 && next_line == '0;
      tlast[s] <= h == 16'(H_ACTIVE - 1);
      if (h[5:0] < 6'(CRC_AT)) tag_crc_q <= understudy_pkg::crc16_pixel(tag_crc, tag);
      else if (h[5:0] == 6'(CRC_AT)) tag_crc_q <= tag_crc_whole >> 1;
      else tag_crc_q <= tag_crc_q >> 3;
    end
  end
endmodule
