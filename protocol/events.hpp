// SPDX-License-Identifier: Apache-2.0
// The kinds of event in the gateware's log. `source` is 0 for A, 1 for B, 2 for the gate itself.
// Numbers are on the wire: never renumber, only append. rtl/README.md says when each is written.
#pragma once

#include <cstdint>

namespace understudy::protocol {

/// Of link.hpp's messages and of these numbers. It stands in each tick and in the event `start`.
inline constexpr uint8_t link_version = 2;  // 2: lines for the firmware

enum class EventKind : uint8_t {
  none = 0,
  start = 1,          // gateware came out of reset. data: link_version
  takeover = 2,       // source: the new server on air. term: the new term. data: Reason
  hold = 3,           // a change was due and not made. data: Reason | (flap ? 0x100 : 0)
  rescue = 4,         // first rescued line of a frame. source: where the line came from
  rescued_lines = 5,  // at the boundary: data = lines rescued in the frame just sent
  lost = 6,           // first lost line of a frame. source: 2
  lost_lines = 7,     // at the boundary: data = lines lost in the frame just sent
  diverged = 8,  // first line with two good, unequal pictures after equality. data: A's CRC xor B's
  converged = 9,      // at the boundary: a whole frame was equal again
  beats_lost = 10,    // M of the last N heartbeats of `source` missing
  beats_back = 11,    // N in a row were received
  server_state = 12,  // `source` says a new state. data: new state | old state << 8
  picture_bad = 13,   // at the boundary, on the change. data: lines that were bad
  picture_good = 14,  // at the boundary, on the change
  protected_on = 15,  // at the boundary, on the change. data: equal frames in a row
  protected_off = 16,
  request = 17,      // a request was carried out or refused. data: op | result << 8 | id << 16
  link_error = 18,   // first bad frame on `source`'s link after a good one. data: bad frames so far
  events_lost = 19,  // to this reader only: data = events it did not get
  freeze = 20,       // untagged input stands still while the other moves. data: frames
  black = 21,        // untagged input went black while the other did not. data: brightest value
};
inline constexpr uint8_t event_kind_last = 21;

constexpr const char* to_text(EventKind k) {
  constexpr const char* names[] = {"none",          "start",         "takeover",     "hold",
                                   "rescue",        "rescued_lines", "lost",         "lost_lines",
                                   "diverged",      "converged",     "beats_lost",   "beats_back",
                                   "server_state",  "picture_bad",   "picture_good", "protected_on",
                                   "protected_off", "request",       "link_error",   "events_lost",
                                   "freeze",        "black"};
  return static_cast<uint8_t>(k) <= event_kind_last ? names[static_cast<uint8_t>(k)] : "?";
}

/// What a host may ask for (link REQUEST, COMMAND register).
enum class RequestOp : uint8_t {
  none = 0,
  switch_to_a = 1,
  switch_to_b = 2,
  mode_automatic = 3,
  mode_manual = 4,
  mode_lockout = 5,
  clear_alarms = 6,
};

constexpr const char* to_text(RequestOp op) {
  constexpr const char* names[] = {"none",        "switch_to_a",  "switch_to_b", "mode_automatic",
                                   "mode_manual", "mode_lockout", "clear_alarms"};
  return static_cast<uint8_t>(op) <= 6 ? names[static_cast<uint8_t>(op)] : "?";
}

enum class RequestResult : uint8_t {
  done = 0,
  refused_lockout = 1,
  refused_not_eligible = 2,
  refused_already = 3,
  refused_unknown = 4,
};

constexpr const char* to_text(RequestResult r) {
  constexpr const char* names[] = {"done", "refused_lockout", "refused_not_eligible",
                                   "refused_already", "refused_unknown"};
  return static_cast<uint8_t>(r) <= 4 ? names[static_cast<uint8_t>(r)] : "?";
}

}  // namespace understudy::protocol
