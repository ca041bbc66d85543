// SPDX-License-Identifier: Apache-2.0
// The core's devices and the gate's registers as reads and writes of words: the one place where an
// address becomes a pointer.
#pragma once

#include <cstdint>
#include <span>

#include "firmware/config_store.hpp"
#include "protocol/soc.hpp"

namespace understudy::firmware::hardware {

inline volatile uint32_t& word(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}
inline uint32_t device(uint32_t offset) {
  return word(protocol::soc::devices + offset);
}
inline void device(uint32_t offset, uint32_t value) {
  word(protocol::soc::devices + offset) = value;
}
inline uint32_t gate(uint32_t offset) {
  return word(protocol::soc::gate + offset);
}
inline void gate(uint32_t offset, uint32_t value) {
  word(protocol::soc::gate + offset) = value;
}

/// A link's memories for a line that came and for an answer.
struct LinkPort {
  static constexpr uint32_t patience_ms = 50;
  uint8_t server = 0;

  uint8_t byte_at(uint32_t i) const {
    return static_cast<uint8_t>(
        device(protocol::soc::link_memory + (uint32_t{server} << 8) + 4 * i));
  }
  void put(uint32_t i, uint8_t b) const { device(protocol::soc::link_memory + 4 * i, b); }
  /// Feeds the watchdog: an answer has an end.
  bool ready() const {
    device(protocol::soc::watchdog, protocol::soc::watchdog_feed);
    const uint32_t since = device(protocol::soc::time);
    while (device(protocol::soc::link_frames) & protocol::soc::link_frames_send)
      if (device(protocol::soc::time) - since > patience_ms) {
        device(protocol::soc::link_frames, protocol::soc::link_frames_drop);
        return false;
      }
    return true;
  }
  void send() const {
    device(protocol::soc::link_frames, protocol::soc::link_frames_send | uint32_t{server} << 3);
  }
};

/// The SPI flash that the firmware itself stands in. Addresses count from the firmware's image.
/// While it erases or programs, the code that waits stands in memory, and interrupts are off.
class SpiFlash final : public Flash {
 public:
  void read(uint32_t address, std::span<uint8_t> to) override;
  void erase(uint32_t address) override;
  void program(uint32_t address, std::span<const uint8_t> bytes) override;
};

}  // namespace understudy::firmware::hardware
