// SPDX-License-Identifier: Apache-2.0
// The link's two ends: records out while serving, records in while standing by.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using boost::system::error_code;
using checkpoint::LinkMessage;

namespace {

constexpr auto between_positions = std::chrono::milliseconds(100);
constexpr auto link_patience = std::chrono::milliseconds(1000);
constexpr auto between_neighbours = std::chrono::seconds(20);  // less than a kernel forgets in
constexpr uint64_t position_step = 64 * 1024;  // bytes that make a new position worth telling

uint64_t unix_time() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace

// --- out ---------------------------------------------------------------------------------------

/// All that changes in one turn of the event loop goes in one frame.
void Delivery::flush_soon() {
  if (std::exchange(flushing_, true)) return;
  boost::asio::post(io_, [this] { flush(); });
}

void Delivery::flush() {
  flushing_ = false;
  const bool open = sender_ && sender_->open();
  flush_gone();
  std::vector<core::ConnectionId> later;
  for (const auto id : std::exchange(dirty_, {})) {
    const auto at = live_.find(id.value);
    if (at == live_.end()) continue;
    auto& live = at->second;
    live.dirty = false;
    live.end = live.service->end(id);
    if (open && !send_record(id, live)) {  // its queue is full
      live.dirty = true;
      later.push_back(id);
    }
    if (!open || behind_) release(id);
  }
  for (const auto id : later) dirty_.push_back(id);
  const bool all_told = !open || send_waiting();
  if (open && joining_ && dirty_.empty() && all_told && sender_->add(LinkMessage::complete, {})) {
    joining_ = false;
    complete_frame_ = sender_->frame_number();
  }
  if (sender_) sender_->flush();
}

void Delivery::flush_gone() {
  size_t told = 0;
  while (told < gone_.size() &&
         sender_->add(LinkMessage::gone, checkpoint::encode_number(gone_[told])))
    ++told;
  gone_.erase(gone_.begin(), gone_.begin() + static_cast<ptrdiff_t>(told));
}

checkpoint::Record Delivery::new_record(core::ConnectionId id) const {
  checkpoint::Record r;
  r.server = options_.name, r.term = term_, r.gathered = unix_time(), r.connection = id.value;
  return r;
}

/// Its sections point into `sections_`.
checkpoint::Record Delivery::record_of(core::ConnectionId id, const Live& live) {
  const auto* socket = transport_.find(id);
  CHECK(socket);
  sections_.clear();
  stack_.append(id, sections_);
  auto r = new_record(id);
  const auto& o = socket->origin();
  r.family = o.service.family, r.service = o.service.endpoint, r.client = o.client.endpoint;
  r.application = live.service->application();
  r.flags = socket->client_closed() ? checkpoint::Record::client_closed : 0;
  r.initial_send = o.initial_send, r.initial_receive = o.initial_receive;
  // Acknowledged after the sections: what they have forgotten is acknowledged here too.
  r.acknowledged = socket->acknowledged().value;
  r.sent = socket->sent().value, r.received = socket->received().value;
  r.sections = sections_.sections();
  return r;
}

bool Delivery::send_record(core::ConnectionId id, Live& live) {
  const auto r = record_of(id, live);
  const auto* socket = transport_.find(id);
  const size_t size = sections_.bad() ? 0 : checkpoint::encode(r, record_bytes_);
  if (size == 0) {
    ++counts_.unprotected;
    release(id);
    return true;
  }
  if (!sender_->add(LinkMessage::record, std::span(record_bytes_).first(size))) return false;
  ++counts_.records_sent;
  live.told = socket->sent();
  const bool first = std::exchange(live.frame, sender_->frame_number()) == 0;
  record_told(id, *socket, first, live.frame);
  live.since = std::chrono::steady_clock::now();
  awaited_.emplace_back(live.frame, id);
  return true;
}

/// What is released is written, and who cannot be written to ends: it may be gone after this.
void Delivery::release(core::ConnectionId id) {
  if (const auto at = live_.find(id.value); at != live_.end())
    at->second.service->release(id, at->second.end);
}

void Delivery::release_unheld() {
  std::vector<core::ConnectionId> all;
  for (const auto& [id, live] : live_)
    if (live.frame > acknowledged_frame_) all.push_back({id});
  for (const auto id : all) release(id);
}

void Delivery::second_acknowledged(uint64_t frame) {
  if (std::exchange(acknowledged_frame_, frame) == 0)
    spdlog::info("the second server is there; it gets {} connections", live_.size());
  pass_held(frame);
  while (!awaited_.empty() && awaited_.front().first <= frame) {
    const auto [number, id] = awaited_.front();
    awaited_.pop_front();
    const auto at = live_.find(id.value);
    if (at != live_.end() && at->second.frame == number) release(id);
  }
  if (!dirty_.empty() || !untold_.empty()) flush_soon();
  if (behind_ && !joining_ && awaited_.empty() &&
      frame >= std::max(complete_frame_, behind_frame_)) {
    behind_ = false;
    spdlog::info("the second server holds everything again");
  }
}

/// A second that joins, or was lost: it gets everything that is live, as fast as the link takes it.
void Delivery::second_opened() {
  awaited_.clear();
  gone_.clear();
  acknowledged_frame_ = complete_frame_ = behind_frame_ = 0;
  pass_unheld();
  inputs_.forget_frames();
  behind_ = joining_ = true;  // nobody waits for it until it has all
  dirty_.clear();
  for (auto& [id, live] : live_) {
    live.dirty = true;
    live.frame = 0;
    dirty_.push_back({id});
  }
  waiting_frame_ = 0;
  untold_.clear();
  for (const auto& [id, held] : held_) untold_.push_back({id});
  flush_soon();
}

void Delivery::second_lost(const std::string& why) {
  if (acknowledged_frame_ != 0)
    spdlog::warn("the second server is gone ({}): connections are not protected", why);
  else if (const auto times = second_refuses_.happened())
    spdlog::warn(
        "the second server refuses the link ({}; {} times): connections are not protected; "
        "is the key the same on both, and does only one of them serve?",
        why, *times);
  awaited_.clear();
  gone_.clear();
  acknowledged_frame_ = complete_frame_ = 0;
  behind_ = joining_ = false;
  pass_unheld();
  inputs_.forget_frames();
  release_unheld();
}

/// When the oldest of what waits for the second began to wait.
std::optional<Delivery::SteadyTime> Delivery::oldest_unheld() {
  std::optional<SteadyTime> out;
  if (!passing_.empty()) out = passing_.front().since;
  for (; !awaited_.empty(); awaited_.pop_front()) {
    const auto at = live_.find(awaited_.front().second.value);
    if (at == live_.end() || at->second.frame != awaited_.front().first) continue;
    return out ? std::min(*out, at->second.since) : at->second.since;
  }
  return out;
}

/// Output waits for the second only so long; a link that stays silent is given up.
void Delivery::check_commit() {
  const auto since = oldest_unheld();
  if (!since) return;
  const auto waits = std::chrono::steady_clock::now() - *since;
  if (waits > std::max(link_patience, 2 * options_.commit_wait) && sender_)
    return sender_->restart("it does not acknowledge");
  if (waits < options_.commit_wait || behind_) return;
  behind_ = true;
  ++counts_.unprotected;
  spdlog::warn("the second server is slow: answers leave before it holds their requests");
  for (const auto& p : passing_) behind_frame_ = std::max(behind_frame_, p.frame);
  pass_unheld();
  release_unheld();
}

/// Where outputs stand: keeps what the second knows within half of the sequence space.
void Delivery::tell_positions() {
  if (serving_ && sender_ && sender_->open()) {
    for (auto& [id, live] : live_) {
      const auto* socket = transport_.find({id});
      if (!socket || live.frame == 0 || socket->sent() - live.told < position_step) continue;
      live.told = socket->sent();
      sender_->add(LinkMessage::position, checkpoint::encode(checkpoint::Position{
                                              id, live.told.value, socket->acknowledged().value}));
    }
    sender_->flush();
  }
  position_timer_.expires_after(between_positions);
  position_timer_.async_wait([this](error_code e) {
    if (!e) tell_positions();
  });
}

// --- in ----------------------------------------------------------------------------------------

bool Delivery::take_hello(std::string_view name) {
  if (name == options_.name) {
    spdlog::error("the other delivery has this one's name '{}': each needs its own", name);
    return false;
  }
  if (serving_ && told_settled_) return false;  // this one serves: it holds for nobody
  ++generation_;
  return true;
}

void Delivery::take(const checkpoint::Message& m) {
  switch (m.type) {
    case LinkMessage::record:
      return take_record(m.bytes);
    case LinkMessage::position:
      return take_position(m.bytes);
    case LinkMessage::input:
      return take_input(m.bytes);
    case LinkMessage::gone:
      if (const auto id = checkpoint::decode_number(m.bytes)) drop_held({*id});
      return;
    case LinkMessage::complete:
      if (!serving_) {
        std::vector<uint64_t> old;
        for (const auto& [id, h] : held_)
          if (h.generation != generation_) old.push_back(id);
        for (const auto id : old) drop_held({id});
        spdlog::info("holding {} connections", held_.size());
      }
      return;
    case LinkMessage::hello:
    case LinkMessage::acknowledge:
      return;
  }
}

void Delivery::take_record(std::span<const uint8_t> bytes) {
  const auto record = checkpoint::decode_record(bytes);
  const bool too_many = record && held_.size() >= protocol::limits::connections_max &&
                        !held_.contains(record->connection);
  if (!record || record->term < term_ || too_many) {
    ++counts_.records_refused;
    if (const auto times = record_refused_.happened())
      spdlog::warn("the other server's record is refused: {} ({} times)",
                   !record    ? "it is not one of this version: run the same version on both"
                   : too_many ? "so many connections are not held: lower --clients there"
                              : "it is of a term that is over: that server must stop serving",
                   *times);
    return;
  }
  const core::ConnectionId id{record->connection};
  auto at = held_.find(id.value);
  if (serving_ && at == held_.end()) return;  // it is taken over already
  core::UnreadyConnection previous;
  if (at != held_.end()) previous = std::move(at->second.unready);
  auto unready = stack_.create(*record, std::move(previous));
  if (!unready) {
    ++counts_.records_refused;
    if (const auto times = record_refused_.happened())
      spdlog::warn("connection {} cannot be held: {} ({} such records)", id.value,
                   unready.error().text, *times);
    return drop_held(id);
  }
  const auto service = std::find_if(services_.begin(), services_.end(), [&](const auto& s) {
    return s->application() == record->application;
  });
  if (service == services_.end() || unready->entries.size() < 2 ||
      unready->entries.front().protocol != &transport_) {
    ++counts_.records_refused;
    return drop_held(id);  // not a connection of a service
  }
  ++counts_.records_taken;
  const Ends ends{{record->family, record->service}, {record->family, record->client}};
  if (const auto other = held_by_ends_.find(ends);
      other != held_by_ends_.end() && other->second != id)
    drop_held(other->second);
  auto& held = held_[id.value];
  if (held.service != ends.service || held.client != ends.client ||
      held.initial_receive != record->initial_receive)
    held.input = {};
  held.initial_receive = record->initial_receive;
  held.recorded = {record->received};
  held.input.taken(held.recorded);
  held.unready = std::move(*unready);
  held.unready.known.tells_doubles =
      TcpTransport::tells_doubles(*held.unready.entries.front().part);
  know_input(held);
  held.serves = service->get();
  held.service = ends.service, held.client = ends.client;
  held.generation = generation_;
  held.record.assign(bytes.begin(), bytes.end());
  held_by_ends_[ends] = id;
  if (serving_ && second_there()) tell_waiting(id);
  neighbours_->want(ends.client);
  act(takeover_.hold(id, held.unready.known));
}

void Delivery::take_position(std::span<const uint8_t> bytes) {
  const auto p = checkpoint::decode_position(bytes);
  const auto at = p ? held_.find(p->connection) : held_.end();
  if (at == held_.end()) return;
  auto& known = at->second.unready.known;
  if (p->acknowledged < known.acknowledged.value || p->acknowledged > known.end.value) return;
  known.acknowledged = {p->acknowledged};
  takeover_.know({p->connection}, known);
}

/// Clients of held connections stay known to the kernel, so that the first probe need not look.
void Delivery::keep_neighbours() {
  if (serving_) return neighbours_->forget();
  const auto now = std::chrono::steady_clock::now();
  if (now >= neighbours_due_) {
    neighbours_due_ = now + between_neighbours;
    neighbours_->forget();
    for (const auto& [id, held] : held_) neighbours_->want(held.client);
  }
  neighbours_->turn();
}

void Delivery::drop_held(core::ConnectionId id) {
  const auto at = held_.find(id.value);
  if (at == held_.end()) return;
  held_by_ends_.erase({at->second.service, at->second.client});
  held_.erase(at);
  takeover_.drop(id);
}

}  // namespace understudy::edge
