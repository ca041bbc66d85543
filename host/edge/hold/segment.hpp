// SPDX-License-Identifier: Apache-2.0
// One TCP segment as it lies in a held packet, IPv4 (RFC 791) or IPv6 (RFC 8200) and TCP
// (RFC 9293): where it belongs, what it says, and where its bytes are. A packet may be many
// segments of the wire merged by the kernel (up to 64 KiB).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "host/edge/repair/address.hpp"

namespace understudy::edge {

struct Segment {
  SocketAddress from, to;
  uint32_t sequence = 0, acknowledged = 0;
  bool syn = false, ack = false, fin = false, reset = false;
  std::span<const uint8_t> bytes;  // points into the packet

  // Options of a SYN (RFC 9293, 3.1; RFC 7323; RFC 2018); the timestamp of any segment.
  uint16_t segment_max = 536;
  std::optional<uint8_t> scale;
  bool selective = false;
  std::optional<uint32_t> timestamp;
};

/// From the IP header on. Nothing when it is not a whole TCP segment: fragments, IPv6 extension
/// headers, lengths that do not fit.
std::optional<Segment> parse_segment(std::span<const uint8_t> packet);
/// Whether the TCP checksum of what parse_segment has taken is right.
bool checksum_right(std::span<const uint8_t> packet);

}  // namespace understudy::edge
