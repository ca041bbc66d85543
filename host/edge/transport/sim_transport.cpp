// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/sim_transport.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "host/edge/daemon/run_directory.hpp"
#include "protocol/limits.hpp"
#include "protocol/sim.hpp"

namespace understudy::edge {
namespace {

namespace sim = protocol::sim;
using protocol::limits::sim_message_max;
using namespace std::chrono_literals;

constexpr auto retry_first = 50ms;
constexpr auto retry_last = 1000ms;
constexpr size_t done_head = 1 + 8 + 4;

}  // namespace

SimTransport::SimTransport(boost::asio::io_context& io, std::string path)
    : io_(io), path_(std::move(path)), timer_(io), delay_(retry_first), in_(sim_message_max) {}

void SimTransport::start(ports::TransportOwner& owner) {
  owner_ = &owner;
  attach();
}

void SimTransport::retry() {
  timer_.expires_after(delay_);
  delay_ = std::min<std::chrono::milliseconds>(delay_ * 2, retry_last);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) attach();
  });
}

void SimTransport::attach() {
  auto socket = connect_unix(path_, SOCK_SEQPACKET | SOCK_NONBLOCK);
  if (!socket) return retry();
  std::array<uint8_t, 32> hello{};
  const size_t n = encode(sim::Hello{.pid = static_cast<uint32_t>(::getpid())}, hello);
  if (::send(socket->number(), hello.data(), n, MSG_NOSIGNAL) != static_cast<ssize_t>(n))
    return retry();
  socket_ = std::move(*socket);
  watch_ = Watch(io_, socket_.number(), [this] { read(); });
}

void SimTransport::read() {
  iovec part{in_.data(), in_.size()};
  msghdr head{};
  head.msg_iov = &part, head.msg_iovlen = 1;
  const ssize_t n = ::recvmsg(socket_.number(), &head, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) return lose(std::strerror(errno));
  if (n == 0) return lose("the appliance closed the link");
  if (head.msg_flags & MSG_TRUNC)
    return lose(fmt::format("a message of more than {} bytes", sim_message_max));
  take(std::span(in_).first(static_cast<size_t>(n)));
}

void SimTransport::take(std::span<const uint8_t> message) {
  const auto type = sim::type_of(message);
  if (!up_) {
    if (type == sim::Type::refused)
      return lose("refused: " + std::string(message.begin() + 1, message.end()));
    const auto welcome = sim::decode_welcome(message);
    if (!welcome || welcome->fps_numerator == 0 || welcome->fps_denominator == 0)
      return lose("no good WELCOME (is that the appliance's link socket?)");
    up_ = true, free_running_ = welcome->free_running;
    delay_ = retry_first;
    out_.clear();
    ports::LinkFacts facts;
    facts.port = welcome->port;
    facts.raster =
        Raster{welcome->width, welcome->height, welcome->fps_numerator, welcome->fps_denominator};
    facts.now = ports::Nanoseconds(welcome->now);
    return owner_->link_up(facts);
  }
  const auto sync = sim::decode_sync(message);
  if (!sync) return lose("garbage from the appliance");
  owner_->link_turn({sync->link_bytes, ports::Nanoseconds(sync->now), sync->peer_sent});
}

void SimTransport::send(std::span<const uint8_t> bytes) {
  if (!up_ || out_.size() + bytes.size() + done_head > sim_message_max) return;
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  if (free_running_) flush(sim::never, 0);
}

void SimTransport::finish_turn(std::optional<ports::Nanoseconds> wake, uint32_t peer_sent) {
  if (!up_) return;
  flush(wake ? static_cast<uint64_t>(std::max<int64_t>(0, wake->count())) : sim::never, peer_sent);
}

void SimTransport::flush(uint64_t wake, uint32_t peer_sent) {
  message_.resize(done_head + out_.size());
  const size_t n = encode(sim::Done{wake, peer_sent, out_}, message_);
  out_.clear();
  if (::send(socket_.number(), message_.data(), n, MSG_NOSIGNAL | MSG_DONTWAIT) ==
      static_cast<ssize_t>(n))
    return;
  if (free_running_ && errno == EAGAIN) return;  // the appliance is late: lost, as on any wire
  lose(std::strerror(errno));
}

void SimTransport::lose(const std::string& why) {
  watch_.stop();
  socket_.close();
  up_ = false;
  retry();
  owner_->link_down(why);
}

}  // namespace understudy::edge
