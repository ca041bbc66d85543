// SPDX-License-Identifier: Apache-2.0
// The way to the appliance: a byte stream both ways, and under simulation also the clock. `sim`,
// USB, serial, PCIe and `none` stand behind it, and one suite holds them all to it
// (tests/transport). A transport comes back by itself after a loss (with back-off) and never blocks
// its owner. Between link_up and link_down bytes arrive in order; some may be missing, as on any
// wire.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "host/core/raster.hpp"
#include "protocol/states.hpp"

namespace understudy::ports {

using Nanoseconds = std::chrono::nanoseconds;

/// What is known when the link comes up. Real links learn port and raster from ticks.
struct LinkFacts {
  std::optional<protocol::Server> port;
  std::optional<Raster> raster;
  Nanoseconds now{0};  // lockstep only: the appliance's time
};

/// Bytes that came; under lockstep also the time that it is now, and how many peer datagrams must
/// have been handled before the turn is over.
struct LinkTurn {
  std::span<const uint8_t> bytes;
  Nanoseconds now{0};
  uint32_t peer_sent = 0;
};

class TransportOwner {
 public:
  virtual ~TransportOwner() = default;
  virtual void link_up(const LinkFacts& facts) = 0;
  /// Under lockstep the owner ends each turn with Transport::finish_turn.
  virtual void link_turn(const LinkTurn& turn) = 0;
  /// Also when it was not up yet and an attempt was refused.
  virtual void link_down(const std::string& why) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void start(TransportOwner& owner) = 0;
  /// Whole frames for the appliance; dropped while the link is down, and when the appliance does
  /// not take them. Under lockstep they leave with the turn.
  virtual void send(std::span<const uint8_t> bytes) = 0;
  /// Lockstep: the owner has settled all and wants to be called at `wake` at the latest.
  virtual void finish_turn(std::optional<Nanoseconds> wake, uint32_t peer_sent) = 0;
  virtual bool up() const = 0;
  /// The appliance keeps the time while the link is up.
  virtual bool lockstep() const = 0;
};

}  // namespace understudy::ports
