// SPDX-License-Identifier: Apache-2.0
#include "host/core/gate_event/gate_event.hpp"

#include <algorithm>
#include <cstdio>

#include "protocol/states.hpp"

namespace understudy::core {
namespace {

using protocol::EventKind;

std::string number(uint32_t n) {
  return std::to_string(n);
}

/// "beats_missed" as a person writes it.
std::string spaced(std::string text) {
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string reason(uint32_t data) {
  return spaced(to_text(protocol::Reason(data & 0xFF)));
}

}  // namespace

std::optional<EventKind> gate_event_named(std::string_view name) {
  for (uint8_t k = 0; k <= protocol::event_kind_last; ++k)
    if (name == to_text(EventKind(k))) return EventKind(k);
  return std::nullopt;
}

std::string gate_event_amount(EventKind kind, uint32_t data) {
  switch (kind) {
    case EventKind::start:
      return "protocol version " + number(data);
    case EventKind::rescued_lines:
    case EventKind::lost_lines:
    case EventKind::picture_bad:
      return number(data) + (data == 1 ? " line" : " lines");
    case EventKind::diverged: {
      char text[40];
      std::snprintf(text, sizeof text, "checksums differ by 0x%08x", unsigned(data));
      return text;
    }
    case EventKind::protected_on:
      return number(data) + " equal frames";
    case EventKind::link_error:
      return number(data) + " bad messages so far";
    case EventKind::events_lost:
      return number(data) + " events";
    case EventKind::freeze:
      return number(data) + " frames";
    case EventKind::black:
      return "brightest value " + number(data);
    default:
      return "";
  }
}

std::string gate_event_meaning(const protocol::Event& e) {
  const std::string who = e.source == 0 ? "A" : e.source == 1 ? "B" : "the gate";
  const auto amount = gate_event_amount(e.kind, e.data);
  switch (e.kind) {
    case EventKind::none:
      break;
    case EventKind::start:
      return "the gate came out of reset, " + amount;
    case EventKind::takeover:
      return who + " is on air, term " + number(e.term) + ", because of: " + reason(e.data);
    case EventKind::hold:
      return "a change was due and not made: " + reason(e.data) +
             ((e.data & 0x100) != 0 ? ", too many changes" : "");
    case EventKind::rescue:
      return "first line of the frame that was rescued, taken from " + who;
    case EventKind::rescued_lines:
      return amount + " rescued in the frame just sent";
    case EventKind::lost:
      return "first line of the frame that no server had good";
    case EventKind::lost_lines:
      return amount + " lost in the frame just sent";
    case EventKind::diverged:
      return "both pictures are good and not equal any more: " + amount;
    case EventKind::converged:
      return "a whole frame was equal again";
    case EventKind::beats_lost:
      return who + "'s heartbeats are missing";
    case EventKind::beats_back:
      return who + "'s heartbeats are back";
    case EventKind::server_state:
      return who + " says " + to_text(protocol::ServerState(e.data & 0xFF)) + ", before " +
             to_text(protocol::ServerState(e.data >> 8 & 0xFF));
    case EventKind::picture_bad:
      return who + "'s picture was bad in the frame just sent: " + amount;
    case EventKind::picture_good:
      return who + "'s picture is good again";
    case EventKind::protected_on:
      return "protected: " + amount;
    case EventKind::protected_off:
      return "not protected any more";
    case EventKind::request:
      return who + " asked " + spaced(to_text(protocol::RequestOp(e.data & 0xFF))) + ": " +
             spaced(to_text(protocol::RequestResult(e.data >> 8 & 0xFF)));
    case EventKind::link_error:
      return who + "'s link brought a bad message: " + amount;
    case EventKind::events_lost:
      return amount + " of the gate did not reach this server";
    case EventKind::freeze:
      return who + "'s picture stands still and the other's moves: " + amount;
    case EventKind::black:
      return who + "'s picture is black and the other's is not: " + amount;
  }
  return "";
}

}  // namespace understudy::core
