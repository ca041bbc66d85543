// SPDX-License-Identifier: Apache-2.0
// From facts to the state. Facts are levels (on air, peer fit, well, asked to be offline); each is
// told to the table for as long as the table has a row for it.
#include <algorithm>
#include <utility>

#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;
using enum StateEvent;

void Server::tell(StateEvent on, std::string_view because) {
  const ServerState from = state();
  const StateRow* row = machine_.apply(on);
  if (row == nullptr) return;
  std::vector<RecordField> fields{{"from", std::string(to_text(row->from))},
                                  {"to", std::string(to_text(row->to))},
                                  {"on", std::string(to_text(on))},
                                  {"why", std::string(row->why)}};
  if (!because.empty()) fields.emplace_back("because", std::string(because));
  record("state", row->to == ServerState::failed ? Severity::error : Severity::info,
         std::move(fields));
  entered(from, row->to);
}

void Server::settle() {
  judge_self();
  const auto fact = [this](StateEvent on) {
    if (machine_.wants(on)) tell(on);
  };
  // Each round can move the state once or twice; the longest way (Failed to Primary_offline) has
  // four steps.
  for (int round = 0; round < 4; ++round) {
    const ServerState before = state();
    if (appliance_heard_ || !options_.appliance) fact(on_air_ ? on_air : off_air);
    fact(peer_is_fit() ? peer_seen : peer_lost);
    if (offline_asked_) fact(operator_offline);
    if (state() == before) break;
  }
}

void Server::judge_self() {
  failure_ = monitor_.failure();
  if (state() != ServerState::failed) {
    if (failure_) tell(self_failed, *failure_);
    return;
  }
  if (failure_) return;
  if (!failed_by_appliance_)
    tell(self_restored);
  else if (appliance_heard_)
    tell(appliance_back);
}

/// There, proven to live now, and neither failed nor offline; under an appliance its beats must
/// arrive there too.
bool Server::peer_is_fit() const {
  if (!session_.connected() || !peer_ || peer_->state == ServerState::unknown) return false;
  if (protocol::is_withdrawn(peer_->state)) return false;
  if (!options_.appliance) return primary() || is_primary(peer_->state);
  return !appliance_heard_ || !tick_ || gate_hears_peer();
}

bool Server::gate_hears_peer() const {
  if (!appliance_heard_ || !tick_) return false;
  const auto theirs = tick_->port == protocol::Server::a ? tick_->state_b : tick_->state_a;
  return theirs != ServerState::unknown;
}

/// Without a third party: whoever is alone, or has the smaller name, takes the role. A cut wire
/// looks like a dead peer here; fencing and the ping monitor stand beside this, not in it.
void Server::choose_role_without_appliance() {
  frame_ = base_frame_ + static_cast<uint32_t>((now_ - base_at_) / beats_.frame());
  const auto take = [this](bool on) {
    if (on_air_ == on) return;
    on_air_ = on;
    if (on) ++term_.value;
    record("on_air", Severity::info, {{"self", on}});
  };
  if (state() == ServerState::failed || offline_asked_) return take(false);
  if (options_.guarded) {
    if (role_said_ && !on_air_) term_ = std::max(term_, peer_term_);
    return take(role_said_);
  }
  if (!session_.connected() || !peer_) {
    if (!options_.peer || now_ - alone_since() > 2 * limits::peer_silence_frames * beats_.frame())
      take(true);
    return;
  }
  const bool smaller = options_.name < session_.peer_name();
  if (on_air_) {
    if (is_primary(peer_->state) && (peer_term_ > term_ || (peer_term_ == term_ && !smaller)))
      take(false);
  } else if (protocol::is_withdrawn(peer_->state) || (!is_primary(peer_->state) && smaller)) {
    term_ = std::max(term_, peer_term_);
    take(true);
  }
}

Instant Server::alone_since() const {
  return std::max(started_at_, session_.last_heard());
}

/// What a change of state brings with it.
void Server::entered(ServerState from, ServerState to) {
  const bool follows =
      to == ServerState::secondary_synchronizing || to == ServerState::secondary_synchronized;
  if (!follows) stop_following();
  if (is_primary(to) && !is_primary(from)) {
    log_.take_over();
    primary_since_ = now_;
    retry_later_ = false;
    commit();
  }
  if (!is_primary(to) && is_primary(from)) stop_leading();
  if (from == ServerState::failed) failed_by_appliance_ = false;
  tell_discard();
}

void Server::tell_discard() {
  const bool on = !delivers(state());
  for (auto& [id, client] : clients_) {
    if (client.discard == on) continue;
    client.discard = on;
    actions_.push_back(SendDiscard{id, on});
  }
}

void Server::tell_service() {
  const bool serving = primary() && delivers(state()) && on_air_ && service_held_.value_or(true);
  for (auto& [id, client] : clients_) {
    if (!client.wants_service) continue;
    const SendService now{id, serving, term_};
    if (client.told && client.told->serving == serving && client.told->term == term_) continue;
    client.told = now;
    actions_.push_back(now);
  }
}

Status Server::status() const {
  Status s;
  s.name = options_.name;
  s.state = state();
  s.reason = status_reason();
  s.offline_asked = offline_asked_;
  s.appliance = appliance_heard_;
  if (tick_) {
    s.port = tick_->port;
    s.on_air = tick_->on_air;
    s.state_a = tick_->state_a;
    s.state_b = tick_->state_b;
    s.mode = tick_->mode;
    s.alarms = tick_->alarms;
    s.equal_frames = tick_->equal_frames;
  }
  s.is_protected = is_protected();
  s.frame = frame_.value;
  s.term = term_.value;
  s.peer = peer_;
  s.initiator = options_.initiator;
  s.synchronized_peer = follower_ != 0;
  s.burden = burden_status();
  s.log_base = log_.base().value;
  s.log_last = log_.last().value;
  s.log_committed = log_.committed().value;
  for (const auto& [name, a] : monitor_.applications()) {
    const auto client = clients_.find(a.id);
    const Client none;
    const Client& c = client == clients_.end() ? none : client->second;
    s.applications.push_back(
        {name, !a.down, a.down ? std::string(to_text(*a.down)) : "",
         static_cast<uint64_t>(
             std::chrono::duration_cast<std::chrono::milliseconds>(a.deadline).count()),
         c.wants_parameters, c.discard, c.applied.value});
  }
  for (const auto& [key, value] : log_.values().all()) s.parameters.push_back({key, value});
  s.beats_sent = beats_sent_;
  s.peer_refused = peer_garbage_ + session_.refused();
  s.link_garbage = link_garbage_;
  s.events_ignored = machine_.ignored();
  s.changes_restamped = restamped_;
  s.changes_late = late_;
  s.gate_restarts = gate_restarts_;
  return s;
}

/// As the gate says: both healthy and proven equal, right now.
bool Server::is_protected() const {
  return appliance_heard_ && tick_ &&
         (tick_->alarms & static_cast<uint16_t>(protocol::Alarm::unprotected)) == 0;
}

}  // namespace understudy::core
