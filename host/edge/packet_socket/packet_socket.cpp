// SPDX-License-Identifier: Apache-2.0
#include "host/edge/packet_socket/packet_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "protocol/limits.hpp"

namespace understudy {
namespace {

std::unexpected<Error> system_error(const std::string& what) {
  return error(what + ": " + std::strerror(errno));
}

/// The first descriptor that came along; any further one is closed.
Descriptor take_descriptor(msghdr& message) {
  Descriptor first;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
      Descriptor owned(fd);
      if (!first) first = std::move(owned);
    }
  }
  return first;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<PacketSocket, Error> PacketSocket::connect(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return error(path.string() + ": longer than a Unix socket's name may be (" +
                 std::to_string(sizeof address.sun_path - 1) + " bytes)");
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("no socket to be had");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return system_error(path.string());
  return PacketSocket(std::move(socket));
}

std::expected<PacketSocket::Sent, Error> PacketSocket::send(std::span<const uint8_t> packet) {
  if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0) return Sent::yes;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return Sent::full;
  return system_error("sending");
}

std::expected<std::optional<ReceivedPacket>, Error> PacketSocket::receive() {
  ReceivedPacket packet;
  packet.bytes.resize(protocol::limits::sim_message_max);
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
  iovec data{packet.bytes.data(), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    message.msg_controllen = sizeof control;
    size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == ECONNRESET);  // told once, before the packets that were sent last
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return std::nullopt;
  if (size < 0) return system_error("receiving");
  packet.descriptor = take_descriptor(message);
  if (size == 0) return error("the other end has closed");
  if (message.msg_flags & MSG_TRUNC) return error("a message is too long");
  packet.bytes.resize(size_t(size));
  return packet;
}

std::expected<void, Error> PacketSocket::wait_readable(std::chrono::milliseconds most) const {
  pollfd p{socket_.get(), POLLIN, 0};
  const int n = ::poll(&p, 1, int(most.count()));
  if (n == 0) return error("no answer within " + std::to_string(most.count()) + " ms");
  if (n < 0) return system_error("waiting for an answer");
  return {};
}

}  // namespace understudy
