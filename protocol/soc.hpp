// SPDX-License-Identifier: Apache-2.0
// What the soft core sees: its address space and the registers of its own devices
// (rtl/soc/soc_top.sv). The gate's registers (registers.hpp) stand at `gate`. Words of 32 bits,
// little-endian.
#pragma once

#include <cstdint>

namespace understudy::protocol::soc {

// --- regions: bits 31 to 28
// -----------------------------------------------------------------------
inline constexpr uint32_t flash =
    0x0000'0000;  // read only: the SPI flash, from the firmware's image on
inline constexpr uint32_t memory = 0x1000'0000;  // kept over a restart of the core
inline constexpr uint32_t devices = 0x2000'0000;
inline constexpr uint32_t gate = 0x3000'0000;

/// The registers of the core stand in the last words of memory: x0 to x31, then the CSRs.
inline constexpr uint32_t register_bytes = 4 * 48;

// --- devices: offsets
// -----------------------------------------------------------------------------
inline constexpr uint32_t console = 0x00;            // read takes a byte: [7:0]; write sends one
inline constexpr uint32_t console_heard = 1u << 8;   // there was one
inline constexpr uint32_t console_missed = 1u << 9;  // ... and at least one before it was lost
inline constexpr uint32_t console_ready = 1u << 16;  // a byte may be written
inline constexpr uint32_t time = 0x04;  // milliseconds since the board's reset, wrapping
inline constexpr uint32_t watchdog =
    0x08;  // read: why the core started, Start [1:0]; write: one of these
inline constexpr uint32_t watchdog_feed = 0x600D;
inline constexpr uint32_t watchdog_restart = 0xB007;
inline constexpr uint32_t relays =
    0x0C;  // write: press, [13:0] milliseconds (0 lets go), [17:16] Relay; read: the same, and
inline constexpr uint32_t relays_cut =
    1u << 18;  // the last press was refused or cut short: that server is on air
inline constexpr uint32_t lights =
    0x10;  // [3:0] A on air, B on air, protected, alarm; bit 4: pattern at both inputs
inline constexpr uint32_t lights_pattern = 1u << 4;
inline constexpr uint32_t spi_byte =
    0x14;  // write: sent to the flash while it is selected; read: what came back
inline constexpr uint32_t spi_select = 0x18;  // write: bit 0 selects the flash for spi_byte, 0
                                              // first. Code must not stand in it meanwhile
inline constexpr uint32_t sense = 0x1C;       // read: bit 0 on air (1 = B), as the gate has it now
inline constexpr uint32_t link_byte =
    0x20;  // write: [7:0] into server [8]'s link in place of the wire, which the gate does not hear
           // while the pattern is on

// lines of hosts (protocol/link.hpp's FirmwareLine) and the firmware's answers, as they stand on
// the wire: each link has a memory for one frame that came, and there is one for a frame to be sent
inline constexpr uint32_t link_frames =
    0x24;  // read: [1:0] a line from server A, B waits; bit 2: an answer is still being sent.
           // Write: [1:0] taken: that memory is free; bit 2: send, to server [3]; bit 4: give the
           // one that is being sent up
inline constexpr uint32_t link_frames_send = 1u << 2;
inline constexpr uint32_t link_frames_drop = 1u << 4;
inline constexpr uint32_t link_memory =
    0x800;  // one word a byte. Read: byte [7:2] of the frame from server [8]; write: of the answer
inline constexpr uint32_t link_answer_max = 32;  // bytes of the answer's frame, its zero with them

inline constexpr uint32_t press_ms_max = 16383;        // 14 bits
inline constexpr uint32_t watchdog_ms = 4096;          // without feeding, the core starts anew
inline constexpr uint32_t watchdog_warning_ms = 1024;  // before that, its interrupt says so

enum class Relay : uint8_t { power_a = 0, reset_a = 1, power_b = 2, reset_b = 3 };

/// Why the core started.
enum class Start : uint8_t { board = 0, hung = 1, asked = 2 };

}  // namespace understudy::protocol::soc
