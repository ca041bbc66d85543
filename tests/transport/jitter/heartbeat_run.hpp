// SPDX-License-Identifier: Apache-2.0
// Heartbeats from a daemon's core to the gate's monitor in virtual time: the core is the product's
// (core::Server), the monitor is the RTL, verilated and clocked only where a beat comes or a gap
// ends, and the way between them is a model under load. No clock of the machine is read, so an hour
// takes seconds and a run is its seed.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "host/core/time.hpp"
#include "host/edge/daemon/configuration.hpp"

namespace understudy::test {

/// A way to the appliance as numbers.
struct WireModel {
  const char* name;
  Duration slot;           // a transfer goes with the next of these (USB's frame); zero: at once
  uint32_t slots_more;     // ... or with one of so many after it: others keep the bus busy
  uint32_t packet;         // bytes: a bridge sends to the host what has become so many ...
  Duration latency_timer;  // ... or at the next end of this timer
  Duration byte;           // on the serial line, both ways; zero: none
  Duration look;           // how often the host looks for what came; zero: it is told
};
std::span<const WireModel> wire_models();

/// How much later than it could a thread runs: exponential, with rarer and longer waits on top.
struct Lateness {
  Duration usual{20'000};  // mean
  struct Rare {
    double chance;
    Duration most;  // uniform from nothing to this
  };
  std::array<Rare, 2> rare{{{1e-3, Duration(200'000)}, {1e-5, Duration(1'000'000)}}};
  double scale = 1;  // of all of it
};

/// What else goes on: the gate's events, requests to the gate, other work of the daemon's thread.
struct Load {
  double event_bursts = 20;    // a second, Poisson
  uint32_t events_most = 16;   // of one burst
  double request_bursts = 10;  // a second, Poisson
  uint32_t requests_most = 4;  // of one burst
  double tasks = 2000;         // a second, Poisson
  Duration task{30'000};       // mean, exponential
};

struct HeartbeatRun {
  WireModel wire;
  Lateness lateness;
  Load load;
  uint32_t per_frame = edge::default_beats_per_frame(edge::ApplianceUri::Kind::usb);
  Duration length = std::chrono::minutes(1);
  uint64_t seed = 1;
};

struct HeartbeatOutcome {
  uint64_t beats = 0;
  uint64_t misses = 0;        // gaps that the gate counted as a missed beat
  uint64_t losses = 0;        // M misses among the last N: the gate would change over
  uint32_t worst_window = 0;  // most misses among the last N beats
  Duration period{};          // between two beats, as meant
  Duration miss_after{};      // the longest gap that is no miss
  Duration longest{};         // gap, at the gate
  /// Gaps by how much longer than the period they were, in 50 us; the last one is all beyond.
  std::array<uint64_t, 24> late{};
};
constexpr Duration late_step = std::chrono::microseconds(50);

HeartbeatOutcome run(const HeartbeatRun& how);

}  // namespace understudy::test
