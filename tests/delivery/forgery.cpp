// SPDX-License-Identifier: Apache-2.0
#include "tests/delivery/forgery.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace understudy::network {
namespace {

using Bytes = std::vector<uint8_t>;

void put(Bytes& out, uint64_t value, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint16_t checksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2)
    sum += uint32_t{bytes[i]} << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0);
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

constexpr uint32_t client_address = 0x0A090009, service_address = 0x0A090064;

Bytes tcp_of(const ForgedSegment& s) {
  Bytes options;
  if (s.timestamps)
    put(options, 0x0101080A, 4), put(options, s.timestamps->value, 4),
        put(options, s.timestamps->echo, 4);
  if (s.duplicate)
    put(options, 0x0101050A, 4), put(options, *s.duplicate, 4), put(options, *s.duplicate + 1, 4);
  Bytes out;
  put(out, s.from_service ? 80 : s.client_port, 2),
      put(out, s.from_service ? s.client_port : 80, 2);
  put(out, s.sequence, 4), put(out, s.acknowledged, 4);
  put(out, (20 + options.size()) / 4 << 4, 1), put(out, s.reset ? 4 : s.fin ? 17 : 16, 1);
  put(out, 0x1000, 2), put(out, 0, 4);
  out.insert(out.end(), options.begin(), options.end());
  out.insert(out.end(), s.payload, 'x');
  out.insert(out.end(), s.bytes.begin(), s.bytes.end());
  Bytes covered;
  put(covered, client_address, 4), put(covered, service_address, 4);
  put(covered, IPPROTO_TCP, 2), put(covered, out.size(), 2);
  covered.insert(covered.end(), out.begin(), out.end());
  const uint16_t check = checksum(covered);
  out[16] = static_cast<uint8_t>(check >> 8), out[17] = static_cast<uint8_t>(check);
  return out;
}

}  // namespace

Forger::Forger(const Network& network) {
  network.in(Place::stranger, [&] {
    socket_ = edge::Descriptor(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  });
  if (!socket_) throw std::runtime_error("no raw socket at the stranger's");
}

void Forger::send(const ForgedSegment& segment) const {
  const auto tcp = tcp_of(segment);
  Bytes packet;
  put(packet, 0x4500, 2), put(packet, 20 + tcp.size(), 2), put(packet, 0x4000, 4);
  put(packet, 64, 1), put(packet, IPPROTO_TCP, 1), put(packet, 0, 2);
  const uint32_t from = segment.from_service ? service_address : client_address;
  const uint32_t to_address = segment.from_service ? client_address : service_address;
  put(packet, from, 4), put(packet, to_address, 4);
  packet.insert(packet.end(), tcp.begin(), tcp.end());
  sockaddr_in to{};
  to.sin_family = AF_INET, to.sin_addr.s_addr = htonl(to_address);
  if (::sendto(socket_.number(), packet.data(), packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
    throw std::runtime_error("the stranger cannot send");
}

ClientEar::ClientEar(const Network& network, const Client& client) {
  sockaddr_in here{};
  socklen_t size = sizeof here;
  ::getsockname(client.number(), reinterpret_cast<sockaddr*>(&here), &size);
  port_ = ntohs(here.sin_port);
  network.in(Place::client, [&] {
    socket_ = edge::Descriptor(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)));
  });
  if (!socket_) throw std::runtime_error("no packet socket at the client");
}

edge::HeardSegment ClientEar::last() {
  std::optional<edge::HeardSegment> out;
  std::array<uint8_t, 2048> packet;
  pollfd p{socket_.number(), POLLIN, 0};
  while (::poll(&p, 1, out ? 100 : 5000) > 0) {
    const auto n = ::recv(p.fd, packet.data(), packet.size(), 0);
    const auto heard = edge::parse_packet(std::span(packet).first(n > 0 ? size_t(n) : 0));
    if (heard && heard->client.endpoint.port == port_ && heard->service.endpoint.port == 80)
      out = heard;
  }
  if (!out) throw std::runtime_error("the client sends nothing");
  return *out;
}

}  // namespace understudy::network
