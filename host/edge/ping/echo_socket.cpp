// SPDX-License-Identifier: Apache-2.0
#include "host/edge/ping/echo_socket.hpp"

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sodium.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace understudy::edge {
namespace {

/// What is asked and must come back: ICMP header, then our cookie and number.
struct Echo {
  uint8_t type = 0, code = 0;
  uint16_t checksum = 0, identifier = 0, sequence = 0;  // network order
  uint64_t cookie = 0;
  uint32_t number = 0;
};
constexpr size_t echo_bytes = 20;
constexpr size_t packet_max = 1500;
constexpr int packets_a_turn = 64;

std::array<uint8_t, echo_bytes> bytes_of(const Echo& e) {
  std::array<uint8_t, echo_bytes> out{e.type, e.code};
  std::memcpy(&out[2], &e.checksum, 2);
  std::memcpy(&out[4], &e.identifier, 2);
  std::memcpy(&out[6], &e.sequence, 2);
  std::memcpy(&out[8], &e.cookie, 8);
  std::memcpy(&out[16], &e.number, 4);
  return out;
}

uint16_t checksum(std::span<const uint8_t> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return htons(static_cast<uint16_t>(~sum));
}

}  // namespace

Result<std::unique_ptr<EchoSocket>> EchoSocket::open(boost::asio::io_context& io, bool v6,
                                                     Answered answered) {
  const int family = v6 ? AF_INET6 : AF_INET;
  const int protocol = v6 ? int(IPPROTO_ICMPV6) : int(IPPROTO_ICMP);
  constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  Descriptor socket(::socket(family, SOCK_DGRAM | flags, protocol));
  const bool raw = !socket;
  if (raw) socket = Descriptor(::socket(family, SOCK_RAW | flags, protocol));
  if (!socket)
    return system_failure(
        "no socket for echo requests (type: sysctl -w net.ipv4.ping_group_range='0 2147483647', "
        "or give the daemon CAP_NET_RAW)");
  if (raw && v6) {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    ::setsockopt(socket.number(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  }
  return std::unique_ptr<EchoSocket>(
      new EchoSocket(io, std::move(socket), v6, raw, std::move(answered)));
}

EchoSocket::EchoSocket(boost::asio::io_context& io, Descriptor socket, bool v6, bool raw,
                       Answered answered)
    : socket_(std::move(socket)), v6_(v6), raw_(raw), answered_(std::move(answered)) {
  randombytes_buf(&identifier_, sizeof identifier_);
  randombytes_buf(&cookie_, sizeof cookie_);
  watch_ = Watch(io, socket_.number(), [this] { ready(); });
}

Result<void> EchoSocket::ask(const IpAddress& address, uint32_t number) {
  Echo echo{.type = uint8_t(v6_ ? ICMP6_ECHO_REQUEST : ICMP_ECHO),
            .identifier = identifier_,
            .sequence = htons(static_cast<uint16_t>(number)),
            .cookie = cookie_,
            .number = number};
  if (!v6_) echo.checksum = checksum(bytes_of(echo));  // ICMPv6: the kernel's work
  sockaddr_storage to{};
  socklen_t size = sizeof(sockaddr_in);
  to.ss_family = static_cast<sa_family_t>(address.family());
  const auto from = address.bytes();
  if (v6_) {
    std::memcpy(&reinterpret_cast<sockaddr_in6&>(to).sin6_addr, from.data(), from.size());
    size = sizeof(sockaddr_in6);
  } else {
    std::memcpy(&reinterpret_cast<sockaddr_in&>(to).sin_addr, from.data(), from.size());
  }
  const auto bytes = bytes_of(echo);
  // An error of an earlier request (unreachable) is reported once in the place of this one.
  for (int attempt = 0; attempt < 2; ++attempt)
    if (::sendto(socket_.number(), bytes.data(), bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), size) >= 0)
      return {};
  return system_failure(fmt::format("echo request to {}", address.text()));
}

void EchoSocket::ready() {
  std::array<uint8_t, packet_max> buffer;
  for (int i = 0; i < packets_a_turn; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const ssize_t n = ::recvfrom(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) continue;  // an ICMP error: no answer
    if (n < 0) return;
    std::span<const uint8_t> packet(buffer.data(), static_cast<size_t>(n));
    if (raw_ && !v6_) {
      const size_t header = packet.empty() ? 0 : size_t(packet[0] & 15) * 4;
      if (header < 20 || packet.size() < header) continue;
      packet = packet.subspan(header);
    }
    if (packet.size() != echo_bytes ||
        packet[0] != uint8_t(v6_ ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
      continue;
    uint64_t cookie = 0;
    uint32_t number = 0;
    std::memcpy(&cookie, &packet[8], 8);
    std::memcpy(&number, &packet[16], 4);
    if (cookie != cookie_) continue;
    const void* bytes =
        v6_ ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6&>(from).sin6_addr)
            : static_cast<const void*>(&reinterpret_cast<sockaddr_in&>(from).sin_addr);
    answered_(IpAddress::from_bytes({static_cast<const uint8_t*>(bytes), v6_ ? 16u : 4u}), number);
  }
}

}  // namespace understudy::edge
