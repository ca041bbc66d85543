// SPDX-License-Identifier: Apache-2.0
// The reference of time: counts clocks, lines and frames and never stops. Two strobes drive everything
// else: `boundary` (the frame just sent is judged, frame number grows) and, later, `line_select` (the source of
// the next active line is chosen). Both are registers.
module raster #(
    parameter int H_ACTIVE = 640,      // pixels, 40..4096
    parameter int H_TOTAL = 800,       // clocks a line, at least H_ACTIVE + 24
    parameter int H_SYNC_START = 656,  // first clock of horizontal sync
    parameter int H_SYNC_END = 752,    // first clock after it
    parameter int V_ACTIVE = 480,      // lines, 1..2304
    parameter int V_TOTAL = 525,       // lines a frame, at least V_ACTIVE + 4
    parameter int V_SYNC_START = 490,
    parameter int V_SYNC_END = 492
) (
    input logic clk,
    input logic rst,

    output logic [15:0] h,            // 0..H_TOTAL-1
    output logic [15:0] v,            // 0..V_TOTAL-1
    output logic [31:0] frame,        // its boundary belongs to the frame just sent
    output logic [31:0] next_frame,   // the frame whose line 0 is yet to be selected
    output logic [47:0] clock,        // clocks since reset

    output logic        boundary,
    output logic        line_select,
    output logic [15:0] select_line,  // the line that is selected: the one after v
    output logic        line_end,     // strobe: the clock after the last pixel of a line was read

    output logic active,  // h, v is a pixel
    output logic hsync,   // high in sync
    output logic vsync
);
  localparam logic [15:0] H_LAST = 16'(H_TOTAL - 1);
  localparam logic [15:0] V_LAST = 16'(V_TOTAL - 1);

  if (H_ACTIVE < understudy_pkg::LIMIT_TAG_PIXELS || H_ACTIVE > understudy_pkg::LIMIT_WIDTH_MAX)
    $error("H_ACTIVE out of range");
  if (H_TOTAL < H_ACTIVE + 24) $error("H_TOTAL out of range");
  if (V_ACTIVE < 1 || V_ACTIVE > understudy_pkg::LIMIT_HEIGHT_MAX) $error("V_ACTIVE out of range");
  if (V_TOTAL < V_ACTIVE + 4) $error("V_TOTAL out of range");

  logic line_active;  // v is an active line

  assign active = h < 16'(H_ACTIVE) && line_active;
  assign hsync = h >= 16'(H_SYNC_START) && h < 16'(H_SYNC_END);

  // what stands for a line changes where v does, the strobes are found out one clock ahead: little to do a clock
  always_ff @(posedge clk) begin
    clock <= clock + 48'd1;
    line_end <= h == 16'(H_ACTIVE - 1);
    boundary <= h == 16'(H_ACTIVE - 1) && v == V_LAST;
    line_select <= h == 16'(H_TOTAL - 9) && (v == V_LAST || v < 16'(V_ACTIVE - 1));
    h <= h + 16'd1;
    if (h == H_LAST) begin
      h <= '0;
      v <= select_line;
      select_line <= select_line == V_LAST ? 16'd0 : select_line + 16'd1;
      line_active <= select_line < 16'(V_ACTIVE);
      vsync <= select_line >= 16'(V_SYNC_START) && select_line < 16'(V_SYNC_END);
    end
    if (rst) begin
      clock <= '0;
      line_end <= 1'b0;
      boundary <= 1'b0;
      line_select <= 1'b0;
      h <= '0;
      v <= 16'(V_TOTAL - 4);
      select_line <= 16'(V_TOTAL - 3);
      line_active <= 1'b0;
      vsync <= V_TOTAL - 4 >= V_SYNC_START && V_TOTAL - 4 < V_SYNC_END;
    end
  end

  always_ff @(posedge clk) begin
    if (boundary) frame <= frame + 32'd1;
    if (line_select && v == V_LAST) next_frame <= frame + 32'd1;
    if (rst) begin
      frame <= '1;
      next_frame <= '0;
    end
  end
endmodule
