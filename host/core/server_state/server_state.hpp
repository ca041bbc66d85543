// SPDX-License-Identifier: Apache-2.0
// The nine states of a server (FR-17 to FR-26) as one table, and all of it. Facts of the world come
// in as events; an event without a row leaves the state as it is and is counted. STATES.md is
// printed from this table. Safety that can be said about the table is said by static_assert.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/states.hpp"

namespace understudy::core {

using protocol::ServerState;

enum class StateEvent : uint8_t {
  on_air,            // the gate lets this server through
  off_air,           // the gate lets the other one through
  peer_seen,         // the other server is there and fit for its role
  peer_lost,         // it is silent, failed or offline
  peer_restarted,    // the other daemon is a new process
  self_failed,       // critical applications died or hang
  self_restored,     // they are back
  operator_offline,  // an operator takes this server out
  operator_online,   // ... and back in
  sync_started,      // a data synchronisation began, whoever initiated it
  sync_abandoned,    // it led to nothing within its time
  proven_equal,      // the gate has shown enough equal frames
  proof_lost,        // the gate shows pictures that are not equal
  appliance_lost,    // the gate cannot be heard any more
  appliance_back,    // it is heard again, and nothing else is wrong
};
inline constexpr size_t state_event_count = 15;

constexpr std::string_view to_text(StateEvent e) {
  constexpr std::string_view names[] = {
      "on_air",         "off_air",       "peer_seen",        "peer_lost",       "peer_restarted",
      "self_failed",    "self_restored", "operator_offline", "operator_online", "sync_started",
      "sync_abandoned", "proven_equal",  "proof_lost",       "appliance_lost",  "appliance_back"};
  return names[static_cast<uint8_t>(e)];
}

struct StateRow {
  ServerState from;
  StateEvent on;
  ServerState to;
  std::string_view action;  // what the daemon does with it
  std::string_view why;     // the log's words
};

/// The state of a daemon that has just started.
inline constexpr ServerState initial_state = ServerState::secondary_no_primary;

/// The whole table, in the order of the states.
std::span<const StateRow> state_table();

/// The row for an event in a state, or nothing: the state stays.
const StateRow* find_row(ServerState from, StateEvent on);

class StateMachine {
 public:
  ServerState state() const { return state_; }
  /// The row taken, or nothing when there is none: then the event is counted.
  const StateRow* apply(StateEvent on);
  /// Whether the event would change anything; for facts that are told again and again.
  bool wants(StateEvent on) const { return find_row(state_, on) != nullptr; }
  uint64_t ignored() const { return ignored_; }

 private:
  ServerState state_ = initial_state;
  uint64_t ignored_ = 0;
};

constexpr bool is_primary(ServerState s) {
  return s == ServerState::primary || s == ServerState::primary_no_secondary ||
         s == ServerState::primary_offline;
}
/// What leaves its applications is to be delivered.
constexpr bool delivers(ServerState s) {
  return s == ServerState::primary || s == ServerState::primary_no_secondary;
}

}  // namespace understudy::core
