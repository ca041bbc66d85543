// SPDX-License-Identifier: Apache-2.0
#include "sim/server/seqpacket.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "protocol/limits.hpp"

namespace understudy::sim {
namespace {

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::expected<Listener, std::string> Listener::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return std::unexpected(path + ": longer than a socket's name may be (" +
                           std::to_string(sizeof address.sun_path - 1) +
                           " bytes); choose a shorter --dir");
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  Descriptor probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!probe) return std::unexpected(system_error("socket"));
  if (::connect(probe.get(), generic, sizeof address) == 0)
    return std::unexpected(path + ": another appliance runs there");
  if (errno == ECONNREFUSED) ::unlink(path.c_str());
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::bind(socket.get(), generic, sizeof address) != 0)
    return std::unexpected(system_error(path));
  if (::listen(socket.get(), 16) != 0) return std::unexpected(system_error(path));
  return Listener(std::move(socket), path);
}

Listener::~Listener() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Descriptor Listener::accept() const {
  return Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

std::expected<SharedMemory, std::string> SharedMemory::make(const char* name, size_t bytes) {
  SharedMemory m;
  m.file_ = Descriptor(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!m.file_ || ::ftruncate(m.file_.get(), off_t(bytes)) != 0)
    return std::unexpected(system_error("memory for pictures"));
  ::fcntl(m.file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m.file_.get(), 0);
  if (at == MAP_FAILED) return std::unexpected(system_error("memory for pictures"));
  m.data_ = static_cast<uint8_t*>(at), m.size_ = bytes;
  return m;
}

SharedMemory::~SharedMemory() {
  if (data_) ::munmap(data_, size_);
}

bool send_packet(int socket, std::span<const uint8_t> packet, int descriptor) {
  iovec part{const_cast<uint8_t*>(packet.data()), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part, message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = control, message.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == ssize_t(packet.size());
}

Received receive_packet(int socket, std::vector<uint8_t>& buffer) {
  buffer.resize(protocol::limits::sim_message_max + 1);
  ssize_t n = 0;
  do {
    n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
  } while (n < 0 && errno == ECONNRESET);  // told once, before the packets that were sent last
  if (n < 0) {
    buffer.clear();
    return errno == EAGAIN || errno == EINTR ? Received::nothing : Received::closed;
  }
  const bool fits = size_t(n) <= protocol::limits::sim_message_max;
  buffer.resize(fits ? size_t(n) : 0);
  return n == 0 || !fits ? Received::closed : Received::packet;
}

int peer_pid(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

}  // namespace understudy::sim
