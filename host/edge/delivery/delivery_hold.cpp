// SPDX-License-Identifier: Apache-2.0
// Strict mode: what clients send passes to the kernel's TCP, and is acknowledged by it, when the
// second server holds it; a SYN-ACK leaves when the second holds the handshake.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
namespace limits = protocol::limits;
using checkpoint::LinkMessage;
using checkpoint::Transport;
using core::InputTold;

namespace {

constexpr auto handshake_patience = std::chrono::seconds(100);  // longer than SYN-ACKs repeat

/// What the two sides of a handshake have agreed on (RFC 7323, RFC 2018).
Transport agreed(const Segment& syn, const Segment& syn_ack) {
  Transport t;
  if (syn_ack.selective) t.flags |= Transport::selective;
  if (syn_ack.timestamp) t.flags |= Transport::timestamps, t.timestamp = *syn_ack.timestamp;
  if (syn_ack.scale && syn.scale) {
    t.flags |= Transport::scaled;
    t.send_scale = *syn.scale, t.receive_scale = *syn_ack.scale;
  }
  t.segment = std::max<uint16_t>(syn.segment_max, 48);
  return t;
}

}  // namespace

Result<void> Delivery::open_hold() {
  if (!options_.strict) {
    HoldRules::remove_leftover(own_);
    return {};
  }
  auto queue = HoldQueue::open(options_.strict_queue);
  if (!queue) return std::unexpected(queue.error());
  queue_.emplace(std::move(*queue));
  auto rules = HoldRules::open(addresses_, options_.strict_queue, own_);
  if (!rules) return std::unexpected(rules.error());
  rules_.emplace(std::move(*rules));
  queue_watch_ = Watch(io_, queue_->descriptor(), [this] { take_held(); });
  return {};
}

void Delivery::take_held() {
  queue_->receive([this](const HeldPacket& p) {
    const auto s = parse_segment(p.bytes);
    if (!serving_ || leaving_ || !s || (!p.leaving && !p.verified && !checksum_right(p.bytes))) {
      if (serving_ && !leaving_) ++counts_.input_refused;
      return queue_->drop(p.id);
    }
    p.leaving ? depart(p.id, *s) : arrive(p.id, *s);
  });
  if (sender_) sender_->flush();
}

void Delivery::arrive(uint32_t packet, const Segment& s) {
  const Ends ends{s.to, s.from};
  if (s.syn && !s.ack) {
    inputs_.syn(ends, s);
    return queue_->pass(packet);
  }
  if (s.bytes.empty() && !s.fin) return queue_->pass(packet);
  if (held_by_ends_.contains(ends)) hear();  // what it says may make its connection ready
  auto* input = inputs_.find(ends);
  if (!input) return held_by_ends_.contains(ends) ? queue_->drop(packet) : queue_->pass(packet);
  if (!second_there()) {
    ++counts_.input_unheld;
    return queue_->pass(packet);
  }
  // What comes before the connection's record is nothing to the second; the record tells it.
  if (input->frame == 0 && behind_) {
    ++counts_.input_unheld;
    return queue_->pass(packet);
  }
  if (input->frame == 0) flush();
  if (input->frame == 0 || !acknowledges_what_was_sent(*input, s) || !sender_->has_room()) {
    ++counts_.input_refused;
    return queue_->drop(packet);
  }
  tell_segment(packet, *input, s);
}

/// What the kernel's TCP would refuse must not reach the second (RFC 9293, 3.10.7.4).
bool Delivery::acknowledges_what_was_sent(const ClientInput& input, const Segment& s) const {
  if (!s.ack) return false;
  const auto* socket = transport_.find(input.connection);
  const core::StreamOffset sent = socket ? socket->sent() : core::StreamOffset{};
  const uint32_t fin = socket && socket->finished() ? 1 : 0;
  const int32_t ahead = core::SequenceNumber{s.acknowledged} - (input.output.at(sent) + fin);
  return ahead <= 0 && ahead >= -static_cast<int32_t>(core::window_max);
}

