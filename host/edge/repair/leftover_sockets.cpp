// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/leftover_sockets.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"

namespace understudy::edge {
namespace {

constexpr uint8_t state_listen = 10;  // TCP_LISTEN of the kernel's tcp_states.h
constexpr uint32_t all_but_listening = ~(1u << state_listen);

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};

bool send(int socket, uint16_t type, uint16_t flags, const inet_diag_req_v2& body) {
  Request r;
  r.header.nlmsg_len = sizeof r;
  r.header.nlmsg_type = type;
  r.header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  r.body = body;
  return ::send(socket, &r, sizeof r, 0) == static_cast<ssize_t>(sizeof r);
}

SocketAddress end_of(uint8_t family, const __be32* address, __be16 port) {
  SocketAddress out;
  out.family =
      family == AF_INET ? protocol::checkpoint::Family::ipv4 : protocol::checkpoint::Family::ipv6;
  std::memcpy(out.endpoint.address.data(), address, family == AF_INET ? 4 : 16);
  out.endpoint.port = ntohs(port);
  return out;
}

/// Reads one datagram's messages; false at the end of the answer.
bool collect(std::span<const char> datagram, const SocketAddress& service,
             const std::optional<SocketAddress>& client, const OwnInterface& own,
             std::vector<inet_diag_sockid>& out) {
  size_t at = 0;
  while (datagram.size() - at >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, datagram.data() + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size() - at) return false;
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return false;
    inet_diag_msg m{};
    if (header.nlmsg_len >= NLMSG_LENGTH(sizeof m)) {
      std::memcpy(&m, datagram.data() + at + NLMSG_HDRLEN, sizeof m);
      const bool ours = end_of(m.idiag_family, m.id.idiag_src, m.id.idiag_sport) == service;
      const auto there = end_of(m.idiag_family, m.id.idiag_dst, m.id.idiag_dport);
      const auto by = static_cast<int>(m.id.idiag_if);
      const bool others = own && by != 0 && by != own.index;
      if (ours && !others && there.endpoint.port != 0 && (!client || there == *client))
        out.push_back(m.id);
    }
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return true;
}

Result<size_t> destroy(const SocketAddress& service, const std::optional<SocketAddress>& client,
                       const OwnInterface& own) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return system_failure("sock_diag");
  inet_diag_req_v2 ask{};
  ask.sdiag_family = static_cast<uint8_t>(domain(service.family));
  ask.sdiag_protocol = IPPROTO_TCP;
  ask.idiag_states = all_but_listening;
  if (!send(socket.number(), SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, ask))
    return system_failure("sock_diag");
  std::vector<inet_diag_sockid> found;
  std::vector<char> buffer(1 << 16);
  ssize_t n = 0;
  do n = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
  while (n > 0 && collect({buffer.data(), static_cast<size_t>(n)}, service, client, own, found));
  for (const auto& id : found) {
    ask.id = id;
    if (!send(socket.number(), SOCK_DESTROY, NLM_F_ACK, ask)) return system_failure("SOCK_DESTROY");
    ::recv(socket.number(), buffer.data(), buffer.size(), 0);
  }
  return found.size();
}

}  // namespace

Result<size_t> destroy_leftovers(const SocketAddress& service, const OwnInterface& own) {
  return destroy(service, std::nullopt, own);
}
Result<size_t> destroy_leftover(const SocketAddress& service, const SocketAddress& client,
                                const OwnInterface& own) {
  return destroy(service, client, own);
}

}  // namespace understudy::edge
