// SPDX-License-Identifier: Apache-2.0
#include "sim/network/packet.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include <algorithm>
#include <stdexcept>

namespace understudy::network {
namespace {

using Bytes = std::span<const uint8_t>;
using Kind = Heard::Kind;

constexpr size_t ethernet_bytes = 14, tcp_bytes = 20, udp_bytes = 8, rtp_bytes = 12;
constexpr uint8_t rtp_version = 2, first_rtcp = 72, last_rtcp = 76;  // types with the marker off

uint32_t number(Bytes at, size_t offset, size_t bytes) {
  uint32_t out = 0;
  for (size_t i = 0; i < bytes; ++i) out = out << 8 | at[offset + i];
  return out;
}

bool same(Bytes packet, size_t offset, Bytes address) {
  return packet.size() >= offset + address.size() &&
         std::ranges::equal(packet.subspan(offset, address.size()), address);
}

std::optional<Heard> arp(Bytes p, Bytes service, Heard h) {
  constexpr size_t sender = 14, target = 24;
  if (service.size() != 4 || (!same(p, sender, service) && !same(p, target, service)))
    return std::nullopt;
  h.kind = Kind::neighbour;
  h.to_service = !same(p, sender, service);
  return h;
}

bool take_tcp(Bytes p, size_t payload_with_header, Heard& h) {
  if (p.size() < tcp_bytes) return false;
  h.kind = Kind::tcp;
  h.sequence = number(p, 4, 4), h.acknowledged = number(p, 8, 4);
  h.reset = p[13] & 4, h.opens = p[13] & 2, h.acknowledges = p[13] & 16;
  const size_t header = size_t(p[12] >> 4) * 4;
  h.bytes = static_cast<uint32_t>(payload_with_header - std::min(header, payload_with_header));
  return true;
}

void take_udp(Bytes p, Heard& h) {
  h.kind = Kind::other;
  if (p.size() < udp_bytes + rtp_bytes || h.to_service) return;
  const auto rtp = p.subspan(udp_bytes);
  const uint8_t type = rtp[1] & 0x7F;
  if (rtp[0] >> 6 != rtp_version || (type >= first_rtcp && type <= last_rtcp)) return;
  h.kind = Kind::rtp;
  h.sequence = number(rtp, 2, 2);
  h.bytes = number(p, 4, 2) - uint32_t{udp_bytes};
}

/// Of TCP and UDP both; `size` is what the IP header says of it.
std::optional<Heard> transport(Bytes p, uint8_t protocol, size_t size, Heard h) {
  if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || p.size() < udp_bytes)
    return std::nullopt;
  const auto source = static_cast<uint16_t>(number(p, 0, 2)),
             destination = static_cast<uint16_t>(number(p, 2, 2));
  h.service_port = h.to_service ? destination : source;
  h.client_port = h.to_service ? source : destination;
  if (protocol == IPPROTO_UDP)
    take_udp(p, h);
  else if (!take_tcp(p, size, h))
    return std::nullopt;
  return h;
}

std::optional<Heard> ip_four(Bytes p, Bytes service, Heard h) {
  if (p.size() < 20 || service.size() != 4) return std::nullopt;
  const bool from = same(p, 12, service);
  if (!from && !same(p, 16, service)) return std::nullopt;
  h.to_service = !from;
  h.group = p[16] >> 4 == 0xE;
  const size_t header = size_t(p[0] & 0xF) * 4, total = number(p, 2, 2);
  if (p.size() < header || total < header) return std::nullopt;
  return transport(p.subspan(header), p[9], total - header, h);
}

std::optional<Heard> ip_six(Bytes p, Bytes service, Heard h) {
  constexpr size_t header = 40, target = header + 8;
  constexpr uint8_t solicitation = 135, advertisement = 136;
  if (p.size() < header || service.size() != 16) return std::nullopt;
  const bool from = same(p, 8, service), to = same(p, 24, service);
  if (p[6] == IPPROTO_ICMPV6) {
    if (p.size() <= header || !same(p, target, service)) return std::nullopt;
    h.kind = Kind::neighbour;
    h.to_service = p[header] == solicitation;
    return p[header] == solicitation || p[header] == advertisement ? std::optional(h)
                                                                   : std::nullopt;
  }
  if (!from && !to) return std::nullopt;
  h.to_service = !from;
  h.group = p[24] == 0xFF;
  return transport(p.subspan(header), p[6], number(p, 4, 2), h);
}

}  // namespace

std::vector<uint8_t> address_bytes(const std::string& text) {
  std::vector<uint8_t> out(text.find(':') == std::string::npos ? 4 : 16);
  if (::inet_pton(out.size() == 4 ? AF_INET : AF_INET6, text.c_str(), out.data()) != 1)
    throw std::runtime_error(text + " is no address");
  return out;
}

std::optional<Heard> decode_frame(Bytes frame, Bytes service) {
  if (frame.size() < ethernet_bytes) return std::nullopt;
  Heard h;
  std::copy_n(frame.begin() + 6, h.from.size(), h.from.begin());
  const auto inside = frame.subspan(ethernet_bytes);
  switch (number(frame, 12, 2)) {
    case ETH_P_ARP:
      return arp(inside, service, h);
    case ETH_P_IP:
      return ip_four(inside, service, h);
    case ETH_P_IPV6:
      return ip_six(inside, service, h);
    default:
      return std::nullopt;
  }
}

}  // namespace understudy::network
