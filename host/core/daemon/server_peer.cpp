// SPDX-License-Identifier: Apache-2.0
// The peer link: who is there, what it says of itself, changes handed on.
#include <algorithm>
#include <array>
#include <utility>

#include "host/core/daemon/send_peer.hpp"
#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;
namespace wire = protocol::peer;

void Server::handle(const PeerDatagram& e) {
  if (!options_.peer) return;
  const auto refuse = [this] { ++peer_garbage_; };
  const auto type = wire::type_of(e.payload);
  if (!type) return refuse();
  if (*type == wire::Type::hello) {
    const auto m = wire::decode_hello(e.payload);
    return m ? heard(*m, e.envelope) : refuse();
  }
  if (session_.message(e.envelope, now_) != PeerSession::Heard::message) return;
  const auto take = [&](const auto& decoded) { decoded ? heard(*decoded) : refuse(); };
  switch (*type) {
    case wire::Type::hello:
      return;
    case wire::Type::status: {
      const auto m = wire::decode_status(e.payload);
      return m ? heard(*m, e.envelope.counter) : refuse();
    }
    case wire::Type::entries:
      return take(wire::decode_entries(e.payload));
    case wire::Type::acknowledge:
      return take(wire::decode_acknowledge(e.payload));
    case wire::Type::sync_start:
      return take(wire::decode_sync_start(e.payload));
    case wire::Type::sync_request:
      return take(wire::decode_sync_request(e.payload));
    case wire::Type::snapshot:
      return take(wire::decode_snapshot(e.payload));
    case wire::Type::set_request:
      return take(wire::decode_set_request(e.payload));
    case wire::Type::set_answer:
      return take(wire::decode_set_answer(e.payload));
  }
}

void Server::handle(const PeerGarbage& e) {
  const bool key = e.why == PeerGarbage::Why::wrong_key;
  bool& told = key ? told_wrong_key_ : told_malformed_;
  if (!told)
    record("peer_refused", Severity::error,
           {{"why", key ? "its messages are not made with this server's key"
                        : "a datagram that is no message of this version"}});
  told = true;
  ++peer_garbage_;
}

void Server::heard(const wire::Hello& m, const wire::Envelope& envelope) {
  using Heard = PeerSession::Heard;
  const auto refused = [&](const char* why) {
    if (refused_name_ != m.name || refused_why_ != why)
      record("peer_refused", Severity::error, {{"name", std::string(m.name)}, {"why", why}});
    refused_name_ = std::string(m.name);
    refused_why_ = why;
  };
  switch (session_.hello(envelope, m, now_)) {
    case Heard::same_name:
      return refused("it has this server's own name: each server needs one of its own");
    case Heard::another:
      return refused("the peer is alive in another session: a second daemon claims to be it");
    case Heard::connected:
      connected();
      break;
    case Heard::hello:
      if (session_.was_proof()) return;
      break;
    default:
      return;
  }
  if (hellos_left_ == 0) return;
  --hellos_left_;
  send_hello();
}

void Server::connected() {
  if (session_.is_new_process()) {
    foreign_.clear();
    if (machine_.wants(StateEvent::peer_restarted)) tell(StateEvent::peer_restarted);
  }
  stop_following();
  follower_ = 0;
  outgoing_ = {};
  peer_ = PeerStatus{.name = session_.peer_name()};
  peer_status_counter_ = 0;
  refused_name_.clear();
  told_wrong_key_ = told_malformed_ = false;
  record("peer", Severity::info,
         {{"connected", true},
          {"name", session_.peer_name()},
          {"new_process", session_.is_new_process()}});
}

void Server::disconnect(std::string_view why) {
  session_.disconnect();
  record("peer", Severity::warning,
         {{"connected", false}, {"name", session_.peer_name()}, {"why", std::string(why)}});
  peer_.reset();
  follower_ = 0;
  outgoing_ = {};
  offering_ = false;
  for (const auto& [number, handed] : std::exchange(handed_, {}))
    reply(handed.id, ReplyCode::refused, "the primary was lost before it answered");
  settle();
  if (primary()) commit();  // nobody is left to wait for
}

