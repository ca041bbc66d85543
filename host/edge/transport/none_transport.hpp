// SPDX-License-Identifier: Apache-2.0
// No appliance: two daemons on heartbeats over the network alone.
#pragma once

#include "host/ports/transport/transport.hpp"

namespace understudy::edge {

class NoneTransport final : public ports::Transport {
 public:
  void start(ports::TransportOwner&) override {}
  void send(std::span<const uint8_t>) override {}
  void finish_turn(std::optional<ports::Nanoseconds>, uint32_t) override {}
  bool up() const override { return false; }
  bool lockstep() const override { return false; }
};

}  // namespace understudy::edge
