// SPDX-License-Identifier: Apache-2.0
#include "host/edge/stream/datagram_ports.hpp"

#include <net/if.h>

#include <algorithm>
#include <array>

#include "protocol/limits.hpp"

namespace understudy::edge {

using protocol::checkpoint::Family;

namespace {

constexpr int ipv6_freebind = 78;  // IPV6_FREEBIND, not in every libc's headers
constexpr int send_buffer = 4 << 20;
constexpr size_t together = protocol::limits::rtp_burst_packets;

template <class T>
bool set(int socket, int level, int option, const T& value) {
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

bool set_group(int socket, bool four, const GroupOptions& group, unsigned interface) {
  if (four) {
    ip_mreqn by{};
    by.imr_ifindex = static_cast<int>(interface);
    return set(socket, IPPROTO_IP, IP_MULTICAST_TTL, int{group.hops}) &&
           (interface == 0 || set(socket, IPPROTO_IP, IP_MULTICAST_IF, by));
  }
  return set(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int{group.hops}) &&
         (interface == 0 || set(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface));
}

Result<Descriptor> open_port(SocketAddress at, uint16_t port, const GroupOptions& group,
                             unsigned interface) {
  at.endpoint.port = port;
  Descriptor socket(
      ::socket(domain(at.family), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!socket) return system_failure("socket");
  const bool four = at.family == Family::ipv4;
  const int n = socket.number(), on = 1;
  if (four)
    set(n, IPPROTO_IP, IP_FREEBIND, on);
  else
    set(n, IPPROTO_IPV6, IPV6_V6ONLY, on), set(n, IPPROTO_IPV6, ipv6_freebind, on);
  set(n, SOL_SOCKET, SO_SNDBUF, send_buffer);
  if (auto kept = group.own.keep(n); !kept) return std::unexpected(kept.error());
  if (!set_group(n, four, group, interface)) return system_failure("multicast options");
  const auto address = to_kernel(at);
  if (::bind(n, address.get(), address.size) != 0)
    return system_failure("UDP port " + to_text(at) + " (--rtp-port takes another)");
  return socket;
}

}  // namespace

Result<DatagramPorts> DatagramPorts::open(const SocketAddress& service, uint16_t rtp,
                                          const GroupOptions& group) {
  unsigned interface = 0;
  if (!group.interface.empty() && (interface = ::if_nametoindex(group.interface.c_str())) == 0)
    return failure("no network interface is called " + group.interface);
  DatagramPorts out;
  out.port_ = rtp;
  auto first = open_port(service, rtp, group, interface);
  if (!first) return std::unexpected(first.error());
  auto second = open_port(service, static_cast<uint16_t>(rtp + 1), group, interface);
  if (!second) return std::unexpected(second.error());
  out.rtp_ = std::move(*first), out.rtcp_ = std::move(*second);
  return out;
}

size_t DatagramPorts::send(std::span<const Packet> packets, const SocketAddress& rtp,
                           const SocketAddress& rtcp) {
  auto data_to = to_kernel(rtp), control_to = to_kernel(rtcp);
  size_t sent = 0;
  while (sent < packets.size()) {
    // As many as go through the same socket.
    const bool control = packets[sent].control;
    auto& to = control ? control_to : data_to;
    std::array<iovec, together> parts{};
    std::array<mmsghdr, together> messages{};
    size_t n = 0;
    while (n < together && sent + n < packets.size() && packets[sent + n].control == control) {
      const auto& bytes = packets[sent + n].bytes;
      parts[n] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
      auto& m = messages[n].msg_hdr;
      m.msg_name = to.get(), m.msg_namelen = to.size;
      m.msg_iov = &parts[n], m.msg_iovlen = 1;
      ++n;
    }
    const int socket = (control ? rtcp_ : rtp_).number();
    const int took = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(n), MSG_DONTWAIT);
    const bool later = took < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EINTR);
    if (took == 0 || later) return sent;
    sent += took < 0 ? 1 : static_cast<size_t>(took);  // no way there: lost, as datagrams are
  }
  return sent;
}

void DatagramPorts::receive(
    const std::function<void(const SocketAddress&, std::span<const uint8_t>)>& take) {
  std::array<uint8_t, protocol::limits::rtcp_received_max> bytes;
  for (const auto* socket : {&rtp_, &rtcp_})
    for (int i = 0; i < 64; ++i) {  // then it is the others' turn
      KernelAddress from;
      from.size = sizeof from.storage;
      const ssize_t n = ::recvfrom(socket->number(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                   from.get(), &from.size);
      if (n < 0) break;
      if (socket == &rtp_) continue;
      if (const auto address = from_kernel(from.storage))
        take(*address, std::span(bytes).first(static_cast<size_t>(n)));
    }
}

}  // namespace understudy::edge
