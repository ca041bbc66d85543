// SPDX-License-Identifier: Apache-2.0
// Power and reset relays of both servers, with the interlock: whatever the core writes, no relay of the server on air is closed, in
// no clock. A press ends by itself after its milliseconds, also when the core has died; one relay at a time. A press that meets
// the interlock, at its start or while it lasts, is over and is told.
module soc_relays (
    input logic clk,
    input logic rst,

    input logic        tick,   // strobe: a millisecond is over
    input logic        on_air, // the gate's own: 0 A, 1 B

    input logic        press,        // strobe; a press before it is over ends
    input logic [ 1:0] press_which,  // {server, reset}
    input logic [13:0] press_ms,     // 0: let go

    output logic [ 1:0] which,
    output logic [13:0] left,  // milliseconds of the press that are left, none: 0
    output logic        cut,   // the last press was refused or cut short

    output logic [1:0] power,  // closed: A, B
    output logic [1:0] reset
);
  logic active, allowed;
  assign active = left != '0;
  assign allowed = on_air != which[1];

  always_comb begin
    power = '0;
    reset = '0;
    if (which[0]) reset[which[1]] = active && allowed;
    else power[which[1]] = active && allowed;
  end

  always_ff @(posedge clk) begin
    if (press) begin
      which <= press_which;
      left <= on_air == press_which[1] ? '0 : press_ms;
      cut <= on_air == press_which[1] && press_ms != '0;
    end else if (active && !allowed) begin
      left <= '0;
      cut <= 1'b1;
    end else if (active && tick) left <= left - 14'd1;
    if (rst) begin
      which <= '0;
      left <= '0;
      cut <= 1'b0;
    end
  end
`ifdef FORMAL
  logic past_q = 1'b0;
  always_ff @(posedge clk) past_q <= 1'b1;
  always_comb if (!past_q) assume (rst);

  logic [3:0] closed;
  assign closed = {reset[1], power[1], reset[0], power[0]};
  logic [13:0] f_ticks, f_asked;  // since the press
  logic [1:0] f_which;
  logic f_over;  // the interlock has ended it
  always_ff @(posedge clk) begin
    if (press || rst) begin
      f_ticks <= '0;
      f_asked <= rst ? '0 : press_ms;
      f_which <= rst ? '0 : press_which;
      f_over <= on_air == press_which[1];
    end else begin
      f_ticks <= f_ticks + {13'd0, tick && f_ticks != f_asked};
      if (on_air == f_which[1]) f_over <= 1'b1;
    end
  end
  always_ff @(posedge clk)
    if (past_q) begin
      // no relay of the server on air is closed, whatever is pressed, and in the very clock in which it goes on air
      assert (rst || !(power[on_air] || reset[on_air]));
    end
  always_ff @(posedge clk)
    if (past_q && !rst) begin
      // one relay at a time
      assert ((closed & (closed - 4'd1)) == 4'd0);
      // a relay is closed only by its own press, and no longer than that said
      if (closed != 4'd0) assert (closed[f_which] && f_ticks < f_asked);
      // what the interlock ended stays open until the next press, though the server goes off air
      if (f_over) assert (closed == 4'd0);
      // and that it did is told
      if (f_over) assert (cut || f_ticks == f_asked);
      // a press of the other server's relay is carried out to its end
      if (!f_over && f_ticks < f_asked && on_air != f_which[1]) assert (closed[f_which]);
      // for the induction
      assert (f_ticks <= f_asked && which == f_which);
      assert (f_over ? left == '0 : left == f_asked - f_ticks);
      cover (power[1] && left == 14'd1);
      cover (cut && $past(active) && !$past(press));
    end
`endif
endmodule
