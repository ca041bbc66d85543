// SPDX-License-Identifier: Apache-2.0
// Keeps a server's last LINES lines and what is known of each. A line that starts takes the slot after
// the one last taken, or the next when the raster reads that one; its facts are void from then until the line
// has ended well. So a line that can be selected is whole, and one that is read does not change.
// `found` is combinational in the clock of line select; a pixel leaves one clock after read_enable.
module line_store #(
    parameter int H_ACTIVE = 640,  // pixels
    parameter int LINES = 4        // 2..16
) (
    input logic clk,
    input logic rst,

    // from the receiver
    input logic [23:0] line_tdata,
    input logic        line_tvalid,
    input logic        line_tfirst,
    input logic        line_tlast,
    input logic        line_good,
    input logic [31:0] line_frame,
    input logic [15:0] line_number,
    input logic [31:0] line_crc,
    input logic        line_discard,
    input logic [ 7:0] line_brightest,

    // line select: is (frame, line) here?
    input  logic        line_select,
    input  logic [31:0] wanted_frame,
    input  logic [15:0] wanted_line,
    output logic        found,
    output logic [31:0] found_crc,
    output logic        found_discard,
    output logic [ 7:0] found_brightest,

    // reading: take (with line_select) holds the found line until line_end
    input  logic        take,
    input  logic        line_end,
    input  logic        read_enable,
    output logic [23:0] read_data
);
  localparam int SLOT = $clog2(LINES);
  localparam int ADDRESS = $clog2(LINES * H_ACTIVE);
  localparam logic [SLOT-1:0] LAST = SLOT'(LINES - 1);

  if (LINES < 2 || LINES > 16) $error("LINES out of range");

  // a place is never read in the clock in which it is written: what the raster reads stands still
`ifdef VERILATOR  // all that an address can name: no compare with the end on each access
  logic [23:0] memory[0:2**ADDRESS-1];
`else
  (* no_rw_check *)
  logic [23:0] memory[0:LINES*H_ACTIVE-1];
