// SPDX-License-Identifier: Apache-2.0
// Speaks to clients of connections that have no socket yet. A probe is one raw TCP segment of one
// byte just below the client's window: the client answers at once with where it stands (RFC 9293,
// 3.10.7.4). It goes out by a raw socket, so the kernel finds the way and the neighbour; answers
// are read by packet sockets, which see them before any filter and before the kernel finds no
// socket for them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "host/core/connection/comparison.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

namespace understudy::edge {

struct ProbeSegment {
  SocketAddress service, client;
  uint32_t sequence = 0, acknowledge = 0;
  std::optional<core::ClientAnswer::Timestamps> timestamps;
};

struct HeardSegment {
  SocketAddress service, client;
  core::ClientAnswer answer;
};

/// The bytes of an IPv4 or IPv6 packet, checksums included.
std::vector<uint8_t> to_packet(const ProbeSegment& segment);
/// From the IP header on. Nothing when it is not a whole, first-fragment TCP segment with ACK or
/// RST.
std::optional<HeardSegment> parse_packet(std::span<const uint8_t> packet);

class ProbeChannel {
 public:
  /// Hears TCP segments to these addresses (ports are not looked at). Needs CAP_NET_RAW.
  static Result<ProbeChannel> open(const std::vector<SocketAddress>& services,
                                   const OwnInterface& own = {});

  /// Best effort: what cannot be sent now is sent again by the next round.
  void send(std::span<const ProbeSegment> segments);
  /// What has come so far; under a flood a part of it, and the descriptor stays readable.
  void receive(const std::function<void(const HeardSegment&)>& take);
  /// To wait on.
  std::vector<int> descriptors() const;
  uint64_t unsent() const { return unsent_; }
  uint64_t garbage() const { return garbage_; }

 private:
  struct Packet {
    std::vector<uint8_t> bytes;
    KernelAddress to;
  };
  void send_packets(const Descriptor& socket);
  Descriptor send_four_, send_six_, hear_four_, hear_six_;
  std::vector<uint8_t> buffer_;
  std::vector<Packet> packets_;
  uint64_t unsent_ = 0, garbage_ = 0;
};

}  // namespace understudy::edge
