// SPDX-License-Identifier: Apache-2.0
// The two UDP sockets of one service address, RTP and RTCP, that all of its datagram flows share.
// They are bound to the service address, so everything leaves from it; the address need not be here
// yet, so the server that stands by has them too.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

namespace understudy::edge {

struct GroupOptions {
  std::string interface;  // by which multicast leaves and comes; empty: as the kernel routes
  uint8_t hops = 16;
  OwnInterface own;  // what all datagrams keep to
};

class DatagramPorts {
 public:
  /// `rtp`: an even port; RTCP's is the next one.
  static Result<DatagramPorts> open(const SocketAddress& service, uint16_t rtp,
                                    const GroupOptions& group);

  struct Packet {
    std::span<const uint8_t> bytes;
    bool control = false;  // leaves from RTCP's port to RTCP's port
  };
  /// In order; how many the kernel took.
  size_t send(std::span<const Packet> packets, const SocketAddress& rtp, const SocketAddress& rtcp);
  /// Everything that has come to RTCP's port. What comes to RTP's is dropped.
  void receive(
      const std::function<void(const SocketAddress& from, std::span<const uint8_t>)>& take);

  uint16_t rtp_port() const { return port_; }
  int rtp() const { return rtp_.number(); }
  int rtcp() const { return rtcp_.number(); }

 private:
  uint16_t port_ = 0;
  Descriptor rtp_, rtcp_;
};

}  // namespace understudy::edge
