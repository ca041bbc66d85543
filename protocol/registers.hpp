// SPDX-License-Identifier: Apache-2.0
// The gate's register map: 32-bit words behind APB (byte addresses, 12 bits). Configuration resets
// to values that suit the raster the gateware was built for. C++17, so the SystemC model reads it.
// A write outside of a field's range is taken as the nearest value in range.
#pragma once

#include <cstdint>

namespace understudy::protocol::registers {

// --- identity (read only) ---------------------------------------------------------------------
inline constexpr uint16_t id = 0x000;            // 0x554E4453 "UNDS"
inline constexpr uint16_t version = 0x004;       // link protocol version
inline constexpr uint16_t raster = 0x008;        // [15:0] active width, [31:16] active height
inline constexpr uint16_t raster_total = 0x00C;  // [15:0] clocks a line, [31:16] lines a frame

// --- configuration ------------------------------------------------------------------------------
inline constexpr uint16_t control = 0x010;           // bits below. reset: rescue on, all else 0
inline constexpr uint32_t control_rescue = 1u << 0;  // take lines from the other server
inline constexpr uint32_t control_rescue_unproven = 1u << 1;  // ... even while the pictures differ
inline constexpr uint32_t control_auto_return = 1u << 2;  // back to the preferred server by itself
inline constexpr uint32_t control_prefer_b = 1u << 3;     // preferred server: 0 A, 1 B
inline constexpr uint16_t beats = 0x014;  // [4:0] M, [12:8] N; 1 <= M <= N <= 16. reset 3 of 8
inline constexpr uint16_t beat_period =
    0x018;  // clocks, 24 bits, >= 16. a gap longer than this is a miss
inline constexpr uint16_t bad_lines =
    0x01C;  // [15:0] lines bad in a frame that make a picture bad, >= 1. reset 1
inline constexpr uint16_t flap =
    0x020;  // [2:0] changes allowed (1..4), [31:16] in this many frames. reset 3 in 600
inline constexpr uint16_t return_hold =
    0x024;  // [15:0] frames protected before an automatic return. reset 600
inline constexpr uint16_t slate =
    0x028;  // [23:0] colour R,G,B (R in the high byte). reset 0x101030
inline constexpr uint16_t untagged = 0x02C;  // bit 0: input A carries no tags, bit 1: B. reset 0
inline constexpr uint16_t freeze =
    0x030;  // [7:0] frames alike that make a freeze, 0 = never. reset 5
inline constexpr uint16_t black =
    0x034;  // [7:0] brightest value that is black, [15:8] frames, 0 = never. reset 16, 2
inline constexpr uint16_t proven =
    0x038;  // [15:0] equal frames in a row for `protected`, >= 1. reset 8
inline constexpr uint16_t command =
    0x03C;  // write: RequestOp [7:0], id [23:8]; as a REQUEST from the link

// --- status (read only) -------------------------------------------------------------------------
inline constexpr uint16_t frame = 0x040;
inline constexpr uint16_t term = 0x044;
inline constexpr uint16_t status =
    0x048;  // bit 0 on air (1 = B), 1 protected, 2 healthy A, 3 healthy B, [5:4] mode
inline constexpr uint16_t alarms = 0x04C;   // bits of Alarm
inline constexpr uint16_t rescued = 0x050;  // lines rescued since reset, saturating
inline constexpr uint16_t lost = 0x054;     // lines lost since reset, saturating
inline constexpr uint16_t equal_frames = 0x058;
inline constexpr uint16_t beats_a = 0x05C;  // heartbeats counted from A since reset
inline constexpr uint16_t beats_b = 0x060;
inline constexpr uint16_t missed_a = 0x064;  // beat periods missed by A since its first beat
inline constexpr uint16_t missed_b = 0x068;
inline constexpr uint16_t link_errors_a = 0x06C;
inline constexpr uint16_t link_errors_b = 0x070;
inline constexpr uint16_t bad_lines_a = 0x074;  // lines of A that were bad or missing when wanted
inline constexpr uint16_t bad_lines_b = 0x078;

// --- event log, the local reader -----------------------------------------------------------------
inline constexpr uint16_t event_count = 0x080;  // events waiting for the local reader
inline constexpr uint16_t event_head = 0x084;   // [7:0] kind, [15:8] source, [31:16] line
inline constexpr uint16_t event_frame = 0x088;
inline constexpr uint16_t event_clock_low = 0x08C;
inline constexpr uint16_t event_clock_high = 0x090;
inline constexpr uint16_t event_term = 0x094;
inline constexpr uint16_t event_data = 0x098;
inline constexpr uint16_t event_sequence = 0x09C;
inline constexpr uint16_t event_pop = 0x0A0;  // write anything: the next event

inline constexpr uint32_t id_value = 0x554E4453;

// --- what the configuration is out of reset (beat_period: a frame's clocks / 8 * 5 / 4)
// ------------
inline constexpr uint32_t reset_control = 0x00000001;
inline constexpr uint32_t reset_beats = 0x00000803;
inline constexpr uint32_t reset_bad_lines = 1;
inline constexpr uint32_t reset_flap = 0x02580003;
inline constexpr uint32_t reset_return_hold = 600;
inline constexpr uint32_t reset_slate = 0x00101030;
inline constexpr uint32_t reset_untagged = 0;
inline constexpr uint32_t reset_freeze = 5;
inline constexpr uint32_t reset_black = 0x00000210;
inline constexpr uint32_t reset_proven = 8;

}  // namespace understudy::protocol::registers
