// SPDX-License-Identifier: Apache-2.0
// What an appliance remembers without power: how its servers are booted, and the gate's
// configuration registers. One table says each value's name, range and default; the console reads
// and writes by it, and so does the flash.
#pragma once

#include <array>
#include <cstdint>

#include "firmware/boot_sequence.hpp"
#include "protocol/registers.hpp"

namespace understudy::firmware {

struct ConfigValue {
  const char* name;
  uint32_t least, most, normal;
  uint16_t gate_register;  // where it goes; none: 0
};

/// Order is what the flash holds: new ones go to the end.
inline constexpr std::array<ConfigValue, 16> config_values = {{
    {"press_ms", 1, protocol::soc::press_ms_max, 500, 0},
    {"force_ms", 1, protocol::soc::press_ms_max, 6000, 0},
    {"off_ms", 0, 60'000, 3000, 0},
    {"life_s", 1, 3600, 120, 0},
    {"attempts", 1, 10, 2, 0},
    {"autoboot_s", 0, 3600, 0, 0},  // a server so long without a heartbeat is booted; 0: never
    {"control", 0, 15, 1, protocol::registers::control},
    {"beats", 0x0101, 0x1010, 0x0803, protocol::registers::beats},
    {"bad_lines", 1, 0xFFFF, 1, protocol::registers::bad_lines},
    {"flap", 0, 0xFFFF'FFFF, 600u << 16 | 3, protocol::registers::flap},
    {"return_hold", 0, 0xFFFF, 600, protocol::registers::return_hold},
    {"slate", 0, 0xFF'FFFF, 0x101030, protocol::registers::slate},
    {"untagged", 0, 3, 0, protocol::registers::untagged},
    {"freeze", 0, 0xFF, 5, protocol::registers::freeze},
    {"black", 0, 0xFFFF, 0x0210, protocol::registers::black},
    {"proven", 1, 0xFFFF, 8, protocol::registers::proven},
}};

enum class Key : uint8_t { press_ms, force_ms, off_ms, life_s, attempts, autoboot_s };

class Config {
 public:
  uint32_t get(size_t i) const { return value_[i]; }
  uint32_t get(Key key) const { return value_[static_cast<size_t>(key)]; }
  /// False when it is out of range; nothing is changed then.
  bool set(size_t i, uint32_t value) {
    if (value < config_values[i].least || value > config_values[i].most) return false;
    value_[i] = value;
    return true;
  }
  void reset() {
    for (size_t i = 0; i < value_.size(); ++i) value_[i] = config_values[i].normal;
  }
  BootTimes boot_times() const {
    return {static_cast<uint16_t>(get(Key::press_ms)), static_cast<uint16_t>(get(Key::force_ms)),
            static_cast<uint16_t>(get(Key::off_ms)), static_cast<uint16_t>(get(Key::life_s)),
            static_cast<uint8_t>(get(Key::attempts))};
  }
  bool operator==(const Config&) const = default;

 private:
  static constexpr std::array<uint32_t, config_values.size()> normal() {
    std::array<uint32_t, config_values.size()> v{};
    for (size_t i = 0; i < v.size(); ++i) v[i] = config_values[i].normal;
    return v;
  }
  std::array<uint32_t, config_values.size()> value_ = normal();
};

}  // namespace understudy::firmware
