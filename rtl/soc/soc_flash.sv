// SPDX-License-Identifier: Apache-2.0
// The board's SPI flash (mode 0, half the clock) as memory, read a word at a time, and byte by byte for the firmware. The word after the
// last one fetched costs 64 clocks, any other 136. After reset the flash is told to wake: the configuration
// leaves it asleep. While the firmware has selected the flash it must not be read as memory: that ends the selection.
module soc_flash #(
    parameter logic [23:0] IMAGE = 24'h10_0000,  // where in the flash address 0 is
    parameter int WAKE = 1024                    // clocks from waking to the first read, a power of two
) (
    input logic clk,
    input logic rst,

    // as memory
    input  logic        valid,
    input  logic        sequential,  // the word after the last one that was so read, or `valid` of one that need not be
    input  logic        fetch,       // of the words that `sequential` speaks of
    input  logic [23:0] addr,        // of a word
    output logic        ready,
    output logic [31:0] rdata,       // with ready

    // byte by byte
    input  logic       select,       // strobe: take select_to
    input  logic       select_to,
    input  logic       byte_valid,
    input  logic [7:0] byte_out,
    output logic       byte_ready,
    output logic [7:0] byte_in,      // of the last one

    output logic cs_n,
    output logic sck,
    output logic mosi,
    input  logic miso
);
  localparam int COUNT = $clog2(WAKE);
  localparam logic [7:0] COMMAND_READ = 8'h03, COMMAND_WAKE = 8'hAB;
  localparam int GAP = 8;  // clocks not selected between two commands

  typedef enum logic [2:0] {
    ASLEEP,   // WAKE clocks pass
    WAKING,   // the command is sent
    IDLE,
    ADDRESS,  // command and address are sent
    DATA,     // a word comes
    APART,    // GAP clocks pass
    BYTE      // the firmware's
  } state_t;

  state_t state_q;
  logic woken_q;
  logic open_q;          // selected, and the next bits are those of the word after the last one fetched
  logic [31:0] shift_q;
  logic [COUNT-1:0] count_q;  // bits to go less one, or clocks
  logic in_q, over;

  assign mosi = shift_q[31];
  assign rdata = {shift_q[7:0], shift_q[15:8], shift_q[23:16], shift_q[31:24]};
  assign byte_in = shift_q[7:0];
  assign over = sck && count_q == '0;

  always_ff @(posedge clk) begin
    ready <= 1'b0;
    byte_ready <= 1'b0;
    case (state_q)
      WAKING, ADDRESS, DATA, BYTE: begin
        sck <= !sck;
        if (sck) begin
          shift_q <= {shift_q[30:0], in_q};
          count_q <= count_q - 1'b1;
        end else in_q <= miso;
      end
      default: count_q <= count_q - 1'b1;
    endcase
    case (state_q)
      ASLEEP:
        if (count_q == '0) begin
          state_q <= woken_q ? IDLE : WAKING;
          cs_n <= woken_q;
          shift_q <= {COMMAND_WAKE, 24'd0};
          count_q <= COUNT'(7);
        end
      WAKING:
        if (over) begin
          state_q <= ASLEEP;
          woken_q <= 1'b1;
          cs_n <= 1'b1;
          count_q <= '1;
        end
      IDLE:
        if (valid && !ready) begin
          open_q <= fetch;
          if (open_q && fetch && sequential) begin
            state_q <= DATA;
            count_q <= COUNT'(31);
          end else begin
            state_q <= APART;
            cs_n <= 1'b1;
            count_q <= COUNT'(GAP - 1);
          end
        end else if (select) begin
          cs_n <= !select_to;
          open_q <= 1'b0;
        end else if (byte_valid && !byte_ready) begin
          state_q <= BYTE;
          shift_q[31:24] <= byte_out;
          count_q <= COUNT'(7);
        end
      APART:
        if (count_q == '0) begin
          state_q <= ADDRESS;
          cs_n <= 1'b0;
          shift_q <= {COMMAND_READ, addr + IMAGE};
          count_q <= COUNT'(31);
        end
      ADDRESS:
        if (over) begin
          state_q <= DATA;
          count_q <= COUNT'(31);
        end
      DATA:
        if (over) begin
          state_q <= IDLE;
          ready <= 1'b1;
        end
      default:
        if (over) begin
          state_q <= IDLE;
          byte_ready <= 1'b1;
        end
    endcase
    if (rst) begin
      state_q <= ASLEEP;
      woken_q <= 1'b0;
      open_q <= 1'b0;
      count_q <= COUNT'(GAP - 1);
      cs_n <= 1'b1;
      sck <= 1'b0;
      ready <= 1'b0;
      byte_ready <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);
  // who asks waits for the answer, and asks for one thing at a time
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      if ($past(valid && !ready)) assume (valid && addr == $past(addr) && fetch == $past(fetch) && sequential == $past(sequential));
      if ($past(byte_valid && !byte_ready)) assume (byte_valid && byte_out == $past(byte_out));
    end
  always_comb assume (!(valid && byte_valid) && !(valid && select) && !(byte_valid && select));

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // the clock stands low between transfers, and runs only while the flash is selected, but for bytes that the firmware sends to none
      if (state_q == ASLEEP || state_q == IDLE || state_q == APART) assert (!sck);
      if (sck && state_q != BYTE) assert (!cs_n);
      // after reset the flash is woken before anything else
      if (!woken_q) assert (state_q == ASLEEP || state_q == WAKING);
      if (state_q == WAKING) assert (!cs_n && !woken_q);
      // a word answers who asks for one, at the end of 32 bits that came behind a read
      if (ready) assert (valid && $past(state_q == DATA && over));
      if (byte_ready) assert (byte_valid && $past(state_q == BYTE && over));
      if (state_q == ADDRESS || state_q == DATA) assert (valid && !cs_n);
      if (state_q == APART) assert (valid);
      if (state_q == BYTE) assert (byte_valid);
      if (ready || byte_ready) assert (state_q == IDLE && !(ready && byte_ready));
      if (open_q && (state_q == IDLE || state_q == BYTE)) assert (!cs_n);
      if (state_q == ASLEEP || state_q == WAKING) assert (!open_q);
      // it counts eight bits of a byte, thirty-two of a word
      if (state_q == WAKING || state_q == BYTE) assert (count_q <= COUNT'(7));
      if (state_q == ADDRESS || state_q == DATA) assert (count_q <= COUNT'(31));
      assert (state_q <= BYTE);
      cover (woken_q);
    end
  always_ff @(posedge clk)
    if (past_q && !rst && !$past(rst)) begin
      // what is sent changes only where the clock falls or nothing is selected
      if (!cs_n && !$past(cs_n) && $past(!sck) && sck) assert (mosi == $past(mosi));
      // a word that follows on is taken only from a flash that was left open by a fetch
      if ($past(state_q == IDLE) && state_q == DATA) assert ($past(open_q && sequential && fetch && !cs_n));
    end
`endif
endmodule
