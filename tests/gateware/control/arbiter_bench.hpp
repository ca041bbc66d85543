// SPDX-License-Identifier: Apache-2.0
// The arbiter alone: facts in, one decision a boundary.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "Varbiter.h"
#include "bench.hpp"
#include "protocol/events.hpp"
#include "protocol/states.hpp"

namespace understudy::gateware {

using protocol::Mode;
using protocol::Reason;
using State = protocol::ServerState;
using Result = protocol::RequestResult;

/// All that the arbiter looks at, for both servers.
struct Facts {
  std::array<bool, 2> alive{true, true}, freeze{}, black{}, discard{false, true};
  std::array<uint16_t, 2> bad{};
  std::array<State, 2> state{State::primary, State::secondary_synchronized};
  uint16_t equal_frames = 100;
  Mode mode = Mode::automatic;
  bool asked = false;
};
struct Configuration {
  uint16_t bad_lines = 1, flap_window = 600, return_hold = 600, proven = 8;
  uint8_t flap_changes = 3;
  bool auto_return = false, prefer_b = false;
};
struct Decision {
  bool takeover = false, hold = false, hold_flap = false;
  Reason reason = Reason::none;
  Result result = Result::done;
};

class Arbiter {
 public:
  Block<Varbiter> block;
  Configuration set;
  Facts facts;

  Arbiter() { block->decide = 0; }
  Decision boundary() {
    auto& b = block;
    b->frame_bad = uint32_t(facts.bad[1]) << 16 | facts.bad[0];
    b->freeze = uint8_t(facts.freeze[1] << 1 | facts.freeze[0]);
    b->black = uint8_t(facts.black[1] << 1 | facts.black[0]);
    b->discard = uint8_t(facts.discard[1] << 1 | facts.discard[0]);
    b->alive = uint8_t(facts.alive[1] << 1 | facts.alive[0]);
    b->state = uint16_t(unsigned(facts.state[1]) << 8 | unsigned(facts.state[0]));
    b->equal_frames = facts.equal_frames;
    b->mode = uint8_t(facts.mode), b->switch_waits = facts.asked;
    b->bad_lines = set.bad_lines, b->flap_changes = set.flap_changes;
    b->flap_window = set.flap_window, b->auto_return = set.auto_return;
    b->prefer_b = set.prefer_b, b->return_hold = set.return_hold, b->proven = set.proven;
    b->decide = 1;
    b.settle();
    const Decision d{bool(b->takeover), bool(b->hold), bool(b->hold_flap), Reason(b->reason),
                     Result(b->request_result)};
    const uint32_t term = b->term_next;
    b.clock();
    EXPECT_EQ(b->term, term);
    b->decide = 0;
    facts.asked = false;
    return d;
  }
  /// A on air, both seen healthy, the role taken.
  void settle_in() {
    for (int i = 0; i < 3; ++i) {
      const auto d = boundary();
      EXPECT_FALSE(d.takeover);
    }
  }
  /// Makes B on air and A the understudy, by request.
  void swap() {
    facts.asked = true;
    EXPECT_TRUE(boundary().takeover);
    std::swap(facts.discard[0], facts.discard[1]);
    std::swap(facts.state[0], facts.state[1]);
    boundary();
  }
};

}  // namespace understudy::gateware
