// SPDX-License-Identifier: Apache-2.0
#include "host/edge/address/announcement.hpp"

namespace understudy::edge {
namespace {

void put(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Announcement arp(const IpAddress& address, const HardwareAddress& here) {
  Announcement out{.protocol = 0x0806, .to = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};
  const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};  // Ethernet, IPv4, their sizes, request
  put(out.bytes, head);
  put(out.bytes, here);
  put(out.bytes, address.bytes());
  put(out.bytes, HardwareAddress{});
  put(out.bytes, address.bytes());
  return out;
}

uint16_t checksum(std::span<const uint8_t> icmp, const IpAddress& from,
                  std::span<const uint8_t, 16> to) {
  uint32_t sum = static_cast<uint32_t>(icmp.size()) + 58;
  const auto add = [&sum](std::span<const uint8_t> bytes) {
    for (size_t i = 0; i < bytes.size(); i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  };
  add(icmp);
  add(from.bytes());
  add(to);
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

Announcement neighbour(const IpAddress& address, const HardwareAddress& here) {
  constexpr std::array<uint8_t, 16> all_nodes{0xFF, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  Announcement out{.protocol = 0x86DD, .to = {0x33, 0x33, 0, 0, 0, 1}};
  std::vector<uint8_t> icmp{136, 0, 0, 0, 0x20, 0, 0, 0};  // advertisement, Override
  put(icmp, address.bytes());
  const uint8_t option[] = {2, 1};  // target link-layer address, 8 bytes
  put(icmp, option);
  put(icmp, here);
  const uint16_t sum = checksum(icmp, address, all_nodes);
  icmp[2] = static_cast<uint8_t>(sum >> 8);
  icmp[3] = static_cast<uint8_t>(sum);
  const uint8_t head[] = {0x60, 0, 0, 0, 0, static_cast<uint8_t>(icmp.size()), 58, 255};
  put(out.bytes, head);
  put(out.bytes, address.bytes());
  put(out.bytes, all_nodes);
  put(out.bytes, icmp);
  return out;
}

}  // namespace

Announcement announcement_of(const IpAddress& address, const HardwareAddress& here) {
  return address.is_v6() ? neighbour(address, here) : arp(address, here);
}

}  // namespace understudy::edge
