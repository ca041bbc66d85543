// SPDX-License-Identifier: Apache-2.0
// What operators ask. The gate decides what concerns it; its answer comes back as an event.
#include <algorithm>
#include <utility>

#include "host/core/daemon/send_peer.hpp"
#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;
using protocol::RequestOp;

namespace {
std::string_view words(protocol::RequestResult r) {
  switch (r) {
    case protocol::RequestResult::done:
      return "done";
    case protocol::RequestResult::refused_lockout:
      return "the gate is locked: mode is lockout";
    case protocol::RequestResult::refused_not_eligible:
      return "that server is not eligible: not healthy, or never seen healthy";
    case protocol::RequestResult::refused_already:
      return "it is on air already, or a later request took this one's place";
    case protocol::RequestResult::refused_unknown:
      break;
  }
  return "the gate does not know this request";
}
}  // namespace

void Server::handle(const ControlRequest& e) {
  std::visit([&](const auto& what) { ask(e.id, what); }, e.what);
}

void Server::ask(RequestId id, const SwitchRequest& r) {
  if (!appliance_heard_ || !tick_)
    return reply(id, ReplyCode::refused, "no appliance is heard that could switch");
  const auto to = r.to.value_or(other(tick_->on_air));
  if (to == tick_->on_air)
    return reply(id, ReplyCode::refused, std::string(to_text(to)) + " is on air already");
  if (!r.force && !is_protected())
    return reply(id, ReplyCode::not_protected,
                 "the pictures are not proven equal now; force it to switch all the same");
  ask_gate(id, to == protocol::Server::a ? RequestOp::switch_to_a : RequestOp::switch_to_b);
}

void Server::ask(RequestId id, const OfflineRequest& r) {
  if (offline_asked_) return reply(id, ReplyCode::done, "this server is offline already");
  if (primary() && !r.force && !is_protected())
    return reply(id, ReplyCode::not_protected,
                 "this server is on air and no other is proven equal to take over; force it to go "
                 "offline all the same");
  offline_asked_ = true;
  settle();
  reply(id, ReplyCode::done,
        state() == ServerState::failed ? "this server is failed; it stays offline when it is back"
                                       : "this server goes offline",
        {{"state", std::string(to_text(state()))}});
}

void Server::ask(RequestId id, const OnlineRequest&) {
  offline_asked_ = false;
  for (const auto& name : monitor_.operator_clears())
    record("application", Severity::info, {{"name", name}, {"what", "forgotten"}});
  failure_ = monitor_.failure();
  const bool may = state() != ServerState::failed || (!failure_ && !failed_by_appliance_);
  if (may && machine_.wants(StateEvent::operator_online)) tell(StateEvent::operator_online);
  settle();
  if (state() == ServerState::failed)
    return reply(id, ReplyCode::refused,
                 "this server is failed: " + status_reason() + "; " +
                     (failure_ ? monitor_.remedy()
                               : "look at the way to it ('understudy status'): this server is back "
                                 "by itself when ticks come"));
  reply(id, ReplyCode::done, "this server is online", {{"state", std::string(to_text(state()))}});
}

void Server::ask(RequestId id, const ModeRequest& r) {
  ask_gate(id, r.mode == protocol::Mode::automatic ? RequestOp::mode_automatic
               : r.mode == protocol::Mode::manual  ? RequestOp::mode_manual
                                                   : RequestOp::mode_lockout);
}

void Server::ask(RequestId id, const ClearAlarmsRequest&) {
  ask_gate(id, RequestOp::clear_alarms);
}

void Server::ask(RequestId id, const SetRequest& r) {
  if (auto ok = Parameters().allows(r.key, r.value); !ok)
    return reply(id, ReplyCode::bad_request, ok.error().text);
  if (options_.check_parameter)
    if (auto ok = options_.check_parameter(r.key, r.value); !ok)
      return reply(id, ReplyCode::bad_request, ok.error().text);
  const Instant until = now_ + limits::request_frames_max * beats_.frame();
  if (lacks_log())
    return reply(id, ReplyCode::refused,
                 "this server's daemon has just begun while on air and asks its peer for the "
                 "parameters; try again");
  if (primary()) {
    const auto entry = log_.propose(r.key, r.value, frame_);
    if (!entry) return reply(id, ReplyCode::refused, entry.error().text);
    ordered_[entry->index.value] = {id, until};
    send_entries();
    return commit();
  }
  if (!session_.connected() || !peer_ || !is_primary(peer_->state))
    return reply(id, ReplyCode::refused, "no primary is there to order the change");
  if (handed_.size() >= limits::requests_pending_max)
    return reply(id, ReplyCode::refused, "too many changes wait for the primary; try again");
  const uint32_t number = next_handed_++;
  handed_[number] = {id, until, r.key, r.value};
  send_peer(protocol::peer::SetRequest{number, r.key, r.value});
}

