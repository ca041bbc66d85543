// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/rtsp_connection.hpp"

#include <array>
#include <utility>

#include "host/core/check.hpp"
#include "host/core/rtp/rtcp.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
namespace limits = protocol::limits;
using boost::system::error_code;
using Outcome = StreamSocket::Outcome;

namespace {

constexpr size_t write_bytes = 64 * 1024;  // then it is the others' turn
constexpr std::chrono::seconds session_patience(limits::rtsp_timeout_seconds + 10);

}  // namespace

size_t RtspState::encode(std::span<uint8_t> out) const {
  checkpoint::Rtsp m;
  output.put(m);
  m.state = static_cast<uint8_t>(session.state);
  m.session = session.identifier, m.sessions = sessions, m.path = session.path;
  m.skip = static_cast<uint16_t>(input.skip()), m.unread = input.unread();
  return checkpoint::encode(m, out);
}

std::optional<RtspState> RtspState::decode(std::span<const uint8_t> in) {
  const auto m = checkpoint::decode_rtsp(in);
  RtspState out;
  if (!m || !out.input.restore(m->unread, m->skip)) return std::nullopt;
  out.output = rtsp::Output::from(*m);
  out.session = {m->session, static_cast<rtsp::State>(m->state), std::string(m->path)};
  out.sessions = m->sessions;
  return out;
}

RtspConnection::RtspConnection(ServiceHost& host, MediaFlows& flows, const Identify& identify,
                               core::ConnectionId id, StreamSocket& socket, RtspState state)
    : ClientConnection(host, id, socket),
      flows_(flows),
      identify_(identify),
      state_(std::move(state)),
      limit_(state_.output.granted()),
      timer_(host.io()) {}

void RtspConnection::begin() {
  take_descriptor();
  if (take_pieces()) changed();
  wait_read();
  pump();
}

void RtspConnection::stop() {
  timer_.cancel();
  ClientConnection::stop();
}

void RtspConnection::freeze() {
  frozen_ = true;
  timer_.cancel();
}

void RtspConnection::readable() {
  std::array<uint8_t, limits::rtsp_unread_max> buffer;
  bool news = false;
  for (;;) {
    const bool deaf = state_.output.closes();
    const size_t room = deaf ? buffer.size() : std::min(buffer.size(), state_.input.room());
    if (room == 0) break;  // a reader that does not take its answers waits
    const auto did = socket_.read(std::span(buffer).first(room));
    if (did.outcome == Outcome::broken) return end();
    if (did.outcome == Outcome::later) break;
    news = true;
    if (did.outcome == Outcome::closed) {
      end_session();
      break;
    }
    if (deaf) continue;
    if (state_.input.unread().empty() && !owes()) moved();  // a request begins
    state_.input.take(std::span(buffer).first(did.bytes));
    take_pieces();
  }
  if (news) changed();
  if (state_.output.closes() || state_.input.room() > 0) wait_read();
  pump();
}

/// Handles what is whole, as long as there is room for answers; whether there was anything.
bool RtspConnection::take_pieces() {
  bool any = false;
  while (!state_.output.closes() && !frozen_) {
    if (!state_.output.ready()) {
      state_.output.acknowledged(socket_.acknowledged().value);
      if (!state_.output.ready()) break;
    }
    const auto piece = state_.input.next();
    if (std::holds_alternative<rtsp::Incomplete>(piece)) break;
    any = true;
    if (!owes()) moved();
    if (const auto* request = std::get_if<rtsp::Request>(&piece)) handle(*request);
    if (const auto* wrong = std::get_if<rtsp::Unreadable>(&piece)) {
      say(rtsp::respond(wrong->status, wrong->sequence), true);
      end_session();
      state_.output.close_at_end();
    }
  }
  return any;
}

/// The record goes to the other server, with a fresh promise.
void RtspConnection::changed() {
  state_.output.grant(socket_.sent().value);
  host_.changed(id_);
}

size_t RtspConnection::encode(std::span<uint8_t> out) {
  state_.output.acknowledged(socket_.acknowledged().value);
  if (const auto flow = flows_.find(id_); flow && !flow->datagrams())
    flow->forget_before(state_.output.first_run().value_or(flow->last_run()));
  return state_.encode(out);
}

