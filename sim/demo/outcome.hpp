// SPDX-License-Identifier: Apache-2.0
// Reads the gate's own events: who took over, when, how long after the fault, and whether that is
// what this fault should lead to. All of it in pixel clocks; nothing here knows the wall clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/link.hpp"
#include "sim/demo/comparison.hpp"
#include "sim/demo/fault.hpp"

namespace understudy::demo {

using protocol::Event;
using protocol::EventKind;
using protocol::Reason;
using protocol::Server;

/// The gate's clocking and the numbers that it was set to.
struct GateFacts {
  uint32_t h_total = 800, v_total = 525;
  uint32_t beats_missed = 3;     // M
  uint32_t beat_window = 8;      // N
  uint32_t beat_period = 65625;  // clocks
};

/// Where and when the fault struck.
struct Strike {
  FaultName fault = FaultName::none;
  Server struck = Server::a;
  uint32_t frame = 0, line = 0, pixel = 0;  // of the source's picture
  uint64_t clock = 0;
  bool wall_time = false;  // the daemons' way to the gate takes as long as this machine needs
};

struct Takeover {
  uint32_t frame = 0;  // the first whole frame of the new server; it starts at line 0
  uint32_t line = 0;
  Server from = Server::a, to = Server::b;
  uint32_t term = 0;
  Reason reason = Reason::none;
  uint64_t clock = 0;                        // of the boundary at which the arbiter decided
  uint32_t first_frame = 0, first_line = 0;  // the first output line that came from the new server
  uint64_t first_clock = 0;                  // when that line started to leave
  uint32_t latency_lines = 0;                // strike to first_clock, rounded up
  uint32_t latency_frames = 0;               // strike's frame to `frame`
};

struct Outcome {
  std::optional<Takeover> takeover;  // the first after the strike
  uint32_t takeovers = 0;            // in the whole run
  uint32_t takeovers_before = 0;     // before the strike: none is right
  std::optional<uint64_t>
      detected_clock;  // beats lost, Failed heard, first bad line; who is asked detects nothing
  std::string detected_by;                     // in words
  uint64_t lines_rescued = 0, lines_lost = 0;  // sums over the frames
  std::optional<uint32_t> protected_frame;     // the first frame after which both were proven equal
  bool protected_at_strike = false;
  bool diverged = false;  // after the strike
  /// What is not as it should be, a sentence each; empty: the run is right.
  std::vector<std::string> complaints;
};

Outcome judge(std::span<const Event> events, const Strike& strike, const GateFacts& gate,
              const ComparisonTotals& frames);

}  // namespace understudy::demo
