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
using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using Outcome = StreamSocket::Outcome;

namespace {

constexpr uint64_t turn_bytes = 1u << 20;                    // then it is the others' turn
constexpr std::chrono::seconds idle_patience(75);            // between requests
constexpr std::chrono::seconds request_patience(30);         // for one to be whole
constexpr std::chrono::seconds stalled_patience(600);        // for a client that takes nothing
constexpr auto closing_patience = std::chrono::seconds(10);  // for the client's side to close

}  // namespace

HttpConnection::HttpConnection(boost::asio::io_context& io, ServiceHost& host, AssetRoot& root,
                               core::ConnectionId id, StreamSocket& socket,
                               core::HttpAnswers answers)
    : host_(host),
      root_(root),
      id_(id),
      socket_(socket),
      answers_(std::move(answers)),
      released_(answers_.end()),
      descriptor_(io),
      active_(std::chrono::steady_clock::now()) {}

void HttpConnection::begin() {
  begun_ = true;
  descriptor_.assign(socket_.number());
  if (take_requests()) host_.changed(id_);
  wait_read();
  pump();
}

void HttpConnection::stop() {
  stopped_ = true;
  if (descriptor_.is_open()) descriptor_.release();
}

void HttpConnection::end() {
  if (stopped_) return;
  stop();
  host_.ended(id_);
}

void HttpConnection::wait_read() {
  if (reading_ || stopped_ || socket_.client_closed()) return;
  reading_ = true;
  descriptor_.async_wait(stream_descriptor::wait_read,
                         [self = shared_from_this()](const error_code& e) {
                           self->reading_ = false;
                           if (!e && !self->stopped_) self->readable();
                         });
}

void HttpConnection::wait_write() {
  if (writing_ || stopped_) return;
  writing_ = true;
  descriptor_.async_wait(stream_descriptor::wait_write,
                         [self = shared_from_this()](const error_code& e) {
                           self->writing_ = false;
                           if (!e && !self->stopped_) self->pump();
                         });
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
    active_ = std::chrono::steady_clock::now();
    if (did.outcome == Outcome::closed) break;
    if (!answers_.closes())
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
  if (stopped_ || frozen_ || writing_) return;
  const auto before = socket_.sent();
  const auto wrote = write_some(turn_bytes);
  if (before < socket_.sent()) active_ = std::chrono::steady_clock::now();
  if (wrote == Wrote::ended) {
    socket_.finish();
    return end();
  }
  if (wrote == Wrote::later || wrote == Wrote::paused) return wait_write();
  if (socket_.sent() < answers_.end()) return;  // not yet released
  if (answers_.closes() || socket_.client_closed()) return socket_.finish();
  // Room for requests that had to wait.
  answers_.acknowledged(socket_.acknowledged());
  if (!answers_.unanswered.empty() && take_requests()) host_.changed(id_);
  wait_read();
}

void HttpConnection::look(SteadyTime now) {
  if (stopped_ || frozen_) return;
  const auto quiet = now - active_;
  if (socket_.finished()) {
    if (socket_.over() ||
        (socket_.settled() && (socket_.client_closed() || quiet > closing_patience)))
      end();
    return;
  }
  if (!answers_.unanswered.empty() && socket_.sent() == answers_.end()) pump();
  if (quiet < std::min(request_patience, idle_patience)) return;  // no call to the kernel for most
  const bool owes = socket_.sent() < answers_.end() || !socket_.settled();
  const auto patience = owes                          ? stalled_patience
                        : answers_.unanswered.empty() ? idle_patience
                                                      : request_patience;
  if (quiet < patience) return;
  socket_.finish();
  end();
}

}  // namespace understudy::edge
