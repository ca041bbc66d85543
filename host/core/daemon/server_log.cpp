// SPDX-License-Identifier: Apache-2.0
// Ordered changes and synchronisation: the primary leads, the secondary follows, the gate proves.
#include <algorithm>
#include <utility>

#include "host/core/daemon/send_peer.hpp"
#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;
namespace wire = protocol::peer;

namespace {
constexpr size_t list_room = wire::Envelope::payload_max - 32;  // what fixed fields leave

size_t wire_bytes(std::string_view key, std::string_view value) {
  return 16 + key.size() + value.size();
}
}  // namespace

// --- the primary
// -------------------------------------------------------------------------------------

void Server::lead(const wire::Status& m) {
  const bool joined = m.following != 0 && m.following == outgoing_.attempt;
  const uint32_t now = joined ? m.following : 0;
  if (now == follower_) return;
  follower_ = now;
  record("follower", Severity::info, {{"joined", joined}});
  if (!joined) commit();
}

/// What the follower lacks, and what it has not acknowledged; again at each beat until it has.
void Server::send_entries() {
  if (!primary() || follower_ == 0 || !peer_) return;
  const LogIndex from{std::min(peer_->log_last, log_.committed().value)};
  const auto entries = log_.after(from, limits::peer_entries_max);
  if (entries.empty()) return;
  wire::Entries m;
  size_t room = list_room;
  for (const auto& e : entries) {
    const size_t bytes = wire_bytes(e.key, e.value);
    if (bytes > room) break;
    room -= bytes;
    m.entries.add({e.index.value, e.frame.value, e.key, e.value});
  }
  send_peer(m);
}

void Server::heard(const wire::Acknowledge& m) {
  if (!primary() || follower_ == 0) return;
  std::vector<LogStamp> stamps;
  for (const auto& s : m.stamps.all()) stamps.push_back({{s.index}, {s.frame}});
  log_.acknowledged(stamps);
  commit();
}

void Server::commit() {
  if (primary()) committed(log_.commit(follower_ != 0));
}

/// These will not change any more: applications and those who asked may know.
void Server::committed(const std::vector<LogEntry>& entries) {
  for (const auto& e : entries) {
    record("parameter", Severity::info,
           {{"index", static_cast<int64_t>(e.index.value)},
            {"at_frame", int64_t{e.frame.value}},
            {"key", e.key},
            {"value", e.value}});
    for (const auto& [id, client] : clients_)
      if (client.wants_parameters)
        actions_.push_back(SendParameter{id, e.index, e.frame, e.key, e.value});
    if (const auto it = ordered_.find(e.index.value); it != ordered_.end()) {
      reply(it->second.id, ReplyCode::done, "ordered",
            {{"index", static_cast<int64_t>(e.index.value)}, {"frame", int64_t{e.frame.value}}});
      ordered_.erase(it);
    }
    for (auto& [id, f] : foreign_)
      if (f.index == e.index) {
        f.frame = e.frame;
        answer_foreign(id, f);
      }
    // Frames up to video_lead_frames ahead may be drawn already.
    if (e.frame - frame_ <= static_cast<int32_t>(limits::video_lead_frames)) came_late(e);
  }
}

void Server::came_late(const LogEntry& e) {
  ++late_;
  record("change_late", Severity::warning,
         {{"index", static_cast<int64_t>(e.index.value)}, {"at_frame", int64_t{e.frame.value}}});
  if (machine_.wants(StateEvent::proof_lost))
    tell(StateEvent::proof_lost, "a change came after its frame was drawn");
  joiner_.prove_again(frame_);
}

void Server::heard(const wire::SyncRequest& m) {
  if (!primary()) return lend_log(m);
  if (lacks_log()) return;  // it asks again
  if (outgoing_.attempt != m.attempt) {
    prepare_snapshot(m.attempt);
    offering_ = false;
    if (follower_ != 0) {
      follower_ = 0;
      commit();
    }
  }
  send_snapshot(m.have);
}

void Server::send_snapshot(uint64_t have) {
  for (size_t i = 0; i < outgoing_.messages.size(); ++i)
    if ((have >> i & 1) == 0)
      actions_.push_back(SendPeer{session_.next_envelope(false), outgoing_.messages[i]});
}

