// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/http_connection.hpp"

#include <array>
#include <ctime>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/delivery/http_request.hpp"
#include "host/edge/delivery/http_response.hpp"

namespace understudy::edge {

namespace limits = protocol::limits;
using Outcome = StreamSocket::Outcome;

namespace {
constexpr uint64_t turn_bytes = 1u << 20;  // then it is the others' turn
constexpr std::chrono::milliseconds room_wait_first(1), room_wait_most(50);
}  // namespace

HttpConnection::HttpConnection(ServiceHost& host, AssetRoot& root, core::ConnectionId id,
                               StreamSocket& socket, core::HttpAnswers answers)
    : ClientConnection(host, id, socket),
      root_(root),
      answers_(std::move(answers)),
      released_(answers_.end()),
      room_wait_(room_wait_first) {}

void HttpConnection::begin() {
  begun_ = true;
  take_descriptor();
  if (take_requests()) host_.changed(id_);
  wait_read();
  pump();
}

/// Takes everything that there is and room for: what the kernel has acknowledged and nobody has
/// read would be lost with this server.
void HttpConnection::readable() {
  std::array<uint8_t, limits::request_bytes_max> buffer;
  bool news = false;
  for (;;) {
    const size_t room = limits::request_bytes_max - answers_.unanswered.size();
    if (room == 0 && !answers_.closes()) break;  // a reader that does not take its answers waits
    const auto did =
        socket_.read(std::span(buffer).first(answers_.closes() ? buffer.size() : room));
    if (did.outcome == Outcome::broken) return end();
    if (did.outcome == Outcome::later) break;
    news = true;
    if (did.outcome == Outcome::closed) break;
    if (answers_.closes()) continue;
    if (answers_.unanswered.empty() && !owes()) moved();  // a request begins
    answers_.unanswered.append(reinterpret_cast<const char*>(buffer.data()), did.bytes);
    take_requests();
  }
  if (news) host_.changed(id_);
  if (answers_.unanswered.size() < limits::request_bytes_max) wait_read();
  pump();
}

/// Answers all requests that are whole; whether there were any.
bool HttpConnection::take_requests() {
  bool any = false;
  const time_t now = std::time(nullptr);
  size_t used = 0;
  const std::string_view all = answers_.unanswered;
  while (!answers_.full() && !answers_.closes()) {
    const auto parsed = parse_request(all.substr(used));
    used += parsed.consumed;
    if (std::holds_alternative<Incomplete>(parsed.result)) break;
    const auto* request = std::get_if<HttpRequest>(&parsed.result);
    auto response =
        request ? respond(*request, root_, now) : respond(std::get<BadRequest>(parsed.result), now);
    if (!owes()) moved();
    answers_.add(std::move(response.answer));
    if (response.closes) answers_.close_at_end();
    any = true;
  }
  if (answers_.closes()) used = all.size();
  answers_.unanswered.erase(0, used);
  return any;
}

size_t HttpConnection::encode(std::span<uint8_t> out) {
  answers_.acknowledged(socket_.acknowledged());
  return answers_.encode(out);
}

void HttpConnection::release(core::StreamOffset offset) {
  released_ = std::max(released_, offset);
  if (begun_) pump();
}

void HttpConnection::write_at_once(size_t most) {
  if (socket_.sent() < released_) write_some(most);
}

const Asset* HttpConnection::asset_for(const core::HttpAnswer& answer) {
  if (!asset_ || asset_->path != answer.path || asset_->tag != answer.tag)
    asset_ = root_.find(answer.path);
  return asset_ && asset_->tag == answer.tag ? asset_.get() : nullptr;
}

HttpConnection::Wrote HttpConnection::write_some(uint64_t most) {
  while (socket_.sent() < released_) {
    if (most == 0) return Wrote::paused;
    const auto place = answers_.locate(socket_.sent());
    CHECK(place);
    StreamSocket::Did did;
    if (place->in_head) {
      const auto& head = place->answer->head;
      const bool more = place->answer->length > 0 && most > place->left;
      did = socket_.write(std::string_view(head).substr(place->byte), more);
    } else {
      const auto* asset = asset_for(*place->answer);
      if (!asset) return Wrote::ended;  // changed while it was sent: the client must not get both
      did = socket_.write_file(asset->file.number(), place->byte, std::min(most, place->left));
    }
    if (did.outcome == Outcome::later) return Wrote::later;
    if (did.outcome != Outcome::some) return Wrote::ended;
    most -= std::min<uint64_t>(most, did.bytes);
  }
  return Wrote::all;
}

void HttpConnection::pump() {
  if (stopped_ || frozen_ || writing_ || socket_.finished()) return;
  const auto before = socket_.sent();
  const auto wrote = write_some(turn_bytes);
  if (before < socket_.sent()) moved();
  if (wrote == Wrote::ended) return close();
  if (wrote == Wrote::later || wrote == Wrote::paused) return wait_write();
  if (socket_.sent() < answers_.end()) return;  // not yet released
  if (answers_.closes()) return socket_.finish();
  // Room for requests that had to wait.
  answers_.acknowledged(socket_.acknowledged());
  if (!answers_.unanswered.empty() && take_requests())
    room_wait_ = room_wait_first, host_.changed(id_);
  else if (answers_.closes_after(socket_.client_closed()))
    return socket_.finish();
  if (answers_.unanswered.size() < limits::request_bytes_max) wait_read();
  if (answers_.full() && !owes() && !answers_.unanswered.empty()) await_room();
}

/// A pipeline's next requests are taken when the client has acknowledged answers, and nothing tells
/// of that: it is looked for soon, then less and less often, until look() comes more often.
void HttpConnection::await_room() {
  if (awaits_room_ || room_wait_ >= room_wait_most) return;
  if (!room_) room_ = std::make_unique<boost::asio::steady_timer>(host_.io());
  awaits_room_ = true;
  room_->expires_after(std::exchange(room_wait_, room_wait_ * 2));
  room_->async_wait([weak = weak_from_this(), this](const boost::system::error_code& e) {
    const auto self = weak.lock();
    if (!self || e) return;
    awaits_room_ = false;
    if (!stopped_) look_for_room();
  });
}

void HttpConnection::look_for_room() {
  if (!answers_.unanswered.empty() && !owes()) pump();
}

bool HttpConnection::awaits_request() const {
  return !answers_.unanswered.empty() || answers_.end().value == 0;
}

void HttpConnection::request_late() {
  if (answers_.unanswered.empty()) return close();
  answers_.acknowledged(socket_.acknowledged());
  if (answers_.full()) return close();
  auto response = respond(BadRequest{408, "the request was not whole in time"}, std::time(nullptr));
  answers_.add(std::move(response.answer));
  answers_.close_at_end();
  answers_.unanswered.clear();
  moved();
  host_.changed(id_);
}

}  // namespace understudy::edge
