// SPDX-License-Identifier: Apache-2.0
#include "host/edge/stream/group_ear.hpp"

#include <net/if.h>

#include <array>

#include "host/core/rtp/packet.hpp"

namespace understudy::edge {

using protocol::checkpoint::Family;

namespace {
constexpr auto fresh = std::chrono::seconds(2);
constexpr int receive_buffer = 1 << 20;
}  // namespace

Result<GroupEar> GroupEar::open(const SocketAddress& group, const std::string& interface,
                                const SocketAddress& from, uint32_t ssrc) {
  GroupEar out;
  out.from_ = from;
  out.ssrc_ = ssrc;
  out.socket_ = Descriptor(
      ::socket(domain(group.family), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  const int n = out.socket_.number(), on = 1;
  if (n < 0) return system_failure("socket");
  ::setsockopt(n, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(n, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (!interface.empty() && ::setsockopt(n, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                         static_cast<socklen_t>(interface.size())) != 0)
    return system_failure("hearing by " + interface);
  const auto address = to_kernel(group);
  if (::bind(n, address.get(), address.size) != 0)
    return system_failure("hearing " + to_text(group));
  group_req join{};
  join.gr_interface = interface.empty() ? 0 : ::if_nametoindex(interface.c_str());
  join.gr_group = address.storage;
  const int level = group.family == Family::ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  if (::setsockopt(n, level, MCAST_JOIN_GROUP, &join, sizeof join) != 0)
    return system_failure("joining " + to_text(group));
  return out;
}

std::optional<uint16_t> GroupEar::last() {
  std::array<uint8_t, 2048> bytes;
  const auto now = std::chrono::steady_clock::now();
  for (;;) {
    KernelAddress from;
    from.size = sizeof from.storage;
    const ssize_t n = ::recvfrom(socket_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                                 from.get(), &from.size);
    if (n < 0) break;
    if (from_kernel(from.storage) != from_) continue;
    const auto p = rtp::decode(std::span(bytes).first(static_cast<size_t>(n)));
    if (!p || p->header.ssrc != ssrc_) continue;
    if (!last_ || static_cast<int16_t>(p->header.sequence - *last_) > 0) last_ = p->header.sequence;
    heard_ = now;
  }
  return last_ && now - heard_ < fresh ? last_ : std::nullopt;
}

}  // namespace understudy::edge
