// SPDX-License-Identifier: Apache-2.0
// A server as seen from its two buttons: a press of power switches it on, a long one off, reset
// starts it again; some time after it was started it sends heartbeats. `now` in milliseconds.
#pragma once

#include <cstdint>

namespace understudy::sim {

class ServerMachine {
 public:
  static constexpr uint64_t force_off_ms = 4000;  // of holding power
  static constexpr uint64_t start_ms = 1000;      // from on to the first heartbeat

  explicit ServerMachine(bool on) : on_(on) {}

  /// Contacts as they are now.
  void step(uint64_t now, bool power, bool reset) {
    if (power && !power_) {
      pressed_ = now;
      if (!on_) on_ = true, started_ = now;
    }
    if (power && on_ && now - pressed_ >= force_off_ms) on_ = false;
    if (reset_ && !reset && on_) started_ = now;
    power_ = power, reset_ = reset;
    lives_ = on_ && !reset && now - started_ >= start_ms;
  }
  bool on() const { return on_; }
  bool lives() const { return lives_; }

 private:
  bool on_, power_ = false, reset_ = false, lives_ = false;
  uint64_t pressed_ = 0, started_ = 0;
};

}  // namespace understudy::sim
