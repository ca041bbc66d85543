// SPDX-License-Identifier: Apache-2.0
// What a third host can do to a connection of others: it sends segments with the client's address
// (or the server's: what a dead one sent last).
// And what it cannot: hear the client's own, which a test may, to forge as well as can be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/edge/repair/probe_channel.hpp"
#include "tests/delivery/pair.hpp"

namespace understudy::network {

struct ForgedSegment {
  uint16_t client_port = 0;
  uint32_t sequence = 0, acknowledged = 0;
  bool reset = false;
  std::optional<core::ClientAnswer::Timestamps> timestamps;
  std::optional<uint32_t> duplicate;  // D-SACK of one byte
  size_t payload = 0;
  bool from_service = false, fin = false;
  std::string bytes;
};

/// A raw socket at the stranger's place; IPv4.
class Forger {
 public:
  explicit Forger(const Network& network);
  void send(const ForgedSegment& segment) const;

 private:
  edge::Descriptor socket_;
};

/// Hears what one client connection sends.
class ClientEar {
 public:
  ClientEar(const Network& network, const Client& client);
  /// Its latest segment, when it has been silent for a tenth of a second.
  edge::HeardSegment last();

 private:
  uint16_t port_ = 0;
  edge::Descriptor socket_;
};

}  // namespace understudy::network