void Delivery::tell_segment(uint32_t packet, ClientInput& input, const Segment& s) {
  const auto before = input.told.kept();
  if (input_kept_ + s.bytes.size() > limits::input_total_max) {
    ++counts_.input_refused;
    return queue_->drop(packet);
  }
  const auto d =
      input.told.take(input.input, {{s.sequence}, static_cast<uint32_t>(s.bytes.size()), s.fin});
  if (d.fate == InputTold::Fate::refuse) {
    ++counts_.input_refused;
    return queue_->drop(packet);
  }
  input_kept_ += input.told.kept() - before;
  if (d.fate == InputTold::Fate::tell)
    tell_input(input, d.from, s.bytes.subspan(std::min<size_t>(d.skip, s.bytes.size())), s.fin);
  pass_when_held(packet, input.frame);
}

void Delivery::tell_input(ClientInput& input, core::StreamOffset from,
                          std::span<const uint8_t> bytes, bool fin) {
  CHECK(sender_);
  const checkpoint::Input m{input.connection.value, from.value,
                            fin ? checkpoint::Input::closed : uint8_t{0}, bytes};
  std::array<uint8_t, checkpoint::input_header_bytes + limits::input_message_max> message;
  const size_t size = checkpoint::encode(m, message);
  if (size == 0 || !sender_->add(LinkMessage::input, std::span(message).first(size))) return;
  ++counts_.input_told;
  input.frame = sender_->frame_number();
}

void Delivery::pass_when_held(uint32_t packet, uint64_t frame) {
  if (behind_) {
    behind_frame_ = std::max(behind_frame_, frame);
    ++counts_.input_unheld;
    return queue_->pass(packet);
  }
  if (acknowledged_frame_ >= frame) return queue_->pass(packet);
  passing_.push_back({frame, packet, std::chrono::steady_clock::now()});
}

void Delivery::pass_held(uint64_t frame) {
  while (!passing_.empty() && passing_.front().frame <= frame) {
    queue_->pass(passing_.front().packet);
    passing_.pop_front();
  }
}

/// Nobody holds them: they pass all the same.
void Delivery::pass_unheld() {
  counts_.input_unheld += passing_.size();
  for (const auto& p : passing_) queue_->pass(p.packet);
  passing_.clear();
}

void Delivery::depart(uint32_t packet, const Segment& s) {
  // A dead or unsettled delivery does not say that a connection is unknown.
  if (s.reset) return told_settled_ ? queue_->pass(packet) : queue_->drop(packet);
  const Ends ends{s.from, s.to};
  const auto* known = inputs_.find(ends);
  if (known && known->output.initial.value == s.sequence)
    return pass_when_held(packet, known->frame);
  const auto syn = inputs_.take_syn(ends, s.acknowledged - 1);
  if (!second_there() || !syn || inputs_.full() || !sender_->has_room()) {
    ++counts_.input_unheld;
    return queue_->pass(packet);
  }
  forget_input(ends);
  const auto& input = inputs_.add(ends, {.connection = {next_id_++},
                                         .input = {{syn->sequence}},
                                         .output = {{s.sequence}},
                                         .since = std::chrono::steady_clock::now()});
  tell_handshake(ends, *inputs_.find(ends), agreed(*syn, s));
  pass_when_held(packet, input.frame);
}

void Delivery::tell_handshake(const Ends& ends, ClientInput& input, const Transport& transport) {
  const auto service = std::find_if(services_.begin(), services_.end(), [&](const auto& s) {
    return std::find(s->listen().begin(), s->listen().end(), ends.service) != s->listen().end();
  });
  if (service == services_.end()) return;
  sections_.clear();
  sections_.add(transport_.kind(),
                [&](std::span<uint8_t> room) { return checkpoint::encode(transport, room); });
  (*service)->append_new(sections_);
  checkpoint::Record r = new_record(input.connection);
  r.family = ends.service.family;
  r.service = ends.service.endpoint, r.client = ends.client.endpoint;
  r.application = (*service)->application();
  r.initial_send = input.output.initial.value, r.initial_receive = input.input.initial.value;
  r.sections = sections_.sections();
  const size_t size = sections_.bad() ? 0 : checkpoint::encode(r, record_bytes_);
  if (size && sender_->add(LinkMessage::record, std::span(record_bytes_).first(size)))
    input.frame = sender_->frame_number();
}