void Server::ask(RequestId id, const SynchronizeRequest&) {
  if (!session_.connected() || !peer_)
    return reply(id, ReplyCode::refused, "no peer is there to synchronise with");
  if (primary()) {
    if (!protocol::is_offline(peer_->state) && peer_->state != ServerState::failed) {
      offer_until_ = frame_ + limits::request_frames_max;
      offering_ = true;
      send_peer(protocol::peer::SyncStart{});
      return reply(id, ReplyCode::done, "the secondary is told to synchronise");
    }
    return reply(id, ReplyCode::refused,
                 "the peer is " + std::string(to_text(peer_->state)) + " and cannot synchronise");
  }
  if (!start_synchronization("component"))
    return reply(
        id, ReplyCode::refused,
        "this server is " + std::string(to_text(state())) + " and cannot begin to synchronise now");
  reply(id, ReplyCode::done, "synchronisation begins");
}

// --- the gate's answers
// ------------------------------------------------------------------------------

void Server::ask_gate(RequestId id, RequestOp op) {
  if (!appliance_heard_) return reply(id, ReplyCode::refused, "no appliance is heard");
  if (gate_requests_.size() >= limits::requests_pending_max)
    return reply(id, ReplyCode::refused, "too many requests wait for the gate; try again");
  const uint16_t number = next_gate_request_++;
  std::optional<protocol::Server> to;
  if (op == RequestOp::switch_to_a) to = protocol::Server::a;
  if (op == RequestOp::switch_to_b) to = protocol::Server::b;
  gate_requests_[number] = {id, now_ + limits::request_frames_max * beats_.frame(), to};
  actions_.push_back(SendRequest{{number, op}});
}

void Server::gate_answered(const protocol::Event& e) {
  const auto it = gate_requests_.find(static_cast<uint16_t>(e.data >> 16));
  if (it == gate_requests_.end()) return;
  const RequestId id = it->second.id;
  gate_requests_.erase(it);
  const auto result = static_cast<protocol::RequestResult>(e.data >> 8 & 0xFF);
  const bool done = result == protocol::RequestResult::done;
  reply(id, done ? ReplyCode::done : ReplyCode::refused, std::string(words(result)),
        {{"frame", int64_t{e.frame}}, {"term", int64_t{e.term}}});
}

/// A board without an event log answers nothing, but who is on air is in each tick; no switch is
/// asked of the gate to where it stands.
void Server::believe_ticks() {
  if (!tick_) return;
  std::erase_if(gate_requests_, [this](const auto& waiting) {
    const auto& request = waiting.second;
    if (now_ <= request.until || request.to != tick_->on_air) return false;
    reply(request.id, ReplyCode::done,
          "done, by the gate's ticks: it sends no answers (a board without an event log)",
          {{"frame", int64_t{tick_->frame}}, {"term", int64_t{tick_->term}}});
    return true;
  });
}

void Server::expire_requests() {
  believe_ticks();
  const auto expire = [this](auto& waiting, const char* text) {
    for (auto it = waiting.begin(); it != waiting.end();) {
      if (now_ <= it->second.until) {
        ++it;
        continue;
      }
      reply(it->second.id, ReplyCode::timeout, text);
      it = waiting.erase(it);
    }
  };
  expire(gate_requests_, "the gate did not answer");
  expire(handed_, "the primary did not answer; the change may still take effect");
  expire(ordered_, "the peer did not acknowledge; the change may still take effect");
}

void Server::reply(RequestId id, ReplyCode code, std::string text,
                   std::vector<RecordField> fields) {
  if (id == own_request) return relieved(code, text);
  actions_.push_back(Reply{id, code, std::move(text), std::move(fields)});
}

}  // namespace understudy::core
