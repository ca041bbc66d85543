// SPDX-License-Identifier: Apache-2.0
// Starts a dead server by its relays: press, hold, let go, wait for proof of life, try again. The
// relays' block times each press and the interlock may refuse it; here is only what follows what.
// One server at a time. `now` in milliseconds, wrapping.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/soc.hpp"
#include "protocol/states.hpp"

namespace understudy::firmware {

/// reset: the reset button; on: the power button; cycle: power held until it is off, then on.
enum class Way : uint8_t { reset, on, cycle };

struct Press {
  protocol::soc::Relay relay = protocol::soc::Relay::power_a;
  uint16_t ms = 0;
  bool operator==(const Press&) const = default;
};

struct BootTimes {
  uint16_t press_ms = 500;   // a short press
  uint16_t force_ms = 6000;  // power held until it is off
  uint16_t off_ms = 3000;    // stays off
  uint16_t life_s = 120;     // a server has so long to show that it lives
  uint8_t attempts = 2;
  bool operator==(const BootTimes&) const = default;
};

class BootSequence {
 public:
  enum class Phase : uint8_t { idle, forcing, off, pressing, waiting, alive, no_life, cut };
  enum class Event : uint8_t {
    ask_press,
    ask_cycle,
    let_go,
    refused,
    time_over,
    life,
    again_press,
    again_cycle,
    spent
  };
  struct Row {
    Phase from;
    Event on;
    Phase to;
    enum Action : uint8_t { nothing, hold_power, press_button } action;
    const char* why;
  };
  static constexpr std::array<Row, 11> table = {{
      {Phase::idle, Event::ask_press, Phase::pressing, Row::press_button, "button pressed"},
      {Phase::idle, Event::ask_cycle, Phase::forcing, Row::hold_power,
       "power held until it is off"},
      {Phase::forcing, Event::let_go, Phase::off, Row::nothing, "off"},
      {Phase::forcing, Event::refused, Phase::cut, Row::nothing, "that server is on air"},
      {Phase::off, Event::time_over, Phase::pressing, Row::press_button, "button pressed"},
      {Phase::pressing, Event::let_go, Phase::waiting, Row::nothing, "waits for heartbeats"},
      {Phase::pressing, Event::refused, Phase::cut, Row::nothing, "that server is on air"},
      {Phase::waiting, Event::life, Phase::alive, Row::nothing, "it lives"},
      {Phase::waiting, Event::again_press, Phase::pressing, Row::press_button,
       "no life, once more"},
      {Phase::waiting, Event::again_cycle, Phase::forcing, Row::hold_power, "no life, once more"},
      {Phase::waiting, Event::spent, Phase::no_life, Row::nothing, "no life"},
  }};
  static constexpr std::array<const char*, 8> phase_names = {
      "idle", "forcing off", "off", "pressing", "waiting", "alive", "no life", "refused: on air"};
  static constexpr uint32_t proof_beats = 2;  // heartbeats after the button was let go

  struct Facts {
    uint32_t now;
    uint32_t beats;  // counted from that server so far
    bool pressed;    // the relay is still closed
    bool cut;        // the last press was refused or cut short
  };

  /// Whether it begins: not while another is under way.
  std::optional<Press> ask(protocol::Server server, Way way, const BootTimes& times, uint32_t now) {
    if (busy()) return std::nullopt;
    server_ = server, way_ = way, times_ = times, left_ = times.attempts, phase_ = Phase::idle;
    return take(way == Way::cycle ? Event::ask_cycle : Event::ask_press, {now, 0, false, false});
  }

  std::optional<Press> step(const Facts& facts) {
    const auto event = event_of(facts);
    return event ? take(*event, facts) : std::nullopt;
  }

  bool busy() const {
    return phase_ == Phase::forcing || phase_ == Phase::off || phase_ == Phase::pressing ||
           phase_ == Phase::waiting;
  }
  Phase phase() const { return phase_; }
  protocol::Server server() const { return server_; }
  const char* phase_name() const { return phase_names[static_cast<uint8_t>(phase_)]; }
  const char* why() const { return why_; }

 private:
  std::optional<Event> event_of(const Facts& facts) const {
    const uint32_t since = facts.now - since_;
    switch (phase_) {
      case Phase::forcing:
      case Phase::pressing:
        if (facts.cut) return Event::refused;
        return facts.pressed ? std::nullopt : std::optional(Event::let_go);
      case Phase::off:
        return since >= times_.off_ms ? std::optional(Event::time_over) : std::nullopt;
      case Phase::waiting:
        if (facts.beats - beats_ >= proof_beats) return Event::life;
        if (since / 1000 < times_.life_s) return std::nullopt;
        return left_ == 0           ? Event::spent
               : way_ == Way::cycle ? Event::again_cycle
                                    : Event::again_press;
      default:
        return std::nullopt;
    }
  }

  std::optional<Press> take(Event event, const Facts& facts) {
    for (const Row& row : table) {
      if (row.from != phase_ || row.on != event) continue;
      phase_ = row.to, why_ = row.why, since_ = facts.now, beats_ = facts.beats;
      if (row.action == Row::hold_power) return Press{relay(false), times_.force_ms};
      if (row.action == Row::press_button) {
        if (left_ > 0) --left_;
        return Press{relay(way_ == Way::reset), times_.press_ms};
      }
      return std::nullopt;
    }
    return std::nullopt;
  }

  protocol::soc::Relay relay(bool reset) const {
    return static_cast<protocol::soc::Relay>((server_ == protocol::Server::b ? 2 : 0) +
                                             (reset ? 1 : 0));
  }

  Phase phase_ = Phase::idle;
  protocol::Server server_ = protocol::Server::a;
  Way way_ = Way::reset;
  uint8_t left_ = 0;  // presses of the button that are left
  BootTimes times_{};
  uint32_t since_ = 0, beats_ = 0;  // when the phase began, and the beats counted then
  const char* why_ = "";
};

}  // namespace understudy::firmware
