// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/stream_socket.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>

#include "host/edge/guard/guard.hpp"

namespace understudy::edge {
namespace {

StreamSocket::Did failed() {
  const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {later ? StreamSocket::Outcome::later : StreamSocket::Outcome::broken, 0};
}

uint8_t state_of(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : 0;
}

/// So that the guard lets the client hear of the end.
void mark_orderly(int socket) {
  const uint32_t mark = Guard::orderly;
  ::setsockopt(socket, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
}

constexpr uint8_t state_closed = 7;  // TCP_CLOSE of the kernel's tcp_states.h

}  // namespace

StreamSocket::StreamSocket(Descriptor socket, const ConnectionOrigin& origin)
    : socket_(std::move(socket)), origin_(origin) {}

StreamSocket::StreamSocket(Descriptor socket, const ConnectionOrigin& origin,
                           core::StreamOffset sent, core::StreamOffset received, bool client_closed)
    : socket_(std::move(socket)),
      origin_(origin),
      begin_(sent),
      sent_(sent),
      received_(received),
      client_closed_(client_closed) {}

StreamSocket::Did StreamSocket::write(std::string_view bytes, bool more) {
  const ssize_t n = ::send(number(), bytes.data(), bytes.size(),
                           MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  if (n < 0) return failed();
  sent_ = sent_ + static_cast<uint64_t>(n);
  return {Outcome::some, static_cast<size_t>(n)};
}

StreamSocket::Did StreamSocket::write_file(int file, uint64_t offset, uint64_t most) {
  auto at = static_cast<off_t>(offset);
  const ssize_t n = ::sendfile(number(), file, &at, static_cast<size_t>(most));
  if (n < 0) return failed();
  if (n == 0) return {Outcome::closed, 0};
  sent_ = sent_ + static_cast<uint64_t>(n);
  return {Outcome::some, static_cast<size_t>(n)};
}

StreamSocket::Did StreamSocket::read(std::span<uint8_t> out) {
  if (client_closed_) return {Outcome::closed, 0};
  if (has_ahead()) return read_ahead(out);
  const ssize_t n = ::recv(number(), out.data(), out.size(), MSG_DONTWAIT);
  if (n < 0) return failed();
  if (n == 0) {
    client_closed_ = true;
    return {Outcome::closed, 0};
  }
  received_ = received_ + static_cast<uint64_t>(n);
  return {Outcome::some, static_cast<size_t>(n)};
}

StreamSocket::Did StreamSocket::read_ahead(std::span<uint8_t> out) {
  if (ahead_.empty()) {
    client_closed_ = true;
    return {Outcome::closed, 0};
  }
  const size_t n = std::min(out.size(), ahead_.size());
  std::copy_n(ahead_.begin(), n, out.begin());
  ahead_.erase(0, n);
  received_ = received_ + n;
  return {n ? Outcome::some : Outcome::later, n};
}

void StreamSocket::put_ahead(std::string bytes, bool closed) {
  ahead_ = std::move(bytes);
  ahead_closed_ = closed;
}

std::string StreamSocket::peek(size_t most) const {
  std::string out = ahead_.substr(0, most);
  if (client_closed_ || ahead_closed_) return out;
  int bytes = 0;
  if (::ioctl(number(), SIOCINQ, &bytes) != 0 || bytes <= 0) return out;
  const size_t at = out.size();
  out.resize(at + std::min(most - at, static_cast<size_t>(bytes)));
  const ssize_t n = ::recv(number(), out.data() + at, out.size() - at, MSG_PEEK | MSG_DONTWAIT);
  out.resize(at + static_cast<size_t>(std::max<ssize_t>(n, 0)));
  return out;
}

void StreamSocket::finish() {
  if (finished_) return;
  finished_ = true;
  mark_orderly(number());
  ::shutdown(number(), SHUT_WR);
}

void StreamSocket::reset() {
  finished_ = true;
  mark_orderly(number());
  const linger at_once{1, 0};
  ::setsockopt(number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

core::StreamOffset StreamSocket::acknowledged() const {
  return std::min(before_end(unacknowledged(number())), sent_);
}

core::StreamOffset StreamSocket::transmitted() const {
  int waiting = 0;
  if (::ioctl(number(), SIOCOUTQNSD, &waiting) != 0) return sent_;
  return before_end(static_cast<uint64_t>(waiting));
}

/// As the kernel counts: the FIN too, and a byte before a restored connection's begin.
core::StreamOffset StreamSocket::before_end(uint64_t bytes) const {
  const uint64_t end = sent_.value + (finished_ ? 1 : 0);
  return {std::max(end - std::min(end, bytes), begin_.value)};
}

bool StreamSocket::settled() const {
  return unacknowledged(number()) == 0;
}

bool StreamSocket::has_unread() const {
  int bytes = 0;
  if (has_ahead()) return true;
  return !client_closed_ && ::ioctl(number(), SIOCINQ, &bytes) == 0 && bytes > 0;
}

bool StreamSocket::over() const {
  return state_of(number()) == state_closed;
}

Unread StreamSocket::take_unread() {
  const bool known = ahead_closed_ || client_closed_;
  const auto next = core::Stream{{origin_.initial_receive}}.at(received_ + ahead_.size());
  auto kernels = edge::take_unread(number(), next.value);
  return {ahead_ + kernels.bytes, known || kernels.closed};
}

void StreamSocket::abandon() {
  close_silently(std::move(socket_));
}

}  // namespace understudy::edge
