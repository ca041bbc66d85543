// SPDX-License-Identifier: Apache-2.0
// The reference of time: counts clocks, lines and frames and never stops. Two strobes drive everything
// else: `boundary` (the frame just sent is judged, frame number grows) and, later, `line_select` (the source of
// the next active line is chosen). Both are combinational from the counters.
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
    output logic [15:0] select_line,  // the line that is selected
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

  assign boundary = h == 16'(H_ACTIVE) && v == V_LAST;
  assign line_select = h == 16'(H_TOTAL - 8) && (v == V_LAST || v < 16'(V_ACTIVE - 1));
  assign select_line = v == V_LAST ? 16'd0 : v + 16'd1;
  assign line_end = h == 16'(H_ACTIVE);
  assign line_active = v < 16'(V_ACTIVE);
  assign active = h < 16'(H_ACTIVE) && line_active;
  assign hsync = h >= 16'(H_SYNC_START) && h < 16'(H_SYNC_END);
  assign vsync = v >= 16'(V_SYNC_START) && v < 16'(V_SYNC_END);

  always_ff @(posedge clk) begin
    clock <= clock + 48'd1;
    h <= h + 16'd1;
    if (h == H_LAST) begin
      h <= '0;
      v <= v == V_LAST ? 16'd0 : v + 16'd1;
    end
    if (boundary) frame <= frame + 32'd1;
    if (line_select && v == V_LAST) next_frame <= frame + 32'd1;
    if (rst) begin
      clock <= '0;
      h <= '0;
      v <= 16'(V_TOTAL - 4);
      frame <= '1;
      next_frame <= '0;
    end
  end
endmodule
