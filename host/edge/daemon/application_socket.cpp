// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/application_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

namespace application = protocol::application;
using namespace std::chrono_literals;

constexpr size_t message_max = 1024;
constexpr size_t connections_max = protocol::limits::applications_max + 8;
constexpr int so_peerpidfd = 77;  // SO_PEERPIDFD, Linux 6.5 and later
constexpr auto look_again = 20ms;

bool readable(int descriptor, std::chrono::milliseconds most) {
  pollfd p{descriptor, POLLIN, 0};
  return ::poll(&p, 1, static_cast<int>(most.count())) > 0;
}

/// A descriptor of the process that connected; from the socket itself where the kernel can, so
/// that not even a process number used again is mistaken.
Descriptor process_of(int socket, pid_t pid) {
  int process = -1;
  socklen_t size = sizeof process;
  if (::getsockopt(socket, SOL_SOCKET, so_peerpidfd, &process, &size) == 0)
    return Descriptor(process);
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Stopped, traced or a zombie: cannot answer now.
bool cannot_answer(int32_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text);
  const auto end = text.rfind(')');
  if (end == std::string::npos || end + 2 >= text.size()) return true;
  return std::string_view("TtZX").find(text[end + 2]) != std::string_view::npos;
}

}  // namespace

ApplicationSocket::ApplicationSocket(boost::asio::io_context& io, UnixListener listener,
                                     ApplicationOwner& owner)
    : io_(io), listener_(std::move(listener)), owner_(owner) {
  watch_ = Watch(io_, listener_.number(), [this] { drain(); });
}

void ApplicationSocket::take_clients() {
  while (auto socket = listener_.accept()) {
    ucred who{};
    socklen_t size = sizeof who;
    if (connections_.size() >= connections_max ||
        ::getsockopt(socket.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
      ++refused_;
      continue;
    }
    const auto id = next_++;
    auto connection = std::make_unique<Connection>();
    connection->process = process_of(socket.number(), who.pid);
    connection->socket = std::move(socket);
    connection->facts.pid = who.pid;
    connection->socket_watch = Watch(io_, connection->socket.number(), [this] { drain(); });
    if (connection->process)
      connection->process_watch = Watch(io_, connection->process.number(), [this] { drain(); });
    connections_.emplace(id, std::move(connection));
  }
}

void ApplicationSocket::drain() {
  take_clients();
  std::vector<ApplicationId> ids;
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const auto id : ids) take_from(id);
}

void ApplicationSocket::take_from(ApplicationId id) {
  for (;;) {
    const auto it = connections_.find(id);
    if (it == connections_.end()) return;
    auto& c = *it->second;
    std::array<uint8_t, message_max> buffer;
    iovec part{buffer.data(), buffer.size()};
    msghdr head{};
    head.msg_iov = &part, head.msg_iovlen = 1;
    const ssize_t n = ::recvmsg(c.socket.number(), &head, MSG_DONTWAIT);
    if (n > 0 && (head.msg_flags & MSG_TRUNC)) {
      return reject(id, fmt::format("a message has at most {} bytes", message_max));
    }
    if (n > 0) {
      take(id, std::span<const uint8_t>(buffer).first(static_cast<size_t>(n)));
      continue;
    }
    // A peer that closed with our messages unread: told once, and before what it sent last.
    if (n < 0 && errno == ECONNRESET) continue;
    const bool closed = n == 0 || (errno != EAGAIN && errno != EINTR);
    // A process that ends closes its descriptors just before the kernel calls it dead.
    const bool dead =
        !c.process || readable(c.process.number(), closed && c.registered ? look_again : 0ms);
    if (dead) return gone(id, core::ApplicationEnd::died, "its process died");
    if (closed)
      return gone(id, core::ApplicationEnd::closed, "it closed its connection without a goodbye");
    return;
  }
}

void ApplicationSocket::take(ApplicationId id, std::span<const uint8_t> message) {
  auto& c = *connections_.at(id);
  if (!c.registered) return take_hello(id, message);
  if (const auto alive = application::decode_alive(message)) {
    c.facts.timeless = alive->time == application::Alive::timeless;
    return owner_.application_alive(id, alive->time);
  }
  if (const auto applied = application::decode_applied(message)) {
    if (applied->index > c.facts.sent_index)
      return reject(id, "APPLIED for a change that was never sent");
    c.facts.silent = false;
    c.facts.applied_index = std::max(c.facts.applied_index, applied->index);
    return owner_.application_applied(id, applied->index);
  }
  if (const auto load = application::decode_load(message))
    return owner_.application_load(id, *load);
  if (application::decode_discard(message)) {
    if (c.facts.marks_taken == c.facts.marks_sent)
      return reject(id, "DISCARD said back that was never sent");
    ++c.facts.marks_taken;
    c.facts.silent = false;
    return;
  }
  if (message.size() == 1 && message[0] == uint8_t(application::Type::goodbye)) {
    owner_.application_goodbye(id);
    return drop(id);
  }
  reject(id, "a message that is none of ALIVE, LOAD, APPLIED, DISCARD, GOODBYE");
}