void Server::prepare_snapshot(uint32_t attempt) {
  const LogSnapshot s = log_.snapshot(frame_);
  std::vector<wire::Snapshot> pieces(1);
  size_t room = list_room;
  for (const auto& [key, value] : s.values.all()) {
    const size_t bytes = wire_bytes(key, value);
    if (bytes > room || pieces.back().values.count == limits::peer_entries_max) {
      pieces.emplace_back();
      room = list_room;
    }
    room -= bytes;
    pieces.back().values.add({key, value});
  }
  outgoing_ = {.attempt = attempt};
  Actions encoded;
  for (size_t i = 0; i < pieces.size(); ++i) {
    wire::Snapshot& p = pieces[i];
    p.attempt = attempt;
    p.piece = static_cast<uint8_t>(i);
    p.pieces = static_cast<uint8_t>(pieces.size());
    p.index = s.index.value, p.frame = s.frame.value, p.chain = s.chain;
    push_datagram(encoded, {}, p);
  }
  for (auto& a : encoded) outgoing_.messages.push_back(std::move(std::get<SendPeer>(a).payload));
  record("snapshot", Severity::info,
         {{"index", static_cast<int64_t>(s.index.value)},
          {"values", static_cast<int64_t>(s.values.all().size())},
          {"pieces", static_cast<int64_t>(pieces.size())}});
}

void Server::stop_leading() {
  follower_ = 0;
  outgoing_ = {};
  offering_ = false;
  foreign_.clear();
  for (const auto& [index, pending] : std::exchange(ordered_, {}))
    reply(pending.id, ReplyCode::refused,
          "this server is not the primary any more; the change was not settled");
}

// --- the secondary
// -----------------------------------------------------------------------------------

bool Server::start_synchronization(std::string_view initiator) {
  const bool provable = appliance_heard_ || !options_.appliance;
  if (!provable || !session_.connected() || !peer_ || !is_primary(peer_->state) ||
      !machine_.wants(StateEvent::sync_started) || !frames_agree())
    return false;
  tell(StateEvent::sync_started, initiator);
  joiner_.start(frame_);
  confirmed_ = false;
  incoming_ = {.attempt = joiner_.attempt()};
  ask_for_snapshot();
  return true;
}

void Server::ask_for_snapshot() {
  asked_at_ = frame_;
  send_peer(wire::SyncRequest{incoming_.attempt, incoming_.have});
}

void Server::heard(const wire::SyncStart&) {
  if (primary() || (state() == ServerState::secondary && held_off())) return;
  start_synchronization(options_.initiator == Initiator::first ? "first" : "component");
}

/// What a follower has is the copy: the log brings only what changed, so its cost follows change.
void Server::handle(const CopyDue& e) {
  if (primary()) return;
  if (!joiner_.following()) {
    start_synchronization("ping monitor");
    return;
  }
  const LogIndex now = log_.committed();
  record("copy", Severity::info,
         {{"number", int64_t{e.number}},
          {"index", static_cast<int64_t>(now.value)},
          {"changes", static_cast<int64_t>(now.value - std::min(copied_, now).value)},
          {"values", static_cast<int64_t>(log_.values().all().size())},
          {"chain", int64_t{log_.chain()}}});
  copied_ = now;
}

void Server::heard(const wire::Snapshot& m) {
  const bool asked = joiner_.phase() == Joiner::Phase::asking || recovery_ != 0;
  if (!asked || m.attempt != incoming_.attempt) return;
  if (incoming_.have == 0) {
    incoming_.pieces = m.pieces;
    incoming_.snapshot.index = {m.index};
    incoming_.snapshot.frame = {m.frame};
    incoming_.snapshot.chain = m.chain;
  }
  if (m.pieces != incoming_.pieces) return;
  for (const auto& v : m.values.all())
    if (incoming_.snapshot.values.allows(v.key, v.value))
      incoming_.snapshot.values.set(v.key, v.value);
  incoming_.have |= uint64_t{1} << m.piece;
  const uint64_t all = m.pieces == 64 ? ~uint64_t{0} : (uint64_t{1} << m.pieces) - 1;
  if (incoming_.have == all) install_snapshot();
}

void Server::install_snapshot() {
  const LogIndex at = incoming_.snapshot.index;
  if (log_.last() > at)
    record("changes_dropped", Severity::warning,
           {{"after", static_cast<int64_t>(at.value)},
            {"up_to", static_cast<int64_t>(log_.last().value)}});
  const Parameters before = log_.values();
  log_.install(std::move(incoming_.snapshot));
  incoming_.snapshot = {};
  log_known_ = true;
  if (!primary()) joiner_.installed(frame_);
  recovery_ = 0;
  record(primary() ? "log_recovered" : "installed", Severity::info,
         {{"index", static_cast<int64_t>(at.value)}});
  for (const auto& [id, client] : clients_)
    if (client.wants_parameters) {
      give_everything(id);
      for (const auto& gone : log_.values().diff_from(before))  // what only the old log had
        if (log_.values().get(gone.key).empty())
          actions_.push_back(SendParameter{id, at, {0}, gone.key, ""});
    }
  send_status();
}

