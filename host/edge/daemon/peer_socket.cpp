// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/peer_socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
using protocol::limits::peer_datagram_max;
using protocol::limits::peer_queue_max;

constexpr int receive_buffer = 1 << 20;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address address_of(const Endpoint& e) {
  Address out;
  auto* four = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (::inet_pton(AF_INET, e.address.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET, four->sin_port = htons(e.port), out.size = sizeof *four;
  } else if (::inet_pton(AF_INET6, e.address.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6, six->sin6_port = htons(e.port), out.size = sizeof *six;
  }
  return out;
}

std::string text(const Endpoint& e) {
  const bool six = e.address.find(':') != std::string::npos;
  return six ? fmt::format("[{}]:{}", e.address, e.port) : fmt::format("{}:{}", e.address, e.port);
}

}  // namespace

Result<std::unique_ptr<PeerSocket>> PeerSocket::open(boost::asio::io_context& io,
                                                     const PeerConfiguration& configuration,
                                                     const PeerKey& key, PeerOwner& owner) {
  const auto listen = address_of(configuration.listen), other = address_of(configuration.address);
  if (listen.storage.ss_family != other.storage.ss_family)
    return failure("peer.listen and peer.address must both be IPv4 or both IPv6");
  Descriptor socket(
      ::socket(listen.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_failure("socket");
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::bind(socket.number(), listen.get(), listen.size) != 0) {
    if (errno == EADDRINUSE)
      return failure(
          fmt::format("peer.listen {} is in use: is another understudyd running with this "
                      "configuration? Each daemon needs an address of its own",
                      text(configuration.listen)));
    return system_failure(fmt::format("peer.listen {}", text(configuration.listen)));
  }
  if (::connect(socket.number(), other.get(), other.size) != 0)
    return system_failure(fmt::format("peer.address {}", text(configuration.address)));
  return std::unique_ptr<PeerSocket>(new PeerSocket(io, std::move(socket), key, owner));
}

PeerSocket::PeerSocket(boost::asio::io_context& io, Descriptor socket, const PeerKey& key,
                       PeerOwner& owner)
    : socket_(std::move(socket)), key_(key), owner_(owner) {
  watch_ = Watch(io, socket_.number(), [this] { ready(); });
}

void PeerSocket::ready() {
  drain();
  if (lockstep_) return;
  while (!queue_.empty()) {
    const auto datagram = std::move(queue_.front());
    queue_.pop_front();
    owner_.peer_datagram(datagram);
  }
}

void PeerSocket::drain() {
  std::array<uint8_t, peer_datagram_max + 1> buffer;
  for (uint32_t i = 0; i < peer_queue_max; ++i) {
    const ssize_t n = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == ECONNREFUSED) continue;  // nobody listens there now
    if (n < 0) return;
    ++received_;
    auto opened = open_sealed(std::span<const uint8_t>(buffer).first(static_cast<size_t>(n)), key_);
    if (!opened) {
      ++refused_;
      take_garbage(opened.error());
      continue;
    }
    if (lockstep_ && opened->out_of_step) continue;
    if (queue_.size() == peer_queue_max) {
      queue_.pop_front();
      ++dropped_;
    }
    queue_.push_back(std::move(opened->datagram));
  }
}

/// In lockstep the other daemon may have counted it (another key), so it stands in for a datagram
/// that is missing; more than can wait is a flood.
void PeerSocket::take_garbage(core::PeerGarbage::Why why) {
  if (!lockstep_) return owner_.peer_garbage(why);
  garbage_.push_back(why);
  if (garbage_.size() <= peer_queue_max) return;
  for (const auto each : std::exchange(garbage_, {})) owner_.peer_garbage(each);
}

void PeerSocket::send(const protocol::peer::Envelope& envelope, std::span<const uint8_t> payload) {
  const auto datagram = seal(envelope, payload, key_, !lockstep_);
  if (datagram.empty()) return;
  if (lockstep_) ++sent_;
  // A pending ECONNREFUSED from an earlier datagram is reported once and the datagram not sent.
  for (int attempt = 0; attempt < 2; ++attempt)
    if (::send(socket_.number(), datagram.data(), datagram.size(), MSG_DONTWAIT) >= 0 ||
        errno != ECONNREFUSED)
      return;
}

void PeerSocket::set_lockstep(bool on) {
  lockstep_ = first_turn_ = on;
  sent_ = handled_ = 0;
  if (!on) ready();
}

bool PeerSocket::handle_up_to(uint32_t wanted, std::chrono::milliseconds most) {
  drain();
  if (std::exchange(first_turn_, false))  // what is left from before has not been counted
    while (queue_.size() > wanted) queue_.pop_front();
  const auto end = std::chrono::steady_clock::now() + most;
  for (;; drain()) {
    for (; handled_ < wanted && !queue_.empty(); ++handled_) {
      const auto datagram = std::move(queue_.front());
      queue_.pop_front();
      owner_.peer_datagram(datagram);
    }
    for (; handled_ < wanted && !garbage_.empty(); ++handled_) {
      owner_.peer_garbage(garbage_.front());
      garbage_.pop_front();
    }
    if (handled_ >= wanted) return true;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left <= 0ms) break;
    pollfd p{socket_.number(), POLLIN, 0};
    ::poll(&p, 1, static_cast<int>(left.count()));
  }
  handled_ = wanted;
  return false;
}

}  // namespace understudy::edge
