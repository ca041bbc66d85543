// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "Varbiter.h"
#include "bench.hpp"
#include "protocol/events.hpp"
#include "protocol/states.hpp"

namespace understudy::gateware {
namespace {

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

struct Cause {
  Reason reason;
  void (*strike)(Arbiter&, size_t on_air);
};
const Cause causes[] = {
    {Reason::operator_request, [](Arbiter& a, size_t) { a.facts.asked = true; }},
    {Reason::declared_failed, [](Arbiter& a, size_t x) { a.facts.state[x] = State::failed; }},
    {Reason::beats_missed, [](Arbiter& a, size_t x) { a.facts.alive[x] = false; }},
    {Reason::picture_bad, [](Arbiter& a, size_t x) { a.facts.bad[x] = 1; }},
    {Reason::picture_bad, [](Arbiter& a, size_t x) { a.facts.freeze[x] = true; }},
    {Reason::picture_bad, [](Arbiter& a, size_t x) { a.facts.black[x] = true; }},
    {Reason::offline, [](Arbiter& a, size_t x) { a.facts.state[x] = State::primary_offline; }},
    {Reason::offline, [](Arbiter& a, size_t x) { a.facts.state[x] = State::secondary_offline; }},
    {Reason::discard,
     [](Arbiter& a, size_t x) { a.facts.discard[x] = true, a.facts.discard[1 - x] = false; }},
    {Reason::automatic_return,
     [](Arbiter& a, size_t x) {
       a.set.auto_return = true, a.set.prefer_b = x == 0, a.set.return_hold = 0;
     }},
};

struct Refusal {  // why the other server may not take over
  const char* name;
  bool may;
  void (*strike)(Arbiter&, size_t other);
};
const Refusal refusals[] = {
    {"eligible", true, [](Arbiter&, size_t) {}},
    {"no beats", false, [](Arbiter& a, size_t y) { a.facts.alive[y] = false; }},
    {"failed", false, [](Arbiter& a, size_t y) { a.facts.state[y] = State::failed; }},
    {"offline", false, [](Arbiter& a, size_t y) { a.facts.state[y] = State::secondary_offline; }},
    {"bad picture", false, [](Arbiter& a, size_t y) { a.facts.bad[y] = 5; }},
    {"freeze", false, [](Arbiter& a, size_t y) { a.facts.freeze[y] = true; }},
    {"black", false, [](Arbiter& a, size_t y) { a.facts.black[y] = true; }},
};

TEST(Arbiter, each_reason_in_each_mode_with_each_eligibility_from_each_server) {
  for (size_t x = 0; x < 2; ++x)
    for (const auto& cause : causes)
      for (const auto& refusal : refusals)
        for (Mode mode : {Mode::automatic, Mode::manual, Mode::lockout}) {
          Arbiter a;
          a.settle_in();
          if (x == 1) a.swap();
          const uint32_t term = a.block->term;
          a.facts.mode = mode;
          cause.strike(a, x);
          refusal.strike(a, 1 - x);
          const auto d = a.boundary();
          const bool asked = cause.reason == Reason::operator_request;
          const auto where = std::string(to_text(cause.reason)) + ", " + to_text(mode) + ", " +
                             refusal.name + ", " + std::to_string(x);
          const bool protection_gone = cause.reason == Reason::automatic_return && !refusal.may;
          EXPECT_EQ(d.reason, protection_gone ? Reason::none : cause.reason) << where;
          const bool expected =
              refusal.may && (mode == Mode::automatic || (mode == Mode::manual && asked));
          EXPECT_EQ(d.takeover, expected) << where;
          EXPECT_EQ(a.block->on_air, expected ? 1 - x : x) << where;
          EXPECT_EQ(a.block->term, term + expected) << where;
          const bool held = mode == Mode::automatic && !asked && !expected && !protection_gone;
          EXPECT_EQ(d.hold, held) << where;
          EXPECT_EQ(a.block->no_eligible, held) << where;
          EXPECT_FALSE(a.block->flap_hold);
          if (asked) {
            EXPECT_EQ(d.result, expected                ? Result::done
                                : mode == Mode::lockout ? Result::refused_lockout
                                                        : Result::refused_not_eligible)
                << where;
          }
        }
}

TEST(Arbiter, the_first_reason_of_the_list_is_the_one_named) {
  for (size_t i = 0; i < std::size(causes); ++i)
    for (size_t j = i + 1; j < std::size(causes); ++j) {
      Arbiter a;
      a.settle_in();
      causes[j].strike(a, 0);
      causes[i].strike(a, 0);
      if (causes[i].reason == Reason::declared_failed && causes[j].reason == Reason::beats_missed)
        continue;  // a server without beats says nothing
      if (causes[i].reason == Reason::declared_failed && causes[j].reason == Reason::offline)
        continue;
      if (causes[i].reason == Reason::offline) continue;  // the state holds one word
      EXPECT_EQ(a.boundary().reason, causes[i].reason) << i << " " << j;
    }
}

TEST(Arbiter, latched_the_first_server_back_in_health_changes_nothing) {
  Arbiter a;
  a.settle_in();
  a.facts.alive[0] = false;
  EXPECT_TRUE(a.boundary().takeover);
  a.facts.alive[0] = true;
  std::swap(a.facts.discard[0], a.facts.discard[1]);
  for (int i = 0; i < 2000; ++i) ASSERT_FALSE(a.boundary().takeover);
  EXPECT_EQ(a.block->on_air, 1);
  EXPECT_EQ(a.block->term, 2u);
}

TEST(Arbiter, never_to_a_server_that_was_not_healthy_at_an_earlier_boundary) {
  Arbiter a;
  a.facts.alive[1] = false;
  a.settle_in();
  a.facts.alive = {false, true};  // B comes in the frame in which A goes
  EXPECT_FALSE(a.boundary().takeover);
  EXPECT_TRUE(a.boundary().takeover);
}

TEST(Arbiter, a_server_that_was_gone_must_be_seen_again_but_a_bad_picture_is_forgiven) {
  Arbiter a;
  a.settle_in();
  a.facts.state[1] = State::failed;
  a.boundary();
  a.facts.state[1] = State::secondary;
  a.facts.bad[0] = 3;
  EXPECT_FALSE(a.boundary().takeover);
  EXPECT_TRUE(a.boundary().takeover);

  Arbiter b;
  b.settle_in();
  b.facts.bad[1] = 1;
  b.boundary();
  b.facts.bad = {1, 0};
  EXPECT_TRUE(b.boundary().takeover);
}

TEST(Arbiter, bad_lines_below_the_limit_are_not_a_bad_picture) {
  Arbiter a;
  a.set.bad_lines = 10;
  a.settle_in();
  a.facts.bad[0] = 9;
  EXPECT_FALSE(a.boundary().takeover);
  EXPECT_EQ(a.block->picture_ok, 3);
  a.facts.bad[0] = 10;
  EXPECT_TRUE(a.boundary().takeover);
  EXPECT_EQ(a.block->picture_ok, 2);
}

TEST(Arbiter, nothing_was_sent_before_the_first_frame_so_both_pictures_count_as_bad) {
  Arbiter a;
  const auto d = a.boundary();
  EXPECT_EQ(d.reason, Reason::picture_bad);
  EXPECT_TRUE(d.hold);
  EXPECT_EQ(a.block->picture_ok, 0);
  a.boundary();
  EXPECT_EQ(a.block->picture_ok, 3);
}

TEST(Arbiter, anti_flap_holds_the_change_after_the_allowed_number_until_the_window_is_over) {
  for (uint8_t allowed = 1; allowed <= 4; ++allowed) {
    Arbiter a;
    a.set.flap_changes = allowed;
    a.set.flap_window = 100;
    a.settle_in();
    const auto fail = [&] {
      const size_t x = a.block->on_air;
      a.facts.bad = {};
      a.facts.bad[x] = 1;
      return a.boundary();
    };
    for (int i = 0; i < allowed; ++i) EXPECT_TRUE(fail().takeover) << int(allowed);
    auto d = fail();  // this change is number allowed + 1, `allowed` boundaries after the first
    EXPECT_FALSE(d.takeover);
    EXPECT_TRUE(d.hold && d.hold_flap);
    EXPECT_TRUE(a.block->flap_hold);
    EXPECT_FALSE(a.block->no_eligible);
    for (int i = allowed + 1; i < 100; ++i) {
      d = fail();
      ASSERT_FALSE(d.takeover) << i;
      ASSERT_FALSE(d.hold);  // said once
    }
    EXPECT_TRUE(fail().takeover) << "the first change's countdown has run out";
    EXPECT_FALSE(a.block->flap_hold);
  }
}

TEST(Arbiter, an_operator_is_not_held_by_anti_flap_nor_counted_in_it) {
  Arbiter a;
  a.set.flap_changes = 1;
  a.settle_in();
  for (int i = 0; i < 10; ++i) {
    a.facts.asked = true;
    EXPECT_TRUE(a.boundary().takeover);
  }
  a.facts.bad[a.block->on_air] = 1;
  EXPECT_TRUE(a.boundary().takeover);
  a.facts.bad = {};
  a.facts.asked = true;
  EXPECT_TRUE(a.boundary().takeover);
  a.facts.bad[a.block->on_air] = 1;
  EXPECT_FALSE(a.boundary().takeover);
}

TEST(Arbiter, discard_is_a_reason_only_after_the_role_was_taken) {
  Arbiter a;
  a.settle_in();
  a.facts.asked = true;
  EXPECT_TRUE(a.boundary().takeover);
  // B is on air and still marks discard, A does not: B has not taken the role yet
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(a.boundary().takeover);
  a.facts.discard = {true, false};
  EXPECT_FALSE(a.boundary().takeover);
  a.facts.discard = {true, true};
  EXPECT_FALSE(a.boundary().takeover);
  a.facts.discard = {false, true};
  const auto d = a.boundary();
  EXPECT_TRUE(d.takeover);
  EXPECT_EQ(d.reason, Reason::discard);
}

TEST(Arbiter, automatic_return_waits_for_its_hold_off_and_for_protection) {
  Arbiter a;
  a.set.auto_return = true;
  a.set.return_hold = 50;
  a.settle_in();
  a.facts.alive[0] = false;
  EXPECT_TRUE(a.boundary().takeover);
  a.facts.alive[0] = true;
  a.facts.discard = {true, false};
  a.facts.equal_frames = 7;  // one less than proven
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(a.boundary().takeover);
  a.facts.equal_frames = 8;
  for (int i = 0; i < 49; ++i) ASSERT_FALSE(a.boundary().takeover) << i;
  const auto d = a.boundary();
  EXPECT_TRUE(d.takeover);
  EXPECT_EQ(d.reason, Reason::automatic_return);
  // an operator's switch away from the preferred server starts the hold-off anew
  a.facts.discard = {false, true};
  for (int i = 0; i < 200; ++i) ASSERT_FALSE(a.boundary().takeover);
  a.facts.asked = true;
  EXPECT_TRUE(a.boundary().takeover);
  a.facts.discard = {true, false};
  for (int i = 0; i < 49; ++i) ASSERT_FALSE(a.boundary().takeover) << i;
  EXPECT_TRUE(a.boundary().takeover);
}

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
