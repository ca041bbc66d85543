// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/client_connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace understudy::edge {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

namespace {
constexpr std::chrono::milliseconds closing_patience(10'000);  // for the client's side to close
}

ClientConnection::ClientConnection(ServiceHost& host, core::ConnectionId id, StreamSocket& socket)
    : host_(host),
      id_(id),
      socket_(socket),
      descriptor_(host.io()),
      moved_(std::chrono::steady_clock::now()) {}

void ClientConnection::stop() {
  stopped_ = true;
  if (descriptor_.is_open()) descriptor_.release();
}

void ClientConnection::end() {
  if (stopped_) return;
  stop();
  // Both have said all. Where the client's FIN came to an earlier life, this one's kernel would
  // wait for it for a minute.
  if (socket_.finished() && socket_.client_closed() && socket_.settled()) socket_.abandon();
  host_.ended(id_);
}

void ClientConnection::wait_read() {
  if (reading_ || stopped_ || socket_.client_closed()) return;
  reading_ = true;
  auto read = [self = shared_from_this()](const error_code& e) {
    self->reading_ = false;
    if (!e && !self->stopped_) self->readable();
  };
  if (socket_.has_ahead())
    boost::asio::post(descriptor_.get_executor(), [read] { read({}); });
  else
    descriptor_.async_wait(stream_descriptor::wait_read, read);
}

void ClientConnection::wait_write() {
  if (writing_ || stopped_) return;
  writing_ = true;
  descriptor_.async_wait(stream_descriptor::wait_write,
                         [self = shared_from_this()](const error_code& e) {
                           self->writing_ = false;
                           if (!e && !self->stopped_) self->pump();
                         });
}

void ClientConnection::look(SteadyTime now) {
  if (stopped_ || frozen_) return;
  if (!socket_.finished()) look_for_room();
  if (stopped_) return;
  const auto& patience = host_.patience();
  const auto quiet = now - moved_;
  if (socket_.finished()) {
    if (socket_.over() ||
        (socket_.settled() &&
         (socket_.client_closed() || quiet > std::min(closing_patience, patience.request))))
      return end();
    if (quiet < patience.taking) return;
    socket_.reset();
    return end();
  }
  // No call to the kernel for most.
  if (quiet < std::min({patience.request, patience.taking, idle_patience()})) return;
  const bool owed = std::exchange(owed_, owes() || !socket_.settled());
  if (owed_) {
    if (quiet < patience.taking) return;
    // With a FIN instead, the kernel would keep what is unsent for as long as the client likes.
    socket_.reset();
    return end();
  }
  if (owed) return moved();  // it has just taken the last of it
  if (awaits_request() ? quiet >= patience.request : quiet >= idle_patience())
    awaits_request() ? request_late() : close();
}

}  // namespace understudy::edge