`endif

  logic [LINES-1:0] valid_q, discard_q;
  logic [32*LINES-1:0] frame_q, crc_q;
  logic [16*LINES-1:0] number_q;
  logic [8*LINES-1:0] brightest_q;

  logic [SLOT-1:0] write_slot_q;
  logic [ADDRESS-1:0] write_address_q, read_address_q;
  logic [15:0] room_q;           // pixels that the slot still takes
  logic locked_q;                // the raster reads read_slot_q, or will before it ends
  logic [SLOT-1:0] read_slot_q, found_slot;
  logic [LINES-1:0] hits;
  logic [SLOT+40:0] answer;

  function automatic logic [ADDRESS-1:0] base(input logic [SLOT-1:0] slot);
    base = ADDRESS'(32'(slot) * 32'(H_ACTIVE));
  endfunction

  function automatic logic [SLOT-1:0] after(input logic [SLOT-1:0] slot);
    after = slot == LAST ? '0 : slot + 1'b1;
  endfunction

  // the slot of a line that begins now
  function automatic logic [SLOT-1:0] next_slot(input logic [SLOT-1:0] taken, input logic locked,
                                                input logic [SLOT-1:0] read);
    next_slot = after(taken);
    if (locked && read == next_slot) next_slot = after(next_slot);
  endfunction

  // worked out under the strobes that need it: a simulation does nothing in the other clocks
  always_ff @(posedge clk) begin
    if (line_tvalid) begin : write
      logic [SLOT-1:0] slot;
      logic [ADDRESS-1:0] address;
      slot = write_slot_q;
      address = write_address_q;
      if (line_tfirst) begin
        slot = next_slot(write_slot_q, locked_q, read_slot_q);
        address = base(slot);
        write_slot_q <= slot;
        valid_q[slot] <= 1'b0;
      end
      if (line_tfirst || room_q != '0) begin
        memory[address] <= line_tdata;
        write_address_q <= address + 1'b1;
        room_q <= room_q - 16'd1;
        if (line_tfirst) room_q <= 16'(H_ACTIVE - 1);
      end
      if (line_tlast) begin : line_ends
        logic good, discard;
        logic [31:0] frame;
        logic [15:0] number;
        good = line_good;
        frame = line_frame;
        number = line_number;
        discard = line_discard;
        for (int i = 0; i < LINES; i++)  // of a doubled line the one stored last counts
          if (good && frame_q[i*32+:32] == frame && number_q[i*16+:16] == number) valid_q[i] <= 1'b0;
        for (int i = 0; i < LINES; i++)
          if (slot == SLOT'(i)) begin
            valid_q[i] <= good;
            frame_q[i*32+:32] <= frame;
            number_q[i*16+:16] <= number;
            crc_q[i*32+:32] <= line_crc;
            discard_q[i] <= discard;
            brightest_q[i*8+:8] <= line_brightest;
          end
      end
    end
    if (rst) begin
      write_slot_q <= '0;
      room_q <= '0;
      valid_q <= '0;
    end
  end

  // the found line's {slot, brightest value, discard, CRC}
  always_comb begin
    hits = '0;
    answer = '0;
    if (line_select)
      for (int i = 0; i < LINES; i++)
        if (valid_q[i] && frame_q[i*32+:32] == wanted_frame && number_q[i*16+:16] == wanted_line
            && !(line_tvalid && line_tfirst
                 && next_slot(write_slot_q, locked_q, read_slot_q) == SLOT'(i))) begin
          hits[i] = 1'b1;
          answer = {SLOT'(i), brightest_q[i*8+:8], discard_q[i], crc_q[i*32+:32]};
        end
  end
  assign found = hits != '0;
  assign {found_slot, found_brightest, found_discard, found_crc} = answer;

  always_ff @(posedge clk) begin
    if (line_end) locked_q <= 1'b0;
    if (line_select && take) begin
      locked_q <= 1'b1;
      read_slot_q <= found_slot;
      read_address_q <= base(found_slot);
    end
    if (locked_q && read_enable) begin
      read_data <= memory[read_address_q];
      read_address_q <= read_address_q + 1'b1;
    end
    if (rst) locked_q <= 1'b0;
  end

`ifdef FORMAL
  logic past_q = 1'b0;
  logic open_q;          // a line is under way
  logic [15:0] reads_q;  // pixels read of the line
  logic room;
  logic [SLOT-1:0] write_slot;
  logic [ADDRESS-1:0] write_address;
  assign room = line_tfirst || room_q != '0;
  assign write_slot = line_tfirst ? next_slot(write_slot_q, locked_q, read_slot_q) : write_slot_q;
  assign write_address = line_tfirst ? base(write_slot) : write_address_q;
  always_ff @(posedge clk) begin
    past_q <= 1'b1;
    if (line_tvalid) open_q <= !line_tlast;
    if (take) reads_q <= '0;
    else if (locked_q && read_enable) reads_q <= reads_q + 16'd1;
    if (rst) open_q <= 1'b0;
  end

  // how receiver, raster and merge use this block
  always_comb begin
    if (!past_q) assume (rst);
    if (line_tvalid) assume (line_tfirst == !open_q);
    if (take) assume (line_select && found && !locked_q && !line_end);
    if (read_enable) assume (!line_end && !line_select);
    if (locked_q && read_enable) assume (reads_q < 16'(H_ACTIVE));
  end

  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // what is being read is never written
      if (locked_q && line_tvalid && room) assert (write_slot != read_slot_q);
      // the slot and address spoken of here are those that the registers took
      if ($past(line_tvalid) && !$past(rst)) assert (write_slot_q == $past(write_slot));
      if ($past(line_tvalid && room) && !$past(rst)) assert (write_address_q == $past(write_address) + 1'b1);
      // a line that is taken is not the one that is being written
      if (take && line_tvalid && room) assert (write_slot != found_slot);
      // a pixel is written into its line's slot and into no other
      if (line_tvalid && room)
        assert (write_address >= base(write_slot) && write_address - base(write_slot) < ADDRESS'(H_ACTIVE));
      // a pixel is read from the taken line's slot and from no other
      if (locked_q && read_enable)
        assert (read_address_q >= base(read_slot_q)
                && read_address_q - base(read_slot_q) < ADDRESS'(H_ACTIVE));
      // one slot at most answers
      assert ((hits & (hits - 1'b1)) == '0);
      // what induction has to know: how the registers hang together
      assert (write_slot_q <= LAST && room_q < 16'(H_ACTIVE));
      if (open_q) assert (!valid_q[write_slot_q]);
      if (open_q && room_q != '0)
        assert (write_address_q == base(write_slot_q) + ADDRESS'(16'(H_ACTIVE) - room_q));
      if (locked_q) begin
        assert (read_slot_q <= LAST && reads_q <= 16'(H_ACTIVE));
        assert (read_address_q == base(read_slot_q) + ADDRESS'(reads_q));
        if (open_q) assert (write_slot_q != read_slot_q);
      end
      for (int i = 0; i < LINES; i++)
        for (int j = 0; j < LINES; j++)
          if (i != j)
            assert (!(valid_q[i] && valid_q[j] && frame_q[i*32+:32] == frame_q[j*32+:32]
                      && number_q[i*16+:16] == number_q[j*16+:16]));

      cover (take && open_q);
      cover (locked_q && line_tvalid && line_tfirst && read_slot_q == after(write_slot_q));
      cover (line_select && hits == '0 && valid_q != '0);
    end
`endif
endmodule
