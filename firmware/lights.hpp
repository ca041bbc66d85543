// SPDX-License-Identifier: Apache-2.0
// The four lights of the front: who is on air, protected, alarm. On air is steady; it blinks while
// that server is being pressed or waited for. Alarm is steady for the gate's alarms and blinks for
// the firmware's own.
#pragma once

#include <cstdint>

#include "protocol/states.hpp"

namespace understudy::firmware {

struct LightFacts {
  protocol::Server on_air = protocol::Server::a;
  bool is_protected = false;
  uint16_t alarms = 0;     // the gate's
  bool own_alarm = false;  // a copy of the configuration is broken, the core was restarted by its
                           // watchdog, a boot failed
  bool boots = false;      // a server is being booted
  protocol::Server booted = protocol::Server::a;
};

/// Bits of protocol/soc.hpp's lights.
constexpr uint8_t lights_of(const LightFacts& f, uint32_t now_ms) {
  const bool blink = now_ms >> 8 & 1;  // about twice a second
  const auto of = [&](protocol::Server s) {
    return f.on_air == s || (f.boots && f.booted == s && blink);
  };
  // unprotected alone is no alarm to look up for: its light is out
  const bool alarm = (f.alarms & ~static_cast<uint16_t>(protocol::Alarm::unprotected)) != 0;
  return static_cast<uint8_t>((of(protocol::Server::a) ? 1 : 0) |
                              (of(protocol::Server::b) ? 2 : 0) | (f.is_protected ? 4 : 0) |
                              (alarm || (f.own_alarm && blink) ? 8 : 0));
}

}  // namespace understudy::firmware
