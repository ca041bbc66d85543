// SPDX-License-Identifier: Apache-2.0
#include "host/core/server_state/server_state.hpp"

#include <algorithm>

namespace understudy::core {
namespace {

using enum ServerState;
using enum StateEvent;

// One row a line, in the order of the states: from, on, to, what the daemon does, why.
// clang-format off
constexpr std::array rows = std::to_array<StateRow>({
    {primary, off_air, secondary, "discard on, forget the follower", "the gate lets the other server through"},
    {primary, peer_lost, primary_no_secondary, "", "the secondary is silent, failed or offline"},
    {primary, self_failed, failed, "discard on, tell gate and peer", "critical applications are down"},
    {primary, operator_offline, primary_offline, "discard on: planned handover", "an operator takes this server out"},
    {primary, appliance_lost, failed, "discard on", "without the gate's word no server may take itself for on air"},

    {primary_offline, off_air, secondary_offline, "forget the follower", "the other server has taken over"},
    {primary_offline, self_failed, failed, "tell gate and peer", "critical applications are down"},
    {primary_offline, operator_online, primary_no_secondary, "discard off", "an operator puts this server back in before anyone took over"},
    {primary_offline, appliance_lost, secondary_offline, "", "without the gate's word no server may take itself for on air"},

    {primary_no_secondary, off_air, secondary_no_primary, "discard on, forget the follower", "the gate lets the other server through"},
    {primary_no_secondary, peer_seen, primary, "", "a secondary is there"},
    {primary_no_secondary, self_failed, failed, "discard on, tell gate and peer", "critical applications are down"},
    {primary_no_secondary, operator_offline, primary_offline, "discard on", "an operator takes this server out"},
    {primary_no_secondary, appliance_lost, failed, "discard on", "without the gate's word no server may take itself for on air"},

    {failed, self_restored, secondary_no_primary, "", "critical applications are well again"},
    {failed, operator_online, secondary_no_primary, "", "an operator says that this server is well again"},
    {failed, appliance_back, secondary_no_primary, "", "the gate is heard again, and nothing else is wrong"},

    {secondary, on_air, primary, "discard off, go on with the log", "the gate lets this server through"},
    {secondary, peer_lost, secondary_no_primary, "", "the primary is silent, failed or offline"},
    {secondary, self_failed, failed, "tell gate and peer", "critical applications are down"},
    {secondary, operator_offline, secondary_offline, "", "an operator takes this server out"},
    {secondary, sync_started, secondary_synchronizing, "ask for a snapshot", "data synchronisation begins"},

    {secondary_offline, on_air, primary_offline, "", "the gate lets this server through although it is offline"},
    {secondary_offline, self_failed, failed, "tell gate and peer", "critical applications are down"},
    {secondary_offline, operator_online, secondary_no_primary, "", "an operator puts this server back in"},

    {secondary_synchronizing, on_air, primary, "discard off, go on with the log", "the gate lets this server through"},
    {secondary_synchronizing, peer_lost, secondary_no_primary, "stop following", "the primary is silent, failed or offline"},
    {secondary_synchronizing, peer_restarted, secondary, "stop following", "the primary's daemon is a new process: its log must be learnt again"},
    {secondary_synchronizing, self_failed, failed, "stop following, tell gate and peer", "critical applications are down"},
    {secondary_synchronizing, operator_offline, secondary_offline, "stop following", "an operator takes this server out"},
    {secondary_synchronizing, sync_abandoned, secondary, "stop following", "the pictures did not become equal in time"},
    {secondary_synchronizing, proven_equal, secondary_synchronized, "", "the gate has shown enough equal frames"},
    {secondary_synchronizing, appliance_lost, secondary, "stop following", "nobody can prove that the pictures are equal"},

    {secondary_synchronized, on_air, primary, "discard off, go on with the log", "the gate lets this server through"},
    {secondary_synchronized, peer_lost, secondary_no_primary, "stop following", "the primary is silent, failed or offline"},
    {secondary_synchronized, peer_restarted, secondary, "stop following", "the primary's daemon is a new process: its log must be learnt again"},
    {secondary_synchronized, self_failed, failed, "stop following, tell gate and peer", "critical applications are down"},
    {secondary_synchronized, operator_offline, secondary_offline, "stop following", "an operator takes this server out"},
    {secondary_synchronized, sync_started, secondary_synchronizing, "ask for a snapshot", "data synchronisation begins again"},
    {secondary_synchronized, proof_lost, secondary_synchronizing, "prove again", "the gate shows pictures that are not equal, or a change came late"},
    {secondary_synchronized, appliance_lost, secondary, "stop following", "nobody can prove that the pictures are equal"},

    {secondary_no_primary, on_air, primary_no_secondary, "discard off, go on with the log", "the gate lets this server through"},
    {secondary_no_primary, peer_seen, secondary, "", "a primary is there"},
    {secondary_no_primary, self_failed, failed, "tell gate and peer", "critical applications are down"},
    {secondary_no_primary, operator_offline, secondary_offline, "", "an operator takes this server out"},
});
// clang-format on

constexpr const StateRow* row_of(ServerState from, StateEvent on) {
  for (const auto& row : rows)
    if (row.from == from && row.on == on) return &row;
  return nullptr;
}
constexpr bool every(bool (*holds)(const StateRow&)) {
  return std::all_of(rows.begin(), rows.end(), holds);
}

constexpr bool one_answer_each() {
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j)
      if (rows[i].from == rows[j].from && rows[i].on == rows[j].on) return false;
  return true;
}
constexpr bool reachable() {
  std::array<bool, protocol::server_state_last + 1> seen{};
  seen[uint8_t(initial_state)] = true;
  for (size_t round = 0; round < seen.size(); ++round)
    for (const auto& row : rows)
      if (seen[uint8_t(row.from)]) seen[uint8_t(row.to)] = true;
  for (uint8_t s = 1; s <= protocol::server_state_last; ++s)
    if (!seen[s]) return false;
  return true;
}
constexpr bool in_each(StateEvent on, ServerState to, bool (*where)(ServerState)) {
  for (uint8_t s = 1; s <= protocol::server_state_last; ++s)
    if (where(ServerState(s))) {
      const auto* row = row_of(ServerState(s), on);
      if (row == nullptr || row->to != to) return false;
    }
  return true;
}

static_assert(one_answer_each(), "an event has one answer in a state");
static_assert(reachable(), "each of the nine states can be reached");
static_assert(every([](const StateRow& r) { return r.from != r.to && !r.why.empty(); }),
              "a row changes the state and says why");
static_assert(every([](const StateRow& r) {
                return !is_primary(r.to) || is_primary(r.from) || r.on == on_air;
              }),
              "only the gate's word makes a primary");
static_assert(every([](const StateRow& r) {
                return !(is_primary(r.from) && (r.on == off_air || r.on == appliance_lost)) ||
                       !is_primary(r.to);
              }),
              "who is not on air, or cannot know it, is no primary");
static_assert(every([](const StateRow& r) {
                return r.to != secondary_synchronized ||
                       (r.from == secondary_synchronizing && r.on == proven_equal);
              }),
              "only the gate's proof makes a synchronized secondary");
static_assert(every([](const StateRow& r) {
                return !delivers(r.to) || r.on == on_air || delivers(r.from) ||
                       r.on == operator_online;
              }),
              "delivering begins with the gate's or an operator's word");
static_assert(in_each(self_failed, failed, [](ServerState s) { return s != failed; }),
              "a failure counts in every state");
static_assert(every([](const StateRow& r) {
                return r.from != failed || r.to == secondary_no_primary;
              }),
              "a failed server comes back as a secondary without anything proven");
static_assert(row_of(failed, on_air) == nullptr, "a failed server never becomes primary");

}  // namespace

std::span<const StateRow> state_table() {
  return rows;
}

const StateRow* find_row(ServerState from, StateEvent on) {
  return row_of(from, on);
}

const StateRow* StateMachine::apply(StateEvent on) {
  const StateRow* row = find_row(state_, on);
  if (row == nullptr)
    ++ignored_;
  else
    state_ = row->to;
  return row;
}

}  // namespace understudy::core
