// SPDX-License-Identifier: Apache-2.0
// The slow half of the appliance: the soft core, its memory and devices (protocol/soc.hpp), one clock. It reads and
// asks; nothing that it does can stop the gate or cut the server on air. A restart (watchdog, or asked for) resets all but
// memory, timer and lights.
module soc_top #(
    parameter int WORDS = 256,                   // of memory, the core's registers in it
    parameter int CLOCKS_PER_MS = 25125,
    parameter logic [23:0] IMAGE = 24'h10_0000,  // where the firmware stands in the flash
    parameter int WATCHDOG_MS = understudy_pkg::SOC_WATCHDOG_MS,
    parameter int WARNING_MS = understudy_pkg::SOC_WATCHDOG_WARNING_MS
) (
    input logic clk,
    input logic rst,

    input logic on_air,  // the gate's: 0 A, 1 B

    // the gate's registers, APB
    output logic        psel,
    output logic        penable,
    output logic        pwrite,
    output logic [11:0] paddr,
    output logic [31:0] pwdata,
    input  logic [31:0] prdata,

    // console
    input  logic [7:0] console_rx_tdata,
    input  logic       console_rx_tvalid,  // strobe
    output logic [7:0] console_tx_tdata,
    output logic       console_tx_tvalid,
    input  logic       console_tx_tready,

    // SPI flash
    output logic flash_cs_n,
    output logic flash_sck,
    output logic flash_mosi,
    input  logic flash_miso,

    // relays, closed: A, B
    output logic [1:0] relay_power,
    output logic [1:0] relay_reset,

    output logic [3:0] lights,   // A on air, B on air, protected, alarm
    output logic       pattern,  // a pattern stands in for both inputs

    // the links: wires on one side, the gate on the other; servers side by side, A low
    input  logic [15:0] wire_rx_tdata,
    input  logic [ 1:0] wire_rx_tvalid,
    output logic [15:0] wire_tx_tdata,
    output logic [ 1:0] wire_tx_tvalid,
    input  logic [ 1:0] wire_tx_tready,
    output logic [15:0] gate_rx_tdata,
    output logic [ 1:0] gate_rx_tvalid,
    input  logic [15:0] gate_tx_tdata,
    input  logic [ 1:0] gate_tx_tvalid,
    output logic [ 1:0] gate_tx_tready
);
  logic core_rst, restart;
  assign core_rst = rst || restart;

  // --- the core and who answers it --------------------------------------------------------------
  logic valid, write, is_register, fetch, sequential, ready, warning;
  logic [5:0] index;
  logic [31:0] addr, wdata, rdata;
  logic [3:0] strobe;
  rv32_core core (
      .clk, .rst(core_rst), .timer_interrupt(warning),
      .bus_valid(valid), .bus_write(write), .bus_register(is_register), .bus_fetch(fetch), .bus_sequential(sequential),
      .bus_index(index), .bus_addr(addr), .bus_strobe(strobe), .bus_wdata(wdata), .bus_ready(ready), .bus_rdata(rdata)
  );

  logic to_memory, to_flash, to_device, to_gate;
  assign to_memory = valid && (is_register || addr[31:28] == understudy_pkg::SOC_MEMORY[31:28]);
  assign to_flash = valid && !is_register && addr[31:28] == understudy_pkg::SOC_FLASH[31:28];
  assign to_device = valid && !is_register && addr[31:28] == understudy_pkg::SOC_DEVICES[31:28];
  assign to_gate = valid && !is_register && addr[31:28] == understudy_pkg::SOC_GATE[31:28];

  logic memory_ready, flash_ready, byte_ready, device_ready;
  logic [31:0] memory_rdata, flash_rdata, device_rdata;
  always_comb begin
    ready = 1'b1;  // nobody is there
    rdata = '0;
    if (to_memory) begin
      ready = memory_ready;
      rdata = memory_rdata;
    end
    if (to_flash) begin
      ready = flash_ready || write;  // there is nothing to write to
      rdata = flash_rdata;
    end
    if (to_device) begin
      ready = device_ready;
      rdata = device_rdata;
    end
    if (to_gate) begin
      ready = penable;
      rdata = prdata;
    end
  end

  soc_memory #(
      .WORDS(WORDS)
  ) memory (
      .clk, .rst(core_rst), .valid(to_memory), .write, .is_register, .index, .addr, .strobe, .wdata,
      .ready(memory_ready), .rdata(memory_rdata)
  );

  assign psel = to_gate;
  assign pwrite = write;
  assign paddr = addr[11:0];
  assign pwdata = wdata;
  always_ff @(posedge clk) penable <= psel && !penable && !core_rst;

  // --- devices ----------------------------------------------------------------------------------
  logic [7:0] device;
  logic to_frames, frames_ready, device_write, byte_valid, feed, ask, press, tick;
  assign device = {2'd0, addr[5:2], 2'd0};
  assign to_frames = to_device && addr[11];
  assign byte_valid = to_device && !to_frames && write && device == understudy_pkg::SOC_SPI_BYTE;
  assign device_ready = to_frames ? frames_ready : byte_valid ? byte_ready : 1'b1;
  assign device_write = to_device && !to_frames && write && device != understudy_pkg::SOC_SPI_BYTE;
  assign feed = device_write && device == understudy_pkg::SOC_WATCHDOG && wdata[15:0] == understudy_pkg::SOC_WATCHDOG_FEED;
  assign ask = device_write && device == understudy_pkg::SOC_WATCHDOG && wdata[15:0] == understudy_pkg::SOC_WATCHDOG_RESTART;
  assign press = device_write && device == understudy_pkg::SOC_RELAYS;

  logic [31:0] milliseconds;
  logic [1:0] cause, which;
  soc_timer #(
      .CLOCKS(CLOCKS_PER_MS), .WATCHDOG(WATCHDOG_MS), .WARNING(WARNING_MS)
  ) timer (
      .clk, .rst, .feed, .ask, .tick, .milliseconds, .warning, .restart, .cause
  );

  logic [13:0] press_left;
  logic press_cut;
  soc_relays relays (
      .clk, .rst(core_rst), .tick, .on_air, .press, .press_which(wdata[17:16]), .press_ms(wdata[13:0]),
      .which, .left(press_left), .cut(press_cut), .power(relay_power), .reset(relay_reset)
  );

  logic [7:0] byte_in;
  soc_flash #(
      .IMAGE(IMAGE)
  ) flash (
      .clk, .rst(core_rst), .valid(to_flash && !write), .sequential, .fetch, .addr({addr[23:2], 2'd0}), .ready(flash_ready), .rdata(flash_rdata),
      .select(device_write && device == understudy_pkg::SOC_SPI_SELECT), .select_to(wdata[0]), .byte_valid, .byte_out(wdata[7:0]), .byte_ready, .byte_in,
      .cs_n(flash_cs_n), .sck(flash_sck), .mosi(flash_mosi), .miso(flash_miso)
  );

  logic [7:0] heard_byte_q;
  logic heard_q, missed_q, take;
  assign take = to_device && !to_frames && !write && device == understudy_pkg::SOC_CONSOLE;
  always_ff @(posedge clk) begin
    if (take) {heard_q, missed_q} <= '0;
    if (console_rx_tvalid) begin
      heard_byte_q <= console_rx_tdata;
      heard_q <= 1'b1;
      if (heard_q && !take) missed_q <= 1'b1;
    end
    if (console_tx_tready) console_tx_tvalid <= 1'b0;
    if (device_write && device == understudy_pkg::SOC_CONSOLE) begin
      console_tx_tdata <= wdata[7:0];
      console_tx_tvalid <= 1'b1;
    end
    speak <= '0;
    if (device_write && device == understudy_pkg::SOC_LINK_BYTE) begin
      spoken <= wdata[7:0];
      speak[wdata[8]] <= 1'b1;
    end
    if (device_write && device == understudy_pkg::SOC_LIGHTS) {pattern, lights} <= wdata[4:0];
    if (core_rst) begin
      {heard_q, missed_q} <= '0;
      console_tx_tvalid <= 1'b0;
      speak <= '0;
      pattern <= 1'b0;
    end
    if (rst) lights <= '0;
  end

  logic [7:0] spoken, frames_rdata;
  logic [1:0] speak, line_waits;
  logic frames_write, answer_sending;
  assign frames_write = device_write && device == understudy_pkg::SOC_LINK_FRAMES;
  soc_link link (
      .clk, .rst, .forget(core_rst),
      .wire_rx_tdata, .wire_rx_tvalid, .wire_tx_tdata, .wire_tx_tvalid, .wire_tx_tready,
      .gate_rx_tdata, .gate_rx_tvalid, .gate_tx_tdata, .gate_tx_tvalid, .gate_tx_tready,
      .muted(pattern), .speak, .spoken,
      .valid(to_frames), .write, .at(addr[8:2]), .wdata(wdata[7:0]), .ready(frames_ready), .rdata(frames_rdata),
      .taken(frames_write ? wdata[1:0] : 2'd0), .send(frames_write && wdata[2]), .send_to(wdata[3]), .drop(frames_write && wdata[4]),
      .waits(line_waits), .sending(answer_sending)
  );

  always_comb begin
    case (device)
      understudy_pkg::SOC_CONSOLE: device_rdata = {15'd0, !console_tx_tvalid, 6'd0, missed_q, heard_q, heard_byte_q};
      understudy_pkg::SOC_TIME: device_rdata = milliseconds;
      understudy_pkg::SOC_WATCHDOG: device_rdata = {30'd0, cause};
      understudy_pkg::SOC_RELAYS: device_rdata = {13'd0, press_cut, which, 2'd0, press_left};
      understudy_pkg::SOC_LIGHTS: device_rdata = {27'd0, pattern, lights};
      understudy_pkg::SOC_SPI_BYTE: device_rdata = {24'd0, byte_in};
      understudy_pkg::SOC_SENSE: device_rdata = {31'd0, on_air};
      understudy_pkg::SOC_LINK_FRAMES: device_rdata = {29'd0, answer_sending, line_waits};
      default: device_rdata = '0;
    endcase
    if (to_frames) device_rdata = {24'd0, frames_rdata};
  end

  logic unused;
  assign unused = &{1'b0, addr[27:24]};
endmodule
