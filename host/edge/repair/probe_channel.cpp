// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/probe_channel.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <array>

namespace understudy::edge {
namespace {

using protocol::checkpoint::Family;

constexpr int receive_buffer = 32 << 20;  // 10,000 answers at once
constexpr size_t packet_max = 512;        // headers; what data a client sends is not needed
constexpr size_t together = 64;
constexpr size_t turns_most = 256;  // of so many packets; then it is the others' turn

constexpr sock_filter load(uint16_t size, uint32_t at) {
  return {static_cast<uint16_t>(BPF_LD | size | BPF_ABS), 0, 0, at};
}
constexpr sock_filter jump_unless(uint32_t value, size_t distance) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<uint8_t>(distance), value};
}
constexpr sock_filter give(uint32_t bytes) {
  return {BPF_RET | BPF_K, 0, 0, bytes};
}

/// TCP to one of these addresses; the rest of the host's traffic costs nothing more than this.
std::vector<sock_filter> filter_for(Family family, const std::vector<SocketAddress>& services) {
  const bool four = family == Family::ipv4;
  const uint32_t words = four ? 1 : 4, at = four ? 16 : 24;
  std::vector<sock_filter> out{
      load(BPF_B, four ? 9 : 6), {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, IPPROTO_TCP}, give(0)};
  for (const auto& s : services) {
    if (s.family != family) continue;
    for (uint32_t i = 0; i < words; ++i) {
      const auto* b = s.endpoint.address.data() + size_t{4} * i;
      const uint32_t word =
          uint32_t{b[0]} << 24 | uint32_t{b[1]} << 16 | uint32_t{b[2]} << 8 | b[3];
      out.push_back(load(BPF_W, at + 4 * i));
      out.push_back(jump_unless(word, size_t{2} * (words - i - 1) + 1));
    }
    out.push_back(give(packet_max));
  }
  out.push_back(give(0));
  return out;
}

Result<Descriptor> hear(Family family, const std::vector<SocketAddress>& services,
                        const OwnInterface& own) {
  const auto protocol = htons(family == Family::ipv4 ? ETH_P_IP : ETH_P_IPV6);
  // Opened deaf; with its filter in place it is bound to the protocol.
  Descriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("packet socket (it needs CAP_NET_RAW)");
  auto code = filter_for(family, services);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::setsockopt(socket.number(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
    return system_failure("filter of the packet socket");
  if (::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
                   sizeof receive_buffer) != 0)
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_ll all{};
  all.sll_family = AF_PACKET, all.sll_protocol = protocol, all.sll_ifindex = own.index;
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&all), sizeof all) != 0)
    return system_failure("packet socket");
  return socket;
}

}  // namespace

Result<ProbeChannel> ProbeChannel::open(const std::vector<SocketAddress>& services,
                                        const OwnInterface& own) {
  ProbeChannel out;
  out.buffer_.resize(together * packet_max);
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    if (std::none_of(services.begin(), services.end(),
                     [&](const auto& s) { return s.family == family; }))
      continue;
    Descriptor raw(::socket(domain(family), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
    if (!raw) return system_failure("raw socket (it needs CAP_NET_RAW)");
    ::setsockopt(raw.number(), SOL_SOCKET, SO_SNDBUFFORCE, &receive_buffer, sizeof receive_buffer);
    if (auto kept = own.keep(raw.number()); !kept) return std::unexpected(kept.error());
    auto packets = hear(family, services, own);
    if (!packets) return std::unexpected(packets.error());
    (family == Family::ipv4 ? out.send_four_ : out.send_six_) = std::move(raw);
    (family == Family::ipv4 ? out.hear_four_ : out.hear_six_) = std::move(*packets);
  }
  return out;
}

void ProbeChannel::send(std::span<const ProbeSegment> segments) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    packets_.clear();
    for (const auto& s : segments) {
      if (s.service.family != family) continue;
      auto to = s.client;
      to.endpoint.port = 0;  // a raw socket has none
      packets_.push_back({to_packet(s), to_kernel(to)});
    }
    send_packets(family == Family::ipv4 ? send_four_ : send_six_);
  }
}

/// One that cannot be sent does not stop those after it.
void ProbeChannel::send_packets(const Descriptor& socket) {
  std::array<mmsghdr, together> messages{};
  std::array<iovec, together> parts{};
  for (size_t at = 0; at < packets_.size();) {
    const size_t count = std::min(packets_.size() - at, together);
    for (size_t i = 0; i < count; ++i) {
      auto& p = packets_[at + i];
      parts[i] = {p.bytes.data(), p.bytes.size()};
      auto& m = messages[i].msg_hdr;
      m.msg_name = &p.to.storage, m.msg_namelen = p.to.size;
      m.msg_iov = &parts[i], m.msg_iovlen = 1;
    }
    const int sent =
        ::sendmmsg(socket.number(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    if (sent > 0) {
      at += static_cast<size_t>(sent);
    } else {
      ++at;
      ++unsent_;
    }
  }
}

void ProbeChannel::receive(const std::function<void(const HeardSegment&)>& take) {
  std::array<mmsghdr, together> messages{};
  std::array<iovec, together> parts{};
  for (size_t i = 0; i < together; ++i) {
    parts[i] = {buffer_.data() + i * packet_max, packet_max};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (const auto* socket : {&hear_four_, &hear_six_}) {
    if (!*socket) continue;
    int n = 0;
    size_t turns = 0;
    do {
      n = ::recvmmsg(socket->number(), messages.data(), together, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < n; ++i) {
        const auto& m = messages[static_cast<size_t>(i)];
        const auto* base = static_cast<const uint8_t*>(m.msg_hdr.msg_iov->iov_base);
        if (const auto heard = parse_packet({base, m.msg_len}))
          take(*heard);
        else
          ++garbage_;
      }
    } while (n == static_cast<int>(together) && ++turns < turns_most);
  }
}

std::vector<int> ProbeChannel::descriptors() const {
  std::vector<int> out;
  for (const auto* d : {&hear_four_, &hear_six_})
    if (*d) out.push_back(d->number());
  return out;
}

}  // namespace understudy::edge
