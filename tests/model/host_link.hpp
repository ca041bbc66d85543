// SPDX-License-Identifier: Apache-2.0
// One server's daemon as bytes into its link: heartbeats at a pace with jitter, requests, garbage.
// Members are the faults: set them at any clock.
#pragma once

#include <deque>

#include "tests/model/pins.hpp"
#include "tests/model/random.hpp"

namespace understudy::side {

struct HostShape {
  uint32_t period = 200;     // clocks from beat to beat
  uint32_t jitter = 0;       // at most so many clocks later
  uint32_t byte_clocks = 1;  // clocks a byte, at least
  uint32_t first = 100;      // clock of the first beat
};

struct HostFaults {
  bool cut = false;      // nothing arrives
  bool stopped = false;  // no beats
  protocol::ServerState state = protocol::ServerState::primary;
  // chances in 1000 a beat
  uint32_t miss = 0, stale = 0, restart = 0, corrupt = 0, garbage = 0;
  uint32_t garbage_bytes = 70;
  bool garbage_ends = false;  // always with a zero, so that no beat is swallowed
  // in any one of these ways lost, but never more than so many of the last `spoiled_of` beats
  uint32_t spoil = 0, spoiled_most = 0, spoiled_of = 8;
};

class HostLink {
 public:
  HostLink(uint64_t seed, const HostShape& shape)
      : random_(seed), shape_(shape), next_beat_(shape.first), boot_(random_.below(1000)) {
    sequence_ = random_.chance(200) ? 0xFFFFFFF0u : random_.below(100);
  }

  HostFaults faults;
  void ask(uint16_t id, uint8_t op);
  /// A request's last byte waits while `quiet` is false. True when it was sent in this clock.
  bool step(uint64_t clock, bool quiet, Inputs::Byte& out);

 private:
  struct Waiting {
    uint8_t byte;
    bool ends_request;
  };
  void beat();
  void spoiled_beat();
  bool may_spoil();
  void garbage(uint32_t bytes);

  Random random_;
  const HostShape shape_;
  uint64_t next_beat_, next_byte_ = 0;
  uint32_t sequence_ = 0, boot_;
  std::deque<bool> spoiled_;  // the last beats
  std::deque<Waiting> bytes_;
};

}  // namespace understudy::side
