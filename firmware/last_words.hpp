// SPDX-License-Identifier: Apache-2.0
// What stays in memory over a restart of the core: why it started, how often, and where it hung.
// Memory after power up is anything, so a checksum tells whether this is a memory at all.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/soc.hpp"

namespace understudy::firmware {

struct LastWords {
  static constexpr uint32_t salt = 0x1A57'0D05;
  uint32_t starts = 0;                 // since power up
  std::array<uint16_t, 3> by_cause{};  // board, watchdog, asked
  uint16_t presses = 0;                // relays
  uint16_t traps = 0;  // a trap restarts the core; the timer's says where the main loop hung
  uint16_t fresh = 0;  // a trap that no start has seen yet
  uint32_t stuck_cause = 0, stuck_pc = 0;  // mcause, mepc of the last
  uint32_t check = 0;

  constexpr uint32_t sum() const {
    uint32_t s = salt;
    for (const uint32_t v : {starts, uint32_t{by_cause[0]} | uint32_t{by_cause[1]} << 16,
                             uint32_t{by_cause[2]} | uint32_t{presses} << 16, stuck_cause, stuck_pc,
                             uint32_t{traps} | uint32_t{fresh} << 16})
      s = (s << 5 | s >> 27) ^ v;
    return s;
  }
  constexpr void seal() { check = sum(); }

  /// Once, first of all. True when a trap was what restarted the core.
  constexpr bool wake(protocol::soc::Start cause) {
    if (check != sum()) *this = LastWords{};
    const bool trap = fresh != 0;
    fresh = 0;
    ++starts;
    auto& n = by_cause[static_cast<uint8_t>(cause) % 3];
    if (n != 0xFFFF) ++n;
    seal();
    return trap;
  }
  constexpr void trapped(uint32_t cause, uint32_t pc) {
    stuck_cause = cause, stuck_pc = pc, fresh = 1;
    if (traps != 0xFFFF) ++traps;
    seal();
  }
  constexpr void pressed() {
    if (presses != 0xFFFF) ++presses;
    seal();
  }
};

}  // namespace understudy::firmware
