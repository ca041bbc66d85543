// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/live_socket.hpp"

#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace understudy::edge {
namespace {

using protocol::checkpoint::Transport;

bool set(int socket, int option, int value) {
  return ::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value) == 0;
}
template <class T>
bool get(int socket, int option, T& value) {
  socklen_t size = sizeof value;
  return ::getsockopt(socket, IPPROTO_TCP, option, &value, &size) == 0;
}

/// TCP_REPAIR for the time of reading; leaves without the window probe that plain 0 would send.
class Repair {
 public:
  explicit Repair(int socket) : socket_(socket), on_(set(socket, TCP_REPAIR, TCP_REPAIR_ON)) {}
  Repair(const Repair&) = delete;
  Repair& operator=(const Repair&) = delete;
  ~Repair() {
    if (!on_) return;
    set(socket_, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
    const int reuse = 1;  // leaving takes it away, and a later listener needs it
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  }
  bool on() const { return on_; }

 private:
  int socket_;
  bool on_;
};

bool read_sequence(int socket, int queue, uint32_t& value) {
  return set(socket, TCP_REPAIR_QUEUE, queue) && get(socket, TCP_QUEUE_SEQ, value);
}

}  // namespace

Result<ConnectionOrigin> read_origin(int socket) {
  ConnectionOrigin out;
  sockaddr_storage here{}, there{};
  socklen_t here_size = sizeof here, there_size = sizeof there;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&here), &here_size) != 0 ||
      ::getpeername(socket, reinterpret_cast<sockaddr*>(&there), &there_size) != 0)
    return system_failure("a new connection's addresses");
  const auto service = from_kernel(here), client = from_kernel(there);
  if (!service || !client) return failure("a new connection is neither IPv4 nor IPv6");
  out.service = *service, out.client = *client;

  Repair repair(socket);
  if (!repair.on()) return system_failure("TCP_REPAIR (it needs CAP_NET_ADMIN)");
  tcp_info before{}, after{};
  uint32_t send = 0, receive = 0;
  // The client may be sending right now: the two numbers must be of one moment.
  do {
    if (!get(socket, TCP_INFO, before) || !read_sequence(socket, TCP_SEND_QUEUE, send) ||
        !read_sequence(socket, TCP_RECV_QUEUE, receive) || !get(socket, TCP_INFO, after))
      return system_failure("reading a new connection's sequence numbers");
  } while (before.tcpi_bytes_received != after.tcpi_bytes_received);
  set(socket, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
  out.initial_send = send - 1;
  out.initial_receive = receive - 1 - static_cast<uint32_t>(after.tcpi_bytes_received);

  auto& t = out.transport;
  int segment = 0;
  if (!get(socket, TCP_MAXSEG, segment) || !get(socket, TCP_TIMESTAMP, t.timestamp))
    return system_failure("reading a new connection's options");
  t.segment = static_cast<uint16_t>(segment);
  if (after.tcpi_options & TCPI_OPT_SACK) t.flags |= Transport::selective;
  if (after.tcpi_options & TCPI_OPT_TIMESTAMPS) t.flags |= Transport::timestamps;
  if (after.tcpi_options & TCPI_OPT_WSCALE) {
    t.flags |= Transport::scaled;
    t.send_scale = after.tcpi_snd_wscale, t.receive_scale = after.tcpi_rcv_wscale;
  }
  if (t.timestamp & 1) t.flags |= Transport::microseconds;
  return out;
}

uint32_t unacknowledged(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<uint32_t>(bytes) : 0;
}

uint32_t timestamp(int socket) {
  uint32_t value = 0;
  get(socket, TCP_TIMESTAMP, value);
  return value;
}

Unread take_unread(int socket, uint32_t received) {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  Unread out;
  int bytes = 0;
  if (::ioctl(socket, SIOCINQ, &bytes) == 0 && bytes > 0) {
    out.bytes.resize(static_cast<size_t>(bytes));
    const ssize_t n = ::recv(socket, out.bytes.data(), out.bytes.size(), MSG_DONTWAIT);
    out.bytes.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  }
  uint32_t next = 0;
  const Repair repair(socket);
  out.closed = read_sequence(socket, TCP_RECV_QUEUE, next) &&
               next - received == static_cast<uint32_t>(out.bytes.size()) + 1;
  return out;
}

void close_silently(Descriptor socket) {
  set(socket.number(), TCP_REPAIR, TCP_REPAIR_ON);
}

}  // namespace understudy::edge