void ApplicationSocket::take_hello(ApplicationId id, std::span<const uint8_t> message) {
  auto& c = *connections_.at(id);
  const auto hello = application::decode_hello(message);
  if (!hello) return reject(id, "the first message must be a good HELLO");
  if (hello->version != application::version)
    return reject(id, fmt::format("this daemon speaks version {}, the application version {}",
                                  application::version, hello->version));
  c.registered = true;
  c.facts.name = std::string(hello->name);
  c.facts.wants_parameters = hello->flags & application::wants_parameters;
  owner_.application_hello(id, *hello, c.facts.pid);
}

void ApplicationSocket::accept(ApplicationId id) {
  const uint8_t message = uint8_t(application::Type::accepted);
  transmit(id, {&message, 1});
}

void ApplicationSocket::refuse(ApplicationId id, std::string_view why) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  std::string message(1, char(application::Type::refused));
  message += why.substr(0, message_max - 1);
  [[maybe_unused]] const auto n = ::send(it->second->socket.number(), message.data(),
                                         message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ++refused_;
  connections_.erase(it);
}

void ApplicationSocket::reject(ApplicationId id, const std::string& why) {
  const bool registered = connections_.at(id)->registered;
  refuse(id, why);
  if (registered) owner_.application_gone(id, core::ApplicationEnd::closed, why);
}

void ApplicationSocket::send(ApplicationId id, const application::Parameter& parameter) {
  std::array<uint8_t, message_max> buffer;
  const size_t n = encode(parameter, buffer);
  const auto it = connections_.find(id);
  if (it == connections_.end() || n == 0) return;
  it->second->facts.sent_index = std::max(it->second->facts.sent_index, parameter.index);
  transmit(id, std::span<const uint8_t>(buffer).first(n));
}

void ApplicationSocket::send(ApplicationId id, const application::Discard& discard) {
  std::array<uint8_t, 2> buffer;
  if (const auto it = connections_.find(id);
      it != connections_.end() && it->second->facts.wants_parameters)
    ++it->second->facts.marks_sent;
  transmit(id, std::span<const uint8_t>(buffer).first(encode(discard, buffer)));
}

void ApplicationSocket::send(ApplicationId id, const application::Service& service) {
  std::array<uint8_t, 8> buffer;
  transmit(id, std::span<const uint8_t>(buffer).first(encode(service, buffer)));
}

void ApplicationSocket::transmit(ApplicationId id, std::span<const uint8_t> message) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const auto n = ::send(it->second->socket.number(), message.data(), message.size(),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0 && errno == EAGAIN)
    gone(id, core::ApplicationEnd::hung, "it does not read what it is sent");
}

void ApplicationSocket::gone(ApplicationId id, core::ApplicationEnd how, const std::string& why) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const bool was_registered = it->second->registered;
  connections_.erase(it);
  if (was_registered) owner_.application_gone(id, how, why);
}

void ApplicationSocket::drop(ApplicationId id) {
  connections_.erase(id);
}

void ApplicationSocket::speak_for_timeless() {
  std::vector<ApplicationId> ids;
  for (const auto& [id, c] : connections_)
    if (c->registered && c->facts.timeless && !cannot_answer(c->facts.pid)) ids.push_back(id);
  for (const auto id : ids) owner_.application_alive(id, application::Alive::timeless);
}

std::vector<ApplicationId> ApplicationSocket::unsettled() const {
  std::vector<ApplicationId> out;
  for (const auto& [id, c] : connections_)
    if (c->registered && !c->facts.silent &&
        (c->facts.applied_index < c->facts.sent_index ||
         c->facts.marks_taken < c->facts.marks_sent) &&
        !cannot_answer(c->facts.pid))
      out.push_back(id);
  return out;
}

void ApplicationSocket::settle(std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  for (auto waiting = unsettled(); !waiting.empty(); waiting = unsettled()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left <= 0ms) {
      for (const auto id : waiting) connections_.at(id)->facts.silent = true;
      return;
    }
    std::vector<pollfd> all;
    for (const auto id : waiting) {
      const auto& c = *connections_.at(id);
      all.push_back({c.socket.number(), POLLIN, 0});
      if (c.process) all.push_back({c.process.number(), POLLIN, 0});
    }
    // Looks again now and then: being stopped makes nothing readable.
    ::poll(all.data(), all.size(),
           static_cast<int>(std::min<std::chrono::milliseconds>(left, look_again).count()));
    for (const auto id : waiting) take_from(id);
  }
}

std::map<ApplicationId, ApplicationSocket::Facts> ApplicationSocket::registered() const {
  std::map<ApplicationId, Facts> out;
  for (const auto& [id, c] : connections_)
    if (c->registered) out.emplace(id, c->facts);
  return out;
}

}  // namespace understudy::edge
