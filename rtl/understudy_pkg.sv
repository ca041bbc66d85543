// SPDX-License-Identifier: Apache-2.0
// The numbers that the gateware shares with protocol/: same names in capitals behind a group's
// prefix, same values; tests/protocol/package_test.cpp compares every one of them, both ways.
// Below them stand the checksums as functions. CRC-32C of a pixel exists twice: as a loop of exclusive
// ors for synthesis, as byte tables for simulation; a bench holds the tables against protocol/'s CRC.
package understudy_pkg;

  // --- limits.hpp: picture, heartbeat and arbiter, link ----------------------------------------
  localparam int LIMIT_TAG_PIXELS = 40;
  localparam int LIMIT_WIDTH_MAX = 4096;
  localparam int LIMIT_HEIGHT_MAX = 2304;
  localparam int LIMIT_STORE_LINES_DEFAULT = 4;
  localparam int LIMIT_SOURCE_LEAD_LINES = 2;
  localparam int LIMIT_BEAT_WINDOW_MAX = 16;
  localparam int LIMIT_FLAP_CHANGES_MAX = 4;
  localparam int LIMIT_EVENT_LOG_DEPTH = 64;
  localparam int LIMIT_LINK_PAYLOAD_MAX = 64;
  localparam int LIMIT_LINK_FRAME_MAX = 66;
  localparam int LIMIT_FIRMWARE_LINE_MAX = 39;
  localparam int LIMIT_FIRMWARE_TEXT_MAX = 22;

  // --- line_tag.hpp ----------------------------------------------------------------------------
  localparam logic [7:0] TAG_MAGIC = 8'hA1;
  localparam int TAG_BYTES = 15;
  localparam int TAG_BITS = 120;
  localparam logic [7:0] TAG_FLAG_DISCARD = 8'h01;

  // --- states.hpp ------------------------------------------------------------------------------
  localparam logic SERVER_A = 1'd0;
  localparam logic SERVER_B = 1'd1;

  localparam logic [7:0] STATE_UNKNOWN = 8'd0;
  localparam logic [7:0] STATE_PRIMARY = 8'd1;
  localparam logic [7:0] STATE_PRIMARY_OFFLINE = 8'd2;
  localparam logic [7:0] STATE_PRIMARY_NO_SECONDARY = 8'd3;
  localparam logic [7:0] STATE_FAILED = 8'd4;
  localparam logic [7:0] STATE_SECONDARY = 8'd5;
  localparam logic [7:0] STATE_SECONDARY_OFFLINE = 8'd6;
  localparam logic [7:0] STATE_SECONDARY_SYNCHRONIZING = 8'd7;
  localparam logic [7:0] STATE_SECONDARY_SYNCHRONIZED = 8'd8;
  localparam logic [7:0] STATE_SECONDARY_NO_PRIMARY = 8'd9;
  localparam logic [7:0] SERVER_STATE_LAST = 8'd9;

  localparam logic [1:0] MODE_AUTOMATIC = 2'd0;
  localparam logic [1:0] MODE_MANUAL = 2'd1;
  localparam logic [1:0] MODE_LOCKOUT = 2'd2;

  localparam logic [7:0] REASON_NONE = 8'd0;
  localparam logic [7:0] REASON_OPERATOR_REQUEST = 8'd1;
  localparam logic [7:0] REASON_DECLARED_FAILED = 8'd2;
  localparam logic [7:0] REASON_BEATS_MISSED = 8'd3;
  localparam logic [7:0] REASON_PICTURE_BAD = 8'd4;
  localparam logic [7:0] REASON_OFFLINE = 8'd5;
  localparam logic [7:0] REASON_DISCARD = 8'd6;
  localparam logic [7:0] REASON_AUTOMATIC_RETURN = 8'd7;

  localparam logic [15:0] ALARM_DIVERGED = 16'h0001;
  localparam logic [15:0] ALARM_UNPROTECTED = 16'h0002;
  localparam logic [15:0] ALARM_LINES_LOST = 16'h0004;
  localparam logic [15:0] ALARM_NO_ELIGIBLE = 16'h0008;
  localparam logic [15:0] ALARM_FLAP_HOLD = 16'h0010;
  localparam logic [15:0] ALARM_BEATS_A = 16'h0020;
  localparam logic [15:0] ALARM_BEATS_B = 16'h0040;
  localparam logic [15:0] ALARM_PICTURE_A = 16'h0080;
  localparam logic [15:0] ALARM_PICTURE_B = 16'h0100;
  localparam logic [15:0] ALARM_FAILED_A = 16'h0200;
  localparam logic [15:0] ALARM_FAILED_B = 16'h0400;
  localparam logic [15:0] ALARM_EVENTS_LOST = 16'h0800;
  localparam logic [15:0] ALARM_LINK_A = 16'h1000;
  localparam logic [15:0] ALARM_LINK_B = 16'h2000;
  localparam int ALARM_BITS = 14;

  // --- events.hpp ------------------------------------------------------------------------------
  localparam logic [7:0] EVENT_NONE = 8'd0;
  localparam logic [7:0] EVENT_START = 8'd1;
  localparam logic [7:0] EVENT_TAKEOVER = 8'd2;
  localparam logic [7:0] EVENT_HOLD = 8'd3;
  localparam logic [7:0] EVENT_RESCUE = 8'd4;
  localparam logic [7:0] EVENT_RESCUED_LINES = 8'd5;
  localparam logic [7:0] EVENT_LOST = 8'd6;
  localparam logic [7:0] EVENT_LOST_LINES = 8'd7;
  localparam logic [7:0] EVENT_DIVERGED = 8'd8;
  localparam logic [7:0] EVENT_CONVERGED = 8'd9;
  localparam logic [7:0] EVENT_BEATS_LOST = 8'd10;
  localparam logic [7:0] EVENT_BEATS_BACK = 8'd11;
  localparam logic [7:0] EVENT_SERVER_STATE = 8'd12;
  localparam logic [7:0] EVENT_PICTURE_BAD = 8'd13;
  localparam logic [7:0] EVENT_PICTURE_GOOD = 8'd14;
  localparam logic [7:0] EVENT_PROTECTED_ON = 8'd15;
  localparam logic [7:0] EVENT_PROTECTED_OFF = 8'd16;
  localparam logic [7:0] EVENT_REQUEST = 8'd17;
  localparam logic [7:0] EVENT_LINK_ERROR = 8'd18;
  localparam logic [7:0] EVENT_EVENTS_LOST = 8'd19;
  localparam logic [7:0] EVENT_FREEZE = 8'd20;
  localparam logic [7:0] EVENT_BLACK = 8'd21;
  localparam logic [7:0] EVENT_KIND_LAST = 8'd21;

  localparam logic [7:0] OP_NONE = 8'd0;
  localparam logic [7:0] OP_SWITCH_TO_A = 8'd1;
  localparam logic [7:0] OP_SWITCH_TO_B = 8'd2;
  localparam logic [7:0] OP_MODE_AUTOMATIC = 8'd3;
  localparam logic [7:0] OP_MODE_MANUAL = 8'd4;
  localparam logic [7:0] OP_MODE_LOCKOUT = 8'd5;
  localparam logic [7:0] OP_CLEAR_ALARMS = 8'd6;

  localparam logic [7:0] RESULT_DONE = 8'd0;
  localparam logic [7:0] RESULT_REFUSED_LOCKOUT = 8'd1;
  localparam logic [7:0] RESULT_REFUSED_NOT_ELIGIBLE = 8'd2;
  localparam logic [7:0] RESULT_REFUSED_ALREADY = 8'd3;
  localparam logic [7:0] RESULT_REFUSED_UNKNOWN = 8'd4;

  // --- link.hpp --------------------------------------------------------------------------------
  localparam logic [7:0] LINK_VERSION = 8'd2;
  localparam logic [7:0] LINK_HEARTBEAT = 8'h01;
  localparam logic [7:0] LINK_REQUEST = 8'h02;
  localparam logic [7:0] LINK_FIRMWARE_LINE = 8'h03;
  localparam logic [7:0] LINK_TICK = 8'h81;
  localparam logic [7:0] LINK_EVENT = 8'h82;
  localparam logic [7:0] LINK_FIRMWARE_TEXT = 8'h83;
  localparam int HEARTBEAT_BYTES = 14;
  localparam int REQUEST_BYTES = 4;
  localparam int TICK_BYTES = 19;
  localparam int EVENT_BYTES = 27;

  // --- registers.hpp ---------------------------------------------------------------------------
  localparam logic [11:0] REG_ID = 12'h000;
  localparam logic [11:0] REG_VERSION = 12'h004;
  localparam logic [11:0] REG_RASTER = 12'h008;
  localparam logic [11:0] REG_RASTER_TOTAL = 12'h00C;
  localparam logic [11:0] REG_CONTROL = 12'h010;
  localparam logic [31:0] REG_CONTROL_RESCUE = 32'h1;
  localparam logic [31:0] REG_CONTROL_RESCUE_UNPROVEN = 32'h2;
  localparam logic [31:0] REG_CONTROL_AUTO_RETURN = 32'h4;
  localparam logic [31:0] REG_CONTROL_PREFER_B = 32'h8;
  localparam logic [11:0] REG_BEATS = 12'h014;
  localparam logic [11:0] REG_BEAT_PERIOD = 12'h018;
  localparam logic [11:0] REG_BAD_LINES = 12'h01C;
  localparam logic [11:0] REG_FLAP = 12'h020;
  localparam logic [11:0] REG_RETURN_HOLD = 12'h024;
  localparam logic [11:0] REG_SLATE = 12'h028;
  localparam logic [11:0] REG_UNTAGGED = 12'h02C;
  localparam logic [11:0] REG_FREEZE = 12'h030;
  localparam logic [11:0] REG_BLACK = 12'h034;
  localparam logic [11:0] REG_PROVEN = 12'h038;
  localparam logic [11:0] REG_COMMAND = 12'h03C;
  localparam logic [11:0] REG_FRAME = 12'h040;
  localparam logic [11:0] REG_TERM = 12'h044;
  localparam logic [11:0] REG_STATUS = 12'h048;
  localparam logic [11:0] REG_ALARMS = 12'h04C;
  localparam logic [11:0] REG_RESCUED = 12'h050;
  localparam logic [11:0] REG_LOST = 12'h054;
  localparam logic [11:0] REG_EQUAL_FRAMES = 12'h058;
  localparam logic [11:0] REG_BEATS_A = 12'h05C;
  localparam logic [11:0] REG_BEATS_B = 12'h060;
  localparam logic [11:0] REG_MISSED_A = 12'h064;
  localparam logic [11:0] REG_MISSED_B = 12'h068;
  localparam logic [11:0] REG_LINK_ERRORS_A = 12'h06C;
  localparam logic [11:0] REG_LINK_ERRORS_B = 12'h070;
  localparam logic [11:0] REG_BAD_LINES_A = 12'h074;
  localparam logic [11:0] REG_BAD_LINES_B = 12'h078;
  localparam logic [11:0] REG_EVENT_COUNT = 12'h080;
  localparam logic [11:0] REG_EVENT_HEAD = 12'h084;
  localparam logic [11:0] REG_EVENT_FRAME = 12'h088;
  localparam logic [11:0] REG_EVENT_CLOCK_LOW = 12'h08C;
  localparam logic [11:0] REG_EVENT_CLOCK_HIGH = 12'h090;
  localparam logic [11:0] REG_EVENT_TERM = 12'h094;
  localparam logic [11:0] REG_EVENT_DATA = 12'h098;
  localparam logic [11:0] REG_EVENT_SEQUENCE = 12'h09C;
  localparam logic [11:0] REG_EVENT_POP = 12'h0A0;
  localparam logic [31:0] REG_ID_VALUE = 32'h554E4453;
  localparam logic [31:0] REG_RESET_CONTROL = 32'h0000_0001;
  localparam logic [31:0] REG_RESET_BEATS = 32'h0000_0803;
  localparam logic [31:0] REG_RESET_BAD_LINES = 32'd1;
  localparam logic [31:0] REG_RESET_FLAP = 32'h0258_0003;
  localparam logic [31:0] REG_RESET_RETURN_HOLD = 32'd600;
  localparam logic [31:0] REG_RESET_SLATE = 32'h0010_1030;
  localparam logic [31:0] REG_RESET_UNTAGGED = 32'd0;
  localparam logic [31:0] REG_RESET_FREEZE = 32'd5;
  localparam logic [31:0] REG_RESET_BLACK = 32'h0000_0210;
  localparam logic [31:0] REG_RESET_PROVEN = 32'd8;

  // --- soc.hpp ---------------------------------------------------------------------------------
  localparam logic [31:0] SOC_FLASH = 32'h0000_0000;
  localparam logic [31:0] SOC_MEMORY = 32'h1000_0000;
  localparam logic [31:0] SOC_DEVICES = 32'h2000_0000;
  localparam logic [31:0] SOC_GATE = 32'h3000_0000;
  localparam int SOC_REGISTER_BYTES = 192;

  localparam logic [7:0] SOC_CONSOLE = 8'h00;
  localparam logic [31:0] SOC_CONSOLE_HEARD = 32'h0000_0100;
  localparam logic [31:0] SOC_CONSOLE_MISSED = 32'h0000_0200;
  localparam logic [31:0] SOC_CONSOLE_READY = 32'h0001_0000;
  localparam logic [7:0] SOC_TIME = 8'h04;
  localparam logic [7:0] SOC_WATCHDOG = 8'h08;
  localparam logic [15:0] SOC_WATCHDOG_FEED = 16'h600D;
  localparam logic [15:0] SOC_WATCHDOG_RESTART = 16'hB007;
  localparam logic [7:0] SOC_RELAYS = 8'h0C;
  localparam logic [31:0] SOC_RELAYS_CUT = 32'h0004_0000;
  localparam logic [7:0] SOC_LIGHTS = 8'h10;
  localparam logic [31:0] SOC_LIGHTS_PATTERN = 32'h0000_0010;
  localparam logic [7:0] SOC_SPI_BYTE = 8'h14;
  localparam logic [7:0] SOC_SPI_SELECT = 8'h18;
  localparam logic [7:0] SOC_SENSE = 8'h1C;
  localparam logic [7:0] SOC_LINK_BYTE = 8'h20;
  localparam logic [7:0] SOC_LINK_FRAMES = 8'h24;
  localparam logic [31:0] SOC_LINK_FRAMES_SEND = 32'h0000_0004;
  localparam logic [31:0] SOC_LINK_FRAMES_DROP = 32'h0000_0010;
  localparam logic [11:0] SOC_LINK_MEMORY = 12'h800;
  localparam int SOC_LINK_ANSWER_MAX = 32;
  localparam int SOC_PRESS_MS_MAX = 16383;
  localparam int SOC_WATCHDOG_MS = 4096;
  localparam int SOC_WATCHDOG_WARNING_MS = 1024;

  localparam logic [1:0] SOC_RELAY_POWER_A = 2'd0;
  localparam logic [1:0] SOC_RELAY_RESET_A = 2'd1;
  localparam logic [1:0] SOC_RELAY_POWER_B = 2'd2;
  localparam logic [1:0] SOC_RELAY_RESET_B = 2'd3;

  localparam logic [1:0] SOC_START_BOARD = 2'd0;
  localparam logic [1:0] SOC_START_HUNG = 2'd1;
  localparam logic [1:0] SOC_START_ASKED = 2'd2;

  // --- mailbox.hpp -----------------------------------------------------------------------------
  localparam logic [31:0] MAILBOX_MAGIC = 32'h4D444E55;
  localparam logic [31:0] MAILBOX_LAYOUT_VERSION = 32'd1;
  localparam logic [31:0] MAILBOX_NOT_THERE = 32'hFFFFFFFF;
  localparam int MAILBOX_BAR_BYTES = 16384;
  localparam int MAILBOX_DEFAULT_BAR = 2;
  localparam int MAILBOX_RING_WORDS = 1024;
  localparam logic [13:0] MAILBOX_AT_MAGIC = 14'h000;
  localparam logic [13:0] MAILBOX_AT_LAYOUT_VERSION = 14'h004;
  localparam logic [13:0] MAILBOX_AT_LINK_VERSION = 14'h008;
  localparam logic [13:0] MAILBOX_AT_RING_WORDS = 14'h00C;
  localparam logic [13:0] MAILBOX_AT_GENERATION = 14'h010;
  localparam logic [13:0] MAILBOX_AT_TO_APPLIANCE_HEAD = 14'h040;
  localparam logic [13:0] MAILBOX_AT_TO_APPLIANCE_TAIL = 14'h080;
  localparam logic [13:0] MAILBOX_AT_TO_HOST_HEAD = 14'h0C0;
  localparam logic [13:0] MAILBOX_AT_TO_HOST_TAIL = 14'h100;
  localparam logic [13:0] MAILBOX_AT_BEAT_BOOT_ID = 14'h140;
  localparam logic [13:0] MAILBOX_AT_BEAT_FRAME_SEEN = 14'h144;
  localparam logic [13:0] MAILBOX_AT_BEAT_STATE = 14'h148;
  localparam logic [13:0] MAILBOX_AT_BEAT_SEQUENCE = 14'h14C;
  localparam logic [13:0] MAILBOX_AT_TO_APPLIANCE = 14'h1000;
  localparam logic [13:0] MAILBOX_AT_TO_HOST = 14'h2000;

  // --- words of the gateware itself (no counterpart outside: prefix GATE) -------------------------
  localparam logic [1:0] GATE_CHOICE_A = 2'd0;
  localparam logic [1:0] GATE_CHOICE_B = 2'd1;
  localparam logic [1:0] GATE_CHOICE_SLATE = 2'd2;
  localparam logic [7:0] GATE_SOURCE = 8'd2;        // an event's source: the gate itself
  localparam logic [31:0] GATE_CRC32C_POLYNOMIAL = 32'h82F63B78;  // reflected
  localparam logic [31:0] GATE_CRC32C_START = 32'hFFFFFFFF;       // and the final exclusive or
  localparam logic [15:0] GATE_CRC16_POLYNOMIAL = 16'h8408;       // reflected
  localparam logic [15:0] GATE_CRC16_START = 16'hFFFF;
  localparam logic [15:0] GATE_CRC16_RESIDUE = 16'hF0B8;  // register after data and its own CRC

  /// CRC-32C register after one more byte.
  function automatic logic [31:0] crc32c_byte(input logic [31:0] crc, input logic [7:0] data);
    logic [31:0] c;
    c = crc ^ {24'd0, data};
    for (int i = 0; i < 8; i++) c = {1'b0, c[31:1]} ^ (c[0] ? GATE_CRC32C_POLYNOMIAL : 32'd0);
    crc32c_byte = c;
  endfunction

  /// CRC-16 register after the three tag bits of one pixel, the lowest first.
  function automatic logic [15:0] crc16_pixel(input logic [15:0] crc, input logic [2:0] bits);
    logic [15:0] c;
    c = crc;
    for (int i = 0; i < 3; i++)
      c = {1'b0, c[15:1]} ^ ((c[0] ^ bits[i]) ? GATE_CRC16_POLYNOMIAL : 16'd0);
    crc16_pixel = c;
  endfunction

  /// CRC-32C register after red, green and blue of one pixel ({blue, green, red}).
  function automatic logic [31:0] crc32c_pixel_plain(input logic [31:0] crc, input logic [23:0] bgr);
    crc32c_pixel_plain =
        crc32c_byte(crc32c_byte(crc32c_byte(crc, bgr[7:0]), bgr[15:8]), bgr[23:16]);
  endfunction

`ifdef VERILATOR
  /// 256 registers of 32 bits: what a byte becomes after itself and some more zero bytes.
  function automatic logic [8191:0] crc32c_table(input int zeros);
    logic [31:0] c;
    for (int i = 0; i < 256; i++) begin
      c = crc32c_byte(32'd0, 8'(i));
      for (int k = 0; k < zeros; k++) c = crc32c_byte(c, 8'd0);
      crc32c_table[i*32+:32] = c;
    end
  endfunction
  localparam logic [8191:0] GATE_CRC32C_TABLE_0 = crc32c_table(0);
  localparam logic [8191:0] GATE_CRC32C_TABLE_1 = crc32c_table(1);
  localparam logic [8191:0] GATE_CRC32C_TABLE_2 = crc32c_table(2);

  function automatic logic [31:0] crc32c_pixel(input logic [31:0] crc, input logic [23:0] bgr);
    logic [23:0] x;
    x = crc[23:0] ^ bgr;
    crc32c_pixel = {24'd0, crc[31:24]} ^ GATE_CRC32C_TABLE_2[{x[7:0], 5'd0}+:32]
        ^ GATE_CRC32C_TABLE_1[{x[15:8], 5'd0}+:32] ^ GATE_CRC32C_TABLE_0[{x[23:16], 5'd0}+:32];
  endfunction
`else
  function automatic logic [31:0] crc32c_pixel(input logic [31:0] crc, input logic [23:0] bgr);
    crc32c_pixel = crc32c_pixel_plain(crc, bgr);
  endfunction
`endif

endpackage
