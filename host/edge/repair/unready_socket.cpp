// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/unready_socket.hpp"

#include <linux/in6.h>
#include <linux/tcp.h>

#include <algorithm>
#include <array>

#include "host/edge/repair/leftover_sockets.hpp"

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;
using protocol::checkpoint::Transport;

constexpr int ipv6_transparent = 75;  // IPV6_TRANSPARENT, not in every libc's headers
constexpr uint32_t option_segment = 2, option_window = 3, option_selective = 4,
                   option_timestamp = 8;            // TCPOPT_*
constexpr int segment_least = 88;                   // the kernel's own least
constexpr uint32_t receive_window = 64 * 1024 - 1;  // until the kernel announces its own

template <class T>
bool set(int socket, int level, int option, const T& value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

/// Step 5. The send queue stays selected, for step 6.
bool set_receive(int socket, uint32_t value) {
  return set(socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, int{TCP_RECV_QUEUE}) &&
         set(socket, IPPROTO_TCP, TCP_QUEUE_SEQ, value) &&
         set(socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, int{TCP_SEND_QUEUE});
}

/// Step 12. What it is does not matter: the client has that byte.
bool send_known_byte(int socket) {
  const char any = 0;
  return ::send(socket, &any, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

bool set_options(int socket, const Transport& t) {
  std::array<tcp_repair_opt, 4> options{};
  size_t n = 0;
  options[n++] = {option_segment, t.segment};
  if (t.flags & Transport::scaled)
    options[n++] = {option_window, t.send_scale | uint32_t{t.receive_scale} << 16};
  if (t.flags & Transport::selective) options[n++] = {option_selective, 0};
  if (t.flags & Transport::timestamps) options[n++] = {option_timestamp, 0};
  return ::setsockopt(socket, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options.data(),
                      static_cast<socklen_t>(n * sizeof options[0])) == 0;
}

bool set_window(int socket, const RestoreValues& v) {
  tcp_repair_window w{};
  const uint32_t ahead = v.client_sequence - v.receive;
  w.snd_wl1 = ahead <= receive_window ? v.client_sequence : v.receive;
  w.snd_wnd = v.window + v.known_byte;
  w.max_window = std::max(w.snd_wnd, receive_window);
  w.rcv_wnd = receive_window;
  w.rcv_wup = v.receive;
  return set(socket, IPPROTO_TCP, TCP_REPAIR_WINDOW, w);
}

}  // namespace

Result<UnreadySocket> UnreadySocket::make(const SocketAddress& service, uint32_t mark,
                                          uint16_t segment, const OwnInterface& own) {
  const bool four = service.family == Family::ipv4;
  Descriptor socket(
      ::socket(domain(service.family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return system_failure("socket of a held connection");
  const int n = socket.number(), on = 1;
  if (!set(n, IPPROTO_TCP, TCP_REPAIR, int{TCP_REPAIR_ON}))
    return system_failure("TCP_REPAIR (it needs CAP_NET_ADMIN)");
  if (four ? !set(n, IPPROTO_IP, IP_TRANSPARENT, on) : !set(n, IPPROTO_IPV6, ipv6_transparent, on))
    return system_failure("IP_TRANSPARENT (it needs CAP_NET_ADMIN)");
  set(n, IPPROTO_TCP, TCP_NOTSENT_LOWAT, int{protocol::limits::unsent_bytes_max});
  if (!set(n, SOL_SOCKET, SO_MARK, mark)) return system_failure("SO_MARK");
  const int most = std::max<int>(segment, segment_least);
  if (!set(n, IPPROTO_TCP, TCP_NODELAY, on)) return system_failure("TCP_NODELAY");
  if (!set(n, IPPROTO_TCP, TCP_MAXSEG, most)) return system_failure("TCP_MAXSEG");
  if (auto kept = own.keep(n); !kept) return std::unexpected(kept.error());
  const auto address = to_kernel(service);
  if (::bind(n, address.get(), address.size) != 0)
    return system_failure("bind to " + to_text(service));
  return UnreadySocket(std::move(socket), service, own);
}

void UnreadySocket::expect(uint32_t receive) {
  if (receive_ == receive) return;
  receive_.reset();
  if (set_receive(socket_.number(), receive)) receive_ = receive;
}

Result<Descriptor> UnreadySocket::restore(const RestoreValues& v) && {
  Descriptor socket = std::move(socket_);
  const int n = socket.number();
  if (receive_ != v.receive && !set_receive(n, v.receive))
    return system_failure("TCP_QUEUE_SEQ, receive");
  if (!set(n, IPPROTO_TCP, TCP_QUEUE_SEQ, v.send - v.known_byte))
    return system_failure("TCP_QUEUE_SEQ, send");
  const auto client = to_kernel(v.client);
  int failed = ::connect(n, client.get(), client.size);
  if (failed && errno == EADDRNOTAVAIL) {  // an earlier process of this host left one behind
    const auto gone = destroy_leftover(service_, v.client, own_);
    if (!gone || *gone == 0)
      errno = EADDRNOTAVAIL;
    else
      failed = ::connect(n, client.get(), client.size);
  }
  if (failed) return system_failure("connect in repair to " + to_text(v.client));
  if (!set_options(n, v.options)) return system_failure("TCP_REPAIR_OPTIONS");
  if ((v.options.flags & Transport::timestamps) && !set(n, IPPROTO_TCP, TCP_TIMESTAMP, v.timestamp))
    return system_failure("TCP_TIMESTAMP");
  if (!set_window(n, v)) return system_failure("TCP_REPAIR_WINDOW");
  if (!set(n, IPPROTO_TCP, TCP_REPAIR, int{TCP_REPAIR_OFF_NO_WP}))
    return system_failure("leaving TCP_REPAIR");
  if (v.known_byte && !send_known_byte(n)) return system_failure("the first byte after TCP_REPAIR");
  return socket;
}

}  // namespace understudy::edge
