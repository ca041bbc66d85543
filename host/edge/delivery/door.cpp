// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/door.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "host/edge/guard/guard.hpp"

namespace understudy::edge {

using boost::system::error_code;
using protocol::checkpoint::Family;

namespace {

constexpr int backlog = 4096;
constexpr int accepts_together = 64;
constexpr int ipv6_freebind = 78;  // IPV6_FREEBIND, not in every libc's headers
constexpr auto leaving_time = std::chrono::milliseconds(1000);
constexpr auto pause_time = std::chrono::milliseconds(100);

Descriptor spare_descriptor() {
  return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// A listening socket whose connections carry the guard's mark. The address need not be here yet.
/// `window`: the most that it announces to clients, 0 as the kernel likes.
Result<Descriptor> make_listener(const SocketAddress& at, int window, const OwnInterface& own) {
  Descriptor socket(
      ::socket(domain(at.family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return system_failure("socket");
  const int n = socket.number(), on = 1, unsent = protocol::limits::unsent_bytes_max;
  const uint32_t mark = Guard::live;
  ::setsockopt(n, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(n, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(n, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  if (window) ::setsockopt(n, IPPROTO_TCP, TCP_WINDOW_CLAMP, &window, sizeof window);
  if (at.family == Family::ipv4)
    ::setsockopt(n, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  else
    ::setsockopt(n, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on),
        ::setsockopt(n, IPPROTO_IPV6, ipv6_freebind, &on, sizeof on);
  if (::setsockopt(n, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0)
    return system_failure("SO_MARK (it needs CAP_NET_ADMIN)");
  if (auto kept = own.keep(n); !kept) return std::unexpected(kept.error());
  const auto address = to_kernel(at);
  if (::bind(n, address.get(), address.size) != 0 || ::listen(n, backlog) != 0)
    return system_failure("listening on " + to_text(at));
  return socket;
}

bool out_of_descriptors(int why) {
  return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

}  // namespace

Door::Door(boost::asio::io_context& io, core::Admission& admission, Take take)
    : io_(io),
      admission_(admission),
      take_(std::move(take)),
      spare_(spare_descriptor()),
      pause_(io) {}

void Door::open(const std::vector<std::unique_ptr<Service>>& services, int window) {
  close();
  for (const auto& service : services)
    for (const auto& at : service->listen()) {
      auto socket = make_listener(at, window, own_);
      if (!socket) {
        spdlog::error("{}", socket.error().text);
        continue;
      }
      listeners_.push_back({service.get(), std::move(*socket), {}});
      watch(listeners_.size() - 1);
    }
}

void Door::watch(size_t index) {
  auto& l = listeners_[index];
  l.watch = Watch(io_, l.socket.number(), [this, index] { accept(index); });
}

void Door::close() {
  pause_.cancel();
  listeners_.clear();
}

void Door::accept(size_t index) {
  for (int i = 0; i < accepts_together && index < listeners_.size(); ++i) {
    auto& service = *listeners_[index].service;
    Descriptor socket(::accept4(listeners_[index].socket.number(), nullptr, nullptr,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (out_of_descriptors(errno)) no_descriptor(index, errno);
      return;
    }
    const auto client = welcome(socket.number());
    if (!client) {
      turn_away(std::move(socket), service);
      continue;
    }
    const auto origin = read_origin(socket.number());
    if (!origin) {
      admission_.leave(client->family, client->endpoint);
      if (const auto times = odd_.happened())
        spdlog::warn("a client is turned away: {} ({} times)", origin.error().text, *times);
      turn_away(std::move(socket), service);
      continue;
    }
    take_(service, std::move(socket), *origin);
  }
}

/// The client, counted, if the limits let it in.
std::optional<SocketAddress> Door::welcome(int socket) {
  sockaddr_storage there{};
  socklen_t size = sizeof there;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&there), &size) != 0) return std::nullopt;
  const auto client = from_kernel(there);
  if (!client) return std::nullopt;
  switch (admission_.ask(client->family, client->endpoint)) {
    case core::Admission::Answer::welcome:
      return client;
    case core::Admission::Answer::full:
      if (const auto times = full_.happened())
        spdlog::warn(
            "{} clients are here, which is the limit: others are turned away ({} times; "
            "--clients and the limit on open files say how many)",
            admission_.inside(), *times);
      return std::nullopt;
    case core::Admission::Answer::too_many_from_there:
      if (const auto times = crowd_.happened())
        spdlog::warn(
            "too many clients from {}: more of them are turned away ({} times; "
            "--clients-per-address says how many)",
            address_text(*client), *times);
      return std::nullopt;
  }
  return std::nullopt;
}

/// There is no busy loop over a client that cannot be let in: with the spare descriptor he is, and
/// hears an end; without one the door is shut for a moment.
void Door::no_descriptor(size_t index, int why) {
  if (const auto times = none_left_.happened())
    spdlog::error(
        "a client cannot be let in: {} ({} times): raise the limit on open files "
        "(systemd: LimitNOFILE=) or lower --clients",
        std::strerror(why), *times);
  leaving_.clear();
  spare_.close();
  for (int i = 0; i < accepts_together; ++i) {
    Descriptor socket(::accept4(listeners_[index].socket.number(), nullptr, nullptr,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) break;
    ++turned_away_;
    const auto word = listeners_[index].service->farewell();
    ::send(socket.number(), word.data(), word.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    let_go(std::move(socket));
  }
  spare_ = spare_descriptor();
  listeners_[index].watch.stop();
  pause_.expires_after(pause_time);
  pause_.async_wait([this](error_code e) {
    if (e) return;
    for (size_t i = 0; i < listeners_.size(); ++i)
      if (!listeners_[i].watch) watch(i);
  });
}

void Door::turn_away(Descriptor socket, const Service& service) {
  ++turned_away_;
  const auto word = service.farewell();
  ::send(socket.number(), word.data(), word.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  const uint32_t mark = Guard::orderly;  // the guard lets the client hear of the end
  ::setsockopt(socket.number(), SOL_SOCKET, SO_MARK, &mark, sizeof mark);
  ::shutdown(socket.number(), SHUT_WR);
  if (leaving_.size() >= protocol::limits::leaving_clients_max) {
    let_go(std::move(leaving_.front().socket));
    leaving_.pop_front();
  }
  leaving_.push_back({std::move(socket), std::chrono::steady_clock::now() + leaving_time});
}

/// Closed with something unread, it would be an RST, and the client might never read the farewell.
void Door::let_go(Descriptor socket) {
  const uint32_t mark = Guard::orderly;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_MARK, &mark, sizeof mark);
  std::array<char, 16 * 1024> unread;
  [[maybe_unused]] const auto n =
      ::recv(socket.number(), unread.data(), unread.size(), MSG_DONTWAIT);
}

void Door::look() {
  const auto now = std::chrono::steady_clock::now();
  while (!leaving_.empty() && leaving_.front().until <= now) {
    let_go(std::move(leaving_.front().socket));
    leaving_.pop_front();
  }
}

}  // namespace understudy::edge
