// SPDX-License-Identifier: Apache-2.0
// A packet of or to the service address, read from its frame: enough of TCP, RTP, ARP and neighbour
// discovery to say who said what to whom, and when.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace understudy::network {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using Mac = std::array<uint8_t, 6>;

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

struct Heard {
  enum class Kind : uint8_t { tcp, rtp, neighbour, other };  // neighbour: ARP, or its like in IPv6

  WallTime at;
  Mac from{};
  Kind kind = Kind::tcp;
  bool to_service = false;                                  // the client's own
  bool group = false;                                       // to a multicast group
  bool reset = false, opens = false, acknowledges = false;  // opens: SYN
  uint16_t service_port = 0, client_port = 0;
  uint32_t sequence = 0, acknowledged = 0;  // of TCP; RTP's sequence number
  uint32_t bytes = 0;                       // TCP's payload; RTP's whole packet
};

/// An IPv4 or IPv6 address as it stands in packets: 4 or 16 bytes. Throws std::runtime_error.
std::vector<uint8_t> address_bytes(const std::string& text);

/// An Ethernet frame, of which only the beginning may be there; nothing when it is not about
/// `service`.
std::optional<Heard> decode_frame(std::span<const uint8_t> frame, std::span<const uint8_t> service);

/// The packets of one direction that belong together: a connection's, or an RTP session's.
struct Flow {
  Heard::Kind kind = Heard::Kind::tcp;
  bool group = false;
  uint16_t service_port = 0, client_port = 0;
  bool has(const Heard& h) const {
    return h.kind == kind && h.group == group && h.service_port == service_port &&
           h.client_port == client_port;
  }
  bool operator==(const Flow&) const = default;
};

}  // namespace understudy::network
