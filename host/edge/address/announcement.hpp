// SPDX-License-Identifier: Apache-2.0
// The packet that tells all neighbours where an address is now: an ARP request for itself (RFC
// 5227, section 3: an announcement), or an unsolicited neighbour advertisement with Override (RFC
// 4861, 7.2.6). Without the link's header; a pure function, so its bytes are tested.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "host/edge/address/ip_address.hpp"

namespace understudy::edge {

using HardwareAddress = std::array<uint8_t, 6>;

struct Announcement {
  uint16_t protocol = 0;  // EtherType
  HardwareAddress to{};
  std::vector<uint8_t> bytes;
};

Announcement announcement_of(const IpAddress& address, const HardwareAddress& here);

}  // namespace understudy::edge