/// A promise that the other holds. An older one, from before the latest change, says nothing.
void RtspConnection::release(core::StreamOffset offset) {
  if (offset != granted()) return;
  limit_ = offset.value;
  if (std::exchange(start_flow_, false))
    if (const auto flow = flows_.find(id_)) flows_.run(flow);
  if (has_descriptor()) pump();
}

RtspConnection::Wrote RtspConnection::write_some() {
  while (socket_.sent().value < limit_) {
    const uint64_t sent = socket_.sent().value;
    const auto place = state_.output.locate(sent);
    if (!place) return Wrote::ended;
    const uint64_t most = std::min(place->left, limit_ - sent);
    if (place->text.empty()) {
      const auto wrote = write_media(*place, most);
      if (wrote != Wrote::all) return wrote;
      continue;
    }
    const auto did = socket_.write(place->text.substr(0, most), false);
    if (did.outcome == Outcome::later) return Wrote::later;
    if (did.outcome != Outcome::some) return Wrote::ended;
  }
  return Wrote::all;
}

/// Interleaved packets that are due, as many as go in one turn.
RtspConnection::Wrote RtspConnection::write_media(const rtsp::Output::Place& place, uint64_t most) {
  const auto flow = flows_.find(id_);
  auto* items = flow ? flow->items(place.run) : nullptr;
  if (!items || !items->seek(place.place)) return Wrote::ended;
  const uint64_t now = shared_clock();
  bytes_.clear();
  const uint64_t skipped = place.place - items->item().place;
  most += skipped;
  bool more = true;
  uint64_t due = 0;
  while (more && bytes_.size() < std::min<uint64_t>(most, write_bytes)) {
    const auto& item = items->item();
    due = item.due;
    // An item that has begun is not left half told.
    if (due > now && !(bytes_.empty() && skipped > 0)) break;
    bytes_.push_back('$');
    bytes_.push_back(item.control() ? flow->target().rtcp_channel : flow->target().rtp_channel);
    bytes_.push_back(static_cast<uint8_t>(item.size >> 8));
    bytes_.push_back(static_cast<uint8_t>(item.size));
    const auto packet = items->bytes();
    bytes_.insert(bytes_.end(), packet.begin(), packet.end());
    more = items->next();
  }
  if (bytes_.empty()) {
    timer_.expires_after(std::chrono::nanoseconds(due - now));
    timer_.async_wait([this, self = shared_from_this()](const error_code& e) {
      if (!e && !stopped_) pump();
    });
    return Wrote::waits;
  }
  const size_t size = std::min<uint64_t>(bytes_.size(), most) - skipped;
  const auto did =
      socket_.write({reinterpret_cast<const char*>(bytes_.data()) + skipped, size}, false);
  if (did.outcome == Outcome::later) return Wrote::later;
  return did.outcome == Outcome::some ? Wrote::all : Wrote::ended;
}

void RtspConnection::pump() {
  if (stopped_ || frozen_ || writing_ || socket_.finished()) return;
  const auto before = socket_.sent();
  const auto wrote = write_some();
  if (before < socket_.sent()) moved();
  if (wrote == Wrote::ended) return close();
  const uint64_t sent = socket_.sent().value;
  auto& output = state_.output;
  if (output.granted() < output.end() && output.granted() < sent + limits::rtsp_grant_bytes / 2)
    changed();
  if (wrote == Wrote::later) return wait_write();
  if (wrote == Wrote::waits || sent < output.end()) return;
  if (const auto flow = flows_.find(id_); flow && !flow->datagrams() && flow->running()) {
    flow->stop_at(flow->items(flow->last_run())->end());
    state_.session.state = rtsp::State::ready;
    changed();
  }
  if (output.closes() || socket_.client_closed()) return socket_.finish();
  if (!state_.input.unread().empty() && take_pieces()) {
    changed();
    wait_read();
  }
}

bool RtspConnection::awaits_request() const {
  return !state_.input.unread().empty() || state_.output.end() == 0;
}

void RtspConnection::request_late() {
  if (state_.input.unread().empty()) return close();
  say(rtsp::respond(408, 0), true);
  end_session();
  state_.output.close_at_end();
  moved();
  changed();
}

std::chrono::milliseconds RtspConnection::idle_patience() const {
  return state_.session.identifier ? session_patience : ClientConnection::idle_patience();
}

}  // namespace understudy::edge