void Server::heard(const wire::Status& m, uint64_t counter) {
  if (counter < peer_status_counter_) return;  // overtaken on the way
  peer_status_counter_ = counter;
  if (!peer_) return;
  if (primary() && m.log_last == 0) log_known_ = true;
  PeerStatus& p = *peer_;
  if (p.state != m.state || p.reason != m.reason) {
    std::vector<RecordField> fields{{"state", std::string(to_text(m.state))}};
    if (!m.reason.empty()) fields.emplace_back("reason", std::string(m.reason));
    record("peer_state", Severity::info, std::move(fields));
  }
  p.state = m.state;
  p.reason = std::string(m.reason);
  p.term = m.term;
  p.applications = m.applications;
  p.applications_down = m.applications_down;
  p.load = m.load == wire::Status::load_unknown ? std::nullopt : std::optional(m.load);
  p.burdened = m.burdened;
  p.log_last = m.log_last;
  p.log_committed = m.log_committed;
  p.frame = {m.frame};
  peer_term_ = {m.term};
  if (!options_.appliance && !on_air_) {
    base_frame_ = {m.frame};
    base_at_ = now_;
    term_ = std::max(term_, peer_term_);
  }
  settle();
  if (primary())
    lead(m);
  else if (is_primary(m.state))
    follow(m);
}

void Server::peer_time_passed() {
  if (!options_.peer) return;
  if (session_.connected()) {
    if (now_ - session_.last_heard() > limits::peer_silence_frames * beats_.frame())
      disconnect("no word for " + std::to_string(limits::peer_silence_frames) + " frames");
    return;
  }
  if (hello_at_ && now_ - *hello_at_ < beats_.frame() - beats_.period() / 2) return;
  hello_at_ = now_;
  send_hello();
}

void Server::send_hello() {
  push_datagram(actions_, session_.next_envelope(true), session_.make_hello());
}

void Server::send_status() {
  wire::Status m;
  const std::string reason = status_reason();
  m.state = state();
  m.appliance = appliance_heard_;
  m.term = term_.value;
  m.frame = frame_.value;
  m.log_base = log_.base().value;
  m.log_last = log_.last().value;
  m.log_committed = log_.committed().value;
  m.chain = log_.chain();
  m.following = primary() ? follower_ : joiner_.following() ? joiner_.attempt() : 0;
  for (const auto& [name, a] : monitor_.applications()) {
    ++m.applications;
    if (a.down) ++m.applications_down;
  }
  m.load = burden_.load(now_).value_or(wire::Status::load_unknown);
  m.burdened = burden_.burdened();
  m.reason = std::string_view(reason).substr(0, limits::peer_text_max);
  send_peer(m);
}

std::string Server::status_reason() const {
  if (state() != ServerState::failed) return {};
  return failure_.value_or(failed_by_appliance_ ? "the appliance is not heard" : "");
}

// --- changes handed on
// -------------------------------------------------------------------------------

void Server::heard(const wire::SetRequest& m) {
  if (const auto known = foreign_.find(m.id); known != foreign_.end()) {
    if (known->second.index.value == 0 || known->second.index <= log_.committed())
      answer_foreign(m.id, known->second);
    return;
  }
  Foreign f;
  if (!primary()) {
    send_peer(wire::SetAnswer{.id = m.id, .result = wire::SetResult::not_primary});
    return;
  }
  if (lacks_log()) return;  // it is sent again
  const auto entry = log_.propose(m.key, m.value, frame_);
  if (entry)
    f.index = entry->index;
  else
    f.text = entry.error().text;
  while (foreign_.size() >= limits::requests_pending_max) foreign_.erase(foreign_.begin());
  foreign_[m.id] = f;
  if (!entry) return answer_foreign(m.id, f);
  send_entries();
  commit();
}

void Server::answer_foreign(uint32_t id, const Foreign& f) {
  wire::SetAnswer m{.id = id};
  if (f.index.value == 0) {
    m.result = wire::SetResult::refused;
    m.text = std::string_view(f.text).substr(0, limits::peer_text_max);
  } else {
    m.index = f.index.value;
    m.frame = f.frame.value;
  }
  send_peer(m);
}

void Server::heard(const wire::SetAnswer& m) {
  const auto it = handed_.find(m.id);
  if (it == handed_.end()) return;
  const RequestId id = it->second.id;
  handed_.erase(it);
  if (m.result == wire::SetResult::ordered)
    reply(id, ReplyCode::done, "ordered",
          {{"index", static_cast<int64_t>(m.index)}, {"frame", int64_t{m.frame}}});
  else
    reply(id, ReplyCode::refused,
          m.result == wire::SetResult::refused ? std::string(m.text)
                                               : "the peer is not the primary any more");
}

}  // namespace understudy::core
