// SPDX-License-Identifier: Apache-2.0
// What came to the client's network card, as tcpdump wrote it down with the kernel's times:
// resets, and for each of the client's ports when new bytes came and from whom.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/delivery/topology.hpp"

namespace understudy::network {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using Mac = std::array<uint8_t, 6>;

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// A network card's address.
Mac mac_of(const Network& network, Place place);

struct Traffic {
  struct Piece {  // a segment with bytes that are new, or a datagram
    WallTime at;
    Mac from;
  };
  struct Flow {
    std::vector<Piece> pieces;
    size_t resets = 0;
    /// The first piece from there, not before.
    std::optional<WallTime> first_from(const Mac& from, WallTime not_before) const;

    uint32_t end = 0;  // of the bytes so far, as a sequence number
    bool begun = false;
  };
  size_t packets = 0, resets = 0;     // resets: from the service addresses
  std::map<uint16_t, Flow> tcp, udp;  // by the client's port
};

/// Reads a file in pcap's format (nanoseconds, Ethernet). Throws when it is not one.
Traffic read_capture(const std::string& file);

/// tcpdump at the client's card; listens when this is made.
class Capture {
 public:
  Capture(const Network& network, const std::string& file);
  /// Ends it, and reads what it has. Throws when the kernel had no room for a packet.
  Traffic finish();

 private:
  const Network& network_;
  std::string file_, log_;
  std::optional<demo::Child> tcpdump_;
};

}  // namespace understudy::network
