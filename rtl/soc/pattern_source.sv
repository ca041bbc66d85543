// SPDX-License-Identifier: Apache-2.0
// A still picture of stripes without tags, in step with the raster: what the self test puts to both inputs. Line y is sent two lines
// before the raster shows it. One clock behind h, v.
module pattern_source #(
    parameter int H_ACTIVE = 640,
    parameter int V_ACTIVE = 480,
    parameter int V_TOTAL = 525
) (
    input logic clk,
    input logic rst,

    input logic [15:0] h,
    input logic [15:0] v,

    output logic [23:0] tdata,
    output logic        tvalid,
    output logic        tuser,
    output logic        tlast
);
  localparam logic [15:0] LEAD = 16'(understudy_pkg::LIMIT_SOURCE_LEAD_LINES);
  logic [15:0] line;
  assign line = v >= 16'(V_TOTAL) - LEAD ? v - (16'(V_TOTAL) - LEAD) : v + LEAD;

  always_ff @(posedge clk) begin
    tvalid <= h < 16'(H_ACTIVE) && line < 16'(V_ACTIVE) && !rst;
    tuser <= h == '0 && line == '0;
    tlast <= h == 16'(H_ACTIVE - 1);
    tdata <= {h[7:0], h[7:0] ^ line[7:0], line[6:0], 1'b1};
  end
endmodule
