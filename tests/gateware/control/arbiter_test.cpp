// SPDX-License-Identifier: Apache-2.0
// Each rule of the arbiter by itself; arbiter_reference_test.cpp holds all of them together.
#include "arbiter_bench.hpp"

namespace understudy::gateware {
namespace {

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

}  // namespace
}  // namespace understudy::gateware
