// SPDX-License-Identifier: Apache-2.0
// One access at a time from PCIe's clock to the gate's and back: a level goes over, the answer's level comes back, both fall
// again; address and data stand still meanwhile, so only the two levels need flip-flops of their own. PCIe's clock stops and
// starts with the slot, the gate's does not care: nothing there waits. If the gate does not answer in PATIENCE clocks (it is
// in reset, or has no clock) the access has failed, and the next one waits until the answer's level has fallen.
// About three clocks of each side an access. A reset of either side must last five clocks of the slower one.
module word_crossing #(
    parameter int PATIENCE = 255  // 15..255
) (
    // PCIe's clock
    input  logic        host_clk,
    input  logic        host_rst,
    input  logic        host_valid,   // level, with what follows, until host_done
    input  logic        host_write,
    input  logic [11:0] host_address,
    input  logic [31:0] host_wdata,
    output logic        host_done,    // strobe
    output logic        host_failed,  // with it: nobody answered
    output logic [31:0] host_rdata,

    // gate's clock
    input  logic        clk,
    input  logic        rst,
    output logic        access,       // strobe
    output logic        write,
    output logic [11:0] address,
    output logic [31:0] wdata,
    input  logic        done,         // strobe
    input  logic [31:0] rdata         // stands until the next access
);
  if (PATIENCE < 15 || PATIENCE > 255) $error("PATIENCE out of range");

  logic ask_q, answer_1_q, answer_2_q;  // PCIe's clock
  logic answer_q, ask_1_q, ask_2_q, ask_3_q;  // gate's clock
  logic [7:0] wait_q;
  logic begins;

  assign begins = host_valid && !host_done && !ask_q && !answer_2_q;
  always_ff @(posedge host_clk) begin
    answer_1_q <= answer_q;
    answer_2_q <= answer_1_q;
    host_done <= 1'b0;
    wait_q <= host_valid && !host_done ? wait_q + 8'd1 : '0;
    if (begins) begin
      ask_q <= 1'b1;
      write <= host_write;
      address <= host_address;
      wdata <= host_wdata;
    end
    if (ask_q && answer_2_q) begin
      ask_q <= 1'b0;
      host_done <= 1'b1;
      host_failed <= 1'b0;
      host_rdata <= rdata;
    end else if (host_valid && !host_done && wait_q == 8'(PATIENCE)) begin
      ask_q <= 1'b0;
      host_done <= 1'b1;
      host_failed <= 1'b1;
    end
    if (host_rst) begin
      ask_q <= 1'b0;
      answer_1_q <= 1'b0;
      answer_2_q <= 1'b0;
      host_done <= 1'b0;
      wait_q <= '0;
    end
  end

  always_ff @(posedge clk) begin
    ask_1_q <= ask_q;
    ask_2_q <= ask_1_q;
    ask_3_q <= ask_2_q;
    access <= ask_2_q && !ask_3_q;
    if (done) answer_q <= 1'b1;
    if (!ask_2_q) answer_q <= 1'b0;
    if (rst) begin
      ask_1_q <= 1'b0;
      ask_2_q <= 1'b0;
      ask_3_q <= 1'b0;
      access <= 1'b0;
      answer_q <= 1'b0;
    end
  end
endmodule
