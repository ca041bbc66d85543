// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/neighbours.hpp"

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <span>

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

std::span<const uint8_t> bytes_of(const SocketAddress& a) {
  return std::span(a.endpoint.address).first(a.family == Family::ipv4 ? 4 : 16);
}

/// Where the next hop to a client is.
struct Way {
  bool unicast = false;
  int interface = 0;
  std::array<uint8_t, 16> hop{};
  size_t hop_bytes = 0;  // 0: the client itself
};

int take_attribute(const nlattr* attribute, void* data) {
  auto& way = *static_cast<Way*>(data);
  const auto type = ::mnl_attr_get_type(attribute);
  if (type == RTA_OIF) way.interface = static_cast<int>(::mnl_attr_get_u32(attribute));
  if (type == RTA_GATEWAY) {
    way.hop_bytes = std::min<size_t>(::mnl_attr_get_payload_len(attribute), way.hop.size());
    const auto* from = static_cast<const uint8_t*>(::mnl_attr_get_payload(attribute));
    std::copy_n(from, way.hop_bytes, way.hop.begin());
  }
  return MNL_CB_OK;
}

int take_route(const nlmsghdr* header, void* data) {
  const auto* route = static_cast<const rtmsg*>(::mnl_nlmsg_get_payload(header));
  static_cast<Way*>(data)->unicast = route->rtm_type == RTN_UNICAST;
  ::mnl_attr_parse(header, sizeof *route, take_attribute, data);
  return MNL_CB_OK;
}

}  // namespace

void Neighbours::CloseSocket::operator()(mnl_socket* socket) const {
  ::mnl_socket_close(socket);
}

Result<Neighbours> Neighbours::open(const OwnInterface& own) {
  Neighbours out;
  out.interface_ = own.index;
  out.netlink_.reset(::mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (!out.netlink_ || ::mnl_socket_bind(out.netlink_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    return system_failure("netlink");
  return out;
}

void Neighbours::want(const SocketAddress& client) {
  if (known_.size() < known_max && known_.insert(address_text(client)).second)
    due_.push_back(client);
}

void Neighbours::turn() {
  for (size_t n = 0; n < together && !due_.empty(); ++n) {
    ask(due_.front());
    due_.pop_front();
  }
}

/// Best effort: who is not found now is found, a little later, by the probe itself.
void Neighbours::ask(const SocketAddress& client) {
  std::array<char, 4096> buffer{};
  auto* socket = netlink_.get();
  const auto address = bytes_of(client);
  auto* header = ::mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = RTM_GETROUTE, header->nlmsg_flags = NLM_F_REQUEST;
  header->nlmsg_seq = ++sequence_;
  auto* route = static_cast<rtmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
  route->rtm_family = static_cast<uint8_t>(domain(client.family));
  route->rtm_dst_len = static_cast<uint8_t>(address.size() * 8);
  ::mnl_attr_put(header, RTA_DST, address.size(), address.data());
  if (interface_ != 0) ::mnl_attr_put_u32(header, RTA_OIF, static_cast<uint32_t>(interface_));
  Way way;
  if (::mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) return;
  auto got = ::mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
  if (got < 0 || ::mnl_cb_run(buffer.data(), static_cast<size_t>(got), sequence_,
                              ::mnl_socket_get_portid(socket), take_route, &way) < 0)
    return;
  if (!way.unicast || way.interface == 0) return;
  const auto hop = way.hop_bytes ? std::span<const uint8_t>(way.hop).first(way.hop_bytes) : address;

  header = ::mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = RTM_NEWNEIGH;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
  header->nlmsg_seq = ++sequence_;
  auto* neighbour = static_cast<ndmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(ndmsg)));
  neighbour->ndm_family = hop.size() == 4 ? AF_INET : AF_INET6;
  neighbour->ndm_ifindex = way.interface;
  neighbour->ndm_flags = NTF_USE;
  ::mnl_attr_put(header, NDA_DST, hop.size(), hop.data());
  if (::mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) return;
  got = ::mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
  if (got > 0)
    (void)::mnl_cb_run(buffer.data(), static_cast<size_t>(got), sequence_,
                       ::mnl_socket_get_portid(socket), nullptr, nullptr);
}

}  // namespace understudy::edge