void Server::heard(const wire::Entries& m) {
  if (primary() || !joiner_.following()) return;
  for (const auto& e : m.entries.all()) {
    const auto taken =
        log_.accept({{e.index}, {e.frame}, std::string(e.key), std::string(e.value)});
    if (taken == Accepted::conflict) return abandon("another change stands at a committed place");
  }
  acknowledge();
}

void Server::acknowledge() {
  wire::Acknowledge m;
  for (const auto& s : log_.stamps())
    if (!m.stamps.add({s.index.value, s.frame.value})) break;
  if (m.stamps.count > 0) send_peer(m);
}

void Server::follow(const wire::Status& m) {
  if (!joiner_.following()) return;
  if (m.following == joiner_.attempt())
    confirmed_ = true;
  else if (confirmed_)
    return abandon("the primary does not count on this server any more");
  if (log_.last().value < m.log_base) return abandon("the primary's log begins later");
  committed(log_.commit_to({m.log_committed}));
  if (log_.committed().value == m.log_committed && log_.chain() != m.chain) {
    record("logs_differ", Severity::error, {{"index", static_cast<int64_t>(m.log_committed)}});
    abandon("the logs are not the same");
  }
}

void Server::stop_following() {
  joiner_.stop();
  confirmed_ = false;
  recovery_ = 0;
  incoming_ = {};
}

void Server::abandon(std::string_view why) {
  if (state() == ServerState::secondary_synchronized) tell(StateEvent::proof_lost, why);
  if (machine_.wants(StateEvent::sync_abandoned)) tell(StateEvent::sync_abandoned, why);
  retry_later_ = true;
  retry_from_ = frame_ + limits::sync_retry_frames;
}

bool Server::held_off() const {
  return retry_later_ && frame_.before(retry_from_);
}

/// The gate's word after each frame: the only thing that makes a secondary synchronized.
void Server::prove(const protocol::Tick& tick) {
  const auto mine = tick.port == protocol::Server::a ? tick.state_a : tick.state_b;
  const bool shown = mine != ServerState::unknown;
  if (state() == ServerState::secondary_synchronized && (tick.equal_frames == 0 || !shown)) {
    tell(StateEvent::proof_lost, shown ? "a frame was not equal" : "the gate misses our beats");
    joiner_.prove_again(frame_);
  } else if (state() == ServerState::secondary_synchronizing) {
    if (confirmed_ && shown && joiner_.shown_equal(frame_, tick.equal_frames))
      tell(StateEvent::proven_equal, std::to_string(tick.equal_frames) + " equal frames");
    else if (joiner_.overdue(frame_))
      abandon("no proof within " + std::to_string(limits::sync_prove_frames) + " frames");
  }
}

// --- time
// --------------------------------------------------------------------------------------------

/// Once a frame: stamps that come too near are moved, old entries folded.
void Server::log_tick() {
  log_.compact(frame_);
  if (!primary()) return;
  commit();
  if (const size_t moved = log_.restamp(frame_); moved > 0) {
    restamped_ += moved;
    record("restamped", Severity::warning, {{"changes", static_cast<int64_t>(moved)}});
    send_entries();
  }
}

void Server::log_time_passed() {
  if (!options_.appliance) log_tick();
  if (!session_.connected() || !peer_) return;
  const bool new_frame = frame_ != last_beat_frame_;
  last_beat_frame_ = frame_;
  if (primary()) {
    recover_log();
    send_entries();
    if (offering_ && offer_until_.before(frame_)) offering_ = false;
    const bool first =
        options_.initiator == Initiator::first && peer_->state == ServerState::secondary;
    if (new_frame && (first || offering_)) send_peer(wire::SyncStart{});
    return;
  }
  if (options_.initiator == Initiator::second && state() == ServerState::secondary && !held_off())
    start_synchronization("second");
  if (joiner_.phase() == Joiner::Phase::asking && asked_at_ != frame_) ask_for_snapshot();
  if (new_frame)
    for (const auto& [number, handed] : handed_)
      send_peer(wire::SetRequest{number, handed.key, handed.value});
}

// --- applications
// ------------------------------------------------------------------------------------

/// Accepts, or begins anew: all present values at once, then what is stamped ahead.
void Server::give_everything(ApplicationId id) {
  const Client& client = clients_.at(id);
  actions_.push_back(AcceptApplication{id});
  actions_.push_back(SendDiscard{id, client.discard});
  if (!client.wants_parameters) return;
  const LogSnapshot s = log_.snapshot(frame_);
  for (const auto& [key, value] : s.values.all())
    actions_.push_back(SendParameter{id, s.index, {0}, key, value});
  for (const auto& e : log_.after(s.index, limits::log_entries_max))
    if (e.index <= log_.committed())
      actions_.push_back(SendParameter{id, e.index, e.frame, e.key, e.value});
}

}  // namespace understudy::core
