// SPDX-License-Identifier: Apache-2.0
// The arbiter against a second writing of its rules, on random facts, requests and settings.
#include <vector>

#include "arbiter_bench.hpp"

namespace understudy::gateware {
namespace {

/// rtl/README.md's rules once more, in the order in which it tells them.
class Reference {
 public:
  bool first = true, role_taken = false, held = false, held_flap = false;
  size_t x = 0;
  uint32_t term = 1, protected_for = 0;
  std::array<bool, 2> seen{};
  std::vector<uint32_t> countdowns = {0, 0, 0, 0};
  Reason held_reason = Reason::none;

  Decision boundary(const Facts& f, const Configuration& c) {
    const size_t y = 1 - x;
    std::array<bool, 2> ok{}, healthy{}, present{};
    for (size_t s : {size_t{0}, size_t{1}}) {
      ok[s] = !first && f.bad[s] < c.bad_lines && !f.freeze[s] && !f.black[s];
      present[s] = f.alive[s] && !is_withdrawn(f.state[s]);
      healthy[s] = present[s] && ok[s];
    }
    first = false;
    const bool is_protected = healthy[0] && healthy[1] && f.equal_frames >= c.proven;
    protected_for = is_protected ? protected_for + 1 : 0;
    unsigned changes = 0;
    for (auto& left : countdowns) {
      if (left > 0) --left;
      changes += left > 0;
    }
    const bool eligible = healthy[y] && seen[y];

    Decision d;
    if (f.asked)
      d.reason = Reason::operator_request;
    else if (f.alive[x] && f.state[x] == State::failed)
      d.reason = Reason::declared_failed;
    else if (!f.alive[x])
      d.reason = Reason::beats_missed;
    else if (!ok[x])
      d.reason = Reason::picture_bad;
    else if (is_offline(f.state[x]))
      d.reason = Reason::offline;
    else if (role_taken && f.discard[x] && !f.discard[y])
      d.reason = Reason::discard;
    else if (c.auto_return && c.prefer_b == (y == 1) && is_protected &&
             protected_for >= c.return_hold)
      d.reason = Reason::automatic_return;

    const bool due = d.reason != Reason::none;
    if (f.mode == Mode::automatic)
      d.takeover = due && eligible && (f.asked || changes < c.flap_changes);
    if (f.mode == Mode::manual) d.takeover = f.asked && eligible;
    if (!d.takeover)
      d.result = f.mode == Mode::lockout ? Result::refused_lockout : Result::refused_not_eligible;
    const bool hold = f.mode == Mode::automatic && due && !f.asked && !d.takeover;
    d.hold_flap = hold && eligible;
    d.hold = hold && !(held && held_reason == d.reason && held_flap == d.hold_flap);
    held = hold, held_reason = d.reason, held_flap = d.hold_flap;

    for (size_t s : {size_t{0}, size_t{1}}) seen[s] = (seen[s] || healthy[s]) && present[s];
    if (d.takeover) {
      if (!f.asked)
        for (auto& left : countdowns)
          if (left == 0) {
            left = c.flap_window;
            break;
          }
      x = y, ++term, role_taken = false, protected_for = 0;
    } else if (!f.discard[x]) {
      role_taken = true;
    }
    return d;
  }
};

TEST(Arbiter, equals_the_reference_on_random_facts_requests_and_settings) {
  unsigned takeovers = 0, holds = 0, flap_holds = 0;
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    Arbiter a;
    Reference reference;
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    for (int i = 0; i < 5000; ++i) {
      if (one_in(200)) {
        a.set = {uint16_t(1 + random() % 4),
                 uint16_t(random() % 60),
                 uint16_t(random() % 20),
                 uint16_t(1 + random() % 10),
                 uint8_t(1 + random() % 4),
                 one_in(2),
                 one_in(2)};
        a.facts.mode = Mode(random() % 4 % 3);
      }
      for (size_t s : {size_t{0}, size_t{1}}) {
        if (one_in(12)) a.facts.alive[s] = !one_in(4);
        if (one_in(12)) a.facts.state[s] = State(random() % 10);
        if (one_in(8)) a.facts.discard[s] = !a.facts.discard[s];
        a.facts.bad[s] = one_in(10) ? uint16_t(random() % 6) : uint16_t{0};
        a.facts.freeze[s] = one_in(40);
        a.facts.black[s] = one_in(40);
      }
      a.facts.equal_frames = one_in(10) ? uint16_t{0} : uint16_t(a.facts.equal_frames + 1);
      a.facts.asked = one_in(25);
      const auto facts = a.facts;
      const auto want = reference.boundary(facts, a.set);
      const auto got = a.boundary();
      const auto where = "seed " + std::to_string(seed) + " boundary " + std::to_string(i);
      ASSERT_EQ(got.takeover, want.takeover) << where;
      ASSERT_EQ(got.hold, want.hold) << where;
      ASSERT_EQ(got.hold_flap, want.hold_flap) << where;
      ASSERT_EQ(got.reason, want.reason) << where;
      if (facts.asked) {
        ASSERT_EQ(got.result, want.result) << where;
      }
      ASSERT_EQ(a.block->on_air, reference.x) << where;
      ASSERT_EQ(a.block->term, reference.term) << where;
      takeovers += got.takeover, holds += got.hold, flap_holds += got.hold_flap;
    }
  }
  EXPECT_GT(takeovers, 1000u);
  EXPECT_GT(holds, 1000u);
  EXPECT_GT(flap_holds, 100u);
}

}  // namespace
}  // namespace understudy::gateware
