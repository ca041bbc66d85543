// SPDX-License-Identifier: Apache-2.0
// Words that both ends say with numbers: servers, states (FR-17 to FR-26), modes, alarms.
// The numbers are on the wire and in gateware: never renumber, only append.
#pragma once

#include <cstdint>

namespace understudy::protocol {

enum class Server : uint8_t { a = 0, b = 1 };

constexpr Server other(Server s) {
  return s == Server::a ? Server::b : Server::a;
}
constexpr const char* to_text(Server s) {
  return s == Server::a ? "A" : "B";
}

/// The nine states of a server. 0 on the wire means "not known" (no heartbeat seen yet).
enum class ServerState : uint8_t {
  unknown = 0,
  primary = 1,
  primary_offline = 2,
  primary_no_secondary = 3,
  failed = 4,
  secondary = 5,
  secondary_offline = 6,
  secondary_synchronizing = 7,
  secondary_synchronized = 8,
  secondary_no_primary = 9,
};
inline constexpr uint8_t server_state_last = 9;

constexpr const char* to_text(ServerState s) {
  switch (s) {
    case ServerState::unknown:
      return "Unknown";
    case ServerState::primary:
      return "Primary";
    case ServerState::primary_offline:
      return "Primary_offline";
    case ServerState::primary_no_secondary:
      return "Primary_no_secondary";
    case ServerState::failed:
      return "Failed";
    case ServerState::secondary:
      return "Secondary";
    case ServerState::secondary_offline:
      return "Secondary_offline";
    case ServerState::secondary_synchronizing:
      return "Secondary_synchronizing";
    case ServerState::secondary_synchronized:
      return "Secondary_synchronized";
    case ServerState::secondary_no_primary:
      return "Secondary_no_primary";
  }
  return "?";
}

/// A server in one of these does not want to be, or must not be, on air.
constexpr bool is_offline(ServerState s) {
  return s == ServerState::primary_offline || s == ServerState::secondary_offline;
}
constexpr bool is_withdrawn(ServerState s) {
  return s == ServerState::failed || is_offline(s);
}

enum class Mode : uint8_t { automatic = 0, manual = 1, lockout = 2 };

constexpr const char* to_text(Mode m) {
  return m == Mode::automatic ? "automatic" : m == Mode::manual ? "manual" : "lockout";
}

/// Why the server on air changed (or would have). Priority is the order of the numbers.
enum class Reason : uint8_t {
  none = 0,
  operator_request = 1,
  declared_failed = 2,
  beats_missed = 3,
  picture_bad = 4,
  offline = 5,  // the server on air says that it was taken offline
  discard = 6,  // the server on air marks discard, the other does not: planned handover
  automatic_return = 7,
};

constexpr const char* to_text(Reason r) {
  switch (r) {
    case Reason::none:
      return "none";
    case Reason::operator_request:
      return "operator_request";
    case Reason::declared_failed:
      return "declared_failed";
    case Reason::beats_missed:
      return "beats_missed";
    case Reason::picture_bad:
      return "picture_bad";
    case Reason::offline:
      return "offline";
    case Reason::discard:
      return "discard";
    case Reason::automatic_return:
      return "automatic_return";
  }
  return "?";
}

/// Bits of the alarm word in ticks and in the ALARMS register.
enum class Alarm : uint16_t {
  diverged = 1u << 0,     // both pictures good but not equal
  unprotected = 1u << 1,  // not both healthy and proven equal
  lines_lost = 1u << 2,   // at least one line lost since the alarms were cleared (latched)
  no_eligible = 1u << 3,  // the server on air should be left, nobody may take over
  flap_hold = 1u << 4,    // a change was due and the anti-flap rule held it
  beats_a = 1u << 5,      // server A's heartbeats are missing
  beats_b = 1u << 6,
  picture_a = 1u << 7,  // server A's picture was bad in the frame just sent
  picture_b = 1u << 8,
  failed_a = 1u << 9,  // server A says Failed
  failed_b = 1u << 10,
  events_lost = 1u << 11,  // a reader of the event log was too slow (latched)
  link_a = 1u << 12,       // garbage on server A's link since the alarms were cleared (latched)
  link_b = 1u << 13,
};
inline constexpr uint8_t alarm_bits = 14;
inline constexpr const char* alarm_names[alarm_bits] = {
    "diverged",  "unprotected", "lines_lost", "no_eligible", "flap_hold",   "beats_a", "beats_b",
    "picture_a", "picture_b",   "failed_a",   "failed_b",    "events_lost", "link_a",  "link_b"};

}  // namespace understudy::protocol