/// A client that is accepted keeps the number that its handshake had.
core::ConnectionId Delivery::input_accepted(const ConnectionOrigin& origin) {
  const Ends ends{origin.service, origin.client};
  auto* input = options_.strict ? inputs_.find(ends) : nullptr;
  if (!input || input->accepted || input->output.initial.value != origin.initial_send) {
    const core::ConnectionId id{next_id_++};
    add_input(id, origin, {});
    return id;
  }
  inputs_.accepted(*input);
  return input->connection;
}

/// For a connection that is here, of whose input the service has taken so much.
void Delivery::add_input(core::ConnectionId id, const ConnectionOrigin& origin,
                         core::StreamOffset taken) {
  if (!options_.strict) return;
  ClientInput input{.connection = id,
                    .input = {{origin.initial_receive}},
                    .output = {{origin.initial_send}},
                    .accepted = true};
  input.told.taken(taken, false);
  const Ends ends{origin.service, origin.client};
  forget_input(ends);
  input_kept_ += input.told.kept();
  inputs_.add(ends, std::move(input));
}

void Delivery::drop_input(core::ConnectionId id, const ConnectionOrigin& origin) {
  const Ends ends{origin.service, origin.client};
  if (const auto* input = inputs_.find(ends); input && input->connection == id) forget_input(ends);
}

void Delivery::forget_input(const Ends& ends) {
  if (const auto* input = inputs_.find(ends)) input_kept_ -= input->told.kept();
  inputs_.drop(ends);
}

/// A record goes out. The first one on a link also tells what the kernel has and the service has
/// not taken.
void Delivery::record_told(core::ConnectionId id, const StreamSocket& socket, bool first,
                           uint64_t frame) {
  const auto& o = socket.origin();
  auto* input = options_.strict ? inputs_.find({o.service, o.client}) : nullptr;
  if (!input || input->connection != id) return;  // the same client has begun anew
  input_kept_ -= input->told.kept();
  if (first) input->told = {};
  input->told.taken(socket.received(), socket.client_closed());
  input->frame = std::max(input->frame, frame);
  if (first) {
    const auto unread = socket.peek(limits::input_held_max);
    const std::span bytes(reinterpret_cast<const uint8_t*>(unread.data()), unread.size());
    for (size_t at = 0; at < bytes.size(); at += limits::input_message_max) {
      const auto part =
          bytes.subspan(at, std::min<size_t>(limits::input_message_max, bytes.size() - at));
      const auto from = socket.received() + at;
      tell_input(*input, from, part, false);
      input->told.told(from, from + part.size());
    }
    behind_frame_ = std::max(behind_frame_, input->frame);
  }
  input_kept_ += input->told.kept();
}

void Delivery::drop_old_handshakes() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& input : inputs_.drop_handshakes_before(now - handshake_patience)) {
    input_kept_ -= input.told.kept();
    if (second_there()) gone_.push_back(input.connection.value);
  }
}

// --- on the second
// ---------------------------------------------------------------------------------

void Delivery::take_input(std::span<const uint8_t> bytes) {
  const auto m = checkpoint::decode_input(bytes);
  const auto at = m ? held_.find(m->connection) : held_.end();
  if (at == held_.end()) return;
  auto& held = at->second;
  if (!held.input.add({m->offset}, m->bytes, m->flags & checkpoint::Input::closed)) {
    ++counts_.input_refused;
    return;
  }
  know_input(held);
  takeover_.know({m->connection}, held.unready.known);
}

/// What is held of the input counts as received.
void Delivery::know_input(Held& held) {
  auto& known = held.unready.known;
  known.received = std::max(known.received, held.input.end());
  known.client_closed = known.client_closed || held.input.closed();
}

}  // namespace understudy::edge
