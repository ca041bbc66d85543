// SPDX-License-Identifier: Apache-2.0
// A server that carries too much hands over by itself, and when it must not.
#include <gtest/gtest.h>

#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

using namespace std::chrono_literals;

constexpr uint32_t second = 60;  // frames

Options limited() {
  Options o;
  o.overburdening.thresholds[static_cast<size_t>(Figure::run_queue)] = 800;
  o.overburdening.serve = 5s;
  return o;
}

class Overburdening : public testing::Test {
 protected:
  explicit Overburdening(Options o = limited()) : t(7, std::move(o)) {
    open_both(t);
    EXPECT_TRUE(t.run_until_synchronized(60));
    run(6 * second);  // longer than `serve`
  }
  void run(uint32_t frames) {
    for (uint32_t i = 0; i < frames; ++i) {
      for (size_t who : {0u, 1u})
        if (queue[who] >= 0) t.give(who, LoadMeasured{Figure::run_queue, queue[who]});
      t.run_frames(1);
    }
  }
  /// What the last record of the first server says in this field.
  std::string last(const std::string& field, size_t who = 0) const {
    const auto& all = t.nodes[who].records;
    for (auto r = all.rbegin(); r != all.rend(); ++r)
      if (r->kind == "overburdened")
        for (const auto& [key, value] : r->fields)
          if (key == field) return std::get<std::string>(value);
    return "";
  }
  /// It is overburdened and stays on air, for this reason.
  void expect_kept(const std::string& because) {
    EXPECT_EQ(t.on_air, 0u);
    EXPECT_EQ(last("what"), "not handed over");
    EXPECT_EQ(last("because"), because);
    EXPECT_EQ(t.server(0).status().burden.kept_because, because);
    EXPECT_TRUE(t.server(0).status().burden.burdened);
  }
  int64_t queue[2] = {100, 100};
  Theatre t;
};

TEST_F(Overburdening, hands_over_and_says_why) {
  queue[0] = 1200;
  run(2 * second - 3);
  EXPECT_EQ(t.on_air, 0u);
  run(6);
  EXPECT_EQ(t.on_air, 1u);
  run(10);
  EXPECT_EQ(t.server(1).state(), ServerState::primary);
  EXPECT_EQ(last("what"), "handed over");
  EXPECT_EQ(last("why"), "run queue 12.00 at or over 8.00 for 2.0 s");
  const auto status = t.server(0).status();
  EXPECT_EQ(status.burden.handed_over, 1u);
  EXPECT_EQ(status.burden.last, last("why"));
  EXPECT_EQ(t.server(1).status().peer->load, 1500);
  EXPECT_TRUE(t.server(1).status().peer->burdened);
  EXPECT_EQ(t.two_primaries, 0u);
  EXPECT_EQ(t.term, 2u);
  EXPECT_TRUE(t.nodes[0].replies.empty()) << "nobody had asked";
}

TEST_F(Overburdening, at_the_threshold_and_not_below_it) {
  queue[0] = 799;
  run(20 * second);
  EXPECT_EQ(t.on_air, 0u);
  EXPECT_EQ(t.count(0, "overburdened"), 0u);
  queue[0] = 800;
  run(3 * second);
  EXPECT_EQ(t.on_air, 1u);
}

TEST_F(Overburdening, does_not_come_back_to_who_was_not_low_for_long_enough) {
  queue[0] = 1200;
  run(3 * second);
  ASSERT_EQ(t.on_air, 1u);
  ASSERT_TRUE(t.run_until_synchronized(60));
  queue[0] = 100, queue[1] = 1200;
  run(9 * second);
  EXPECT_EQ(t.on_air, 1u);
  EXPECT_EQ(last("because", 1), "the other was overburdened itself a short while ago");
  run(3 * second);
  EXPECT_EQ(t.on_air, 0u);
}

TEST_F(Overburdening, goes_to_who_carries_but_a_little_less) {
  queue[0] = queue[1] = 790;
  run(second);
  queue[0] = 800, queue[1] = 799;  // 998 of 1000: less
  run(3 * second);
  EXPECT_EQ(t.on_air, 1u);
}
TEST_F(Overburdening, is_kept_when_the_other_carries_more_or_the_same) {
  queue[0] = 1200, queue[1] = 1200;
  run(second);
  queue[1] = 799;  // not burdened, for it did not last
  run(second / 2);
  queue[1] = 1200;
  run(second);
  expect_kept("the other carries as much");
  run(4 * second);  // now it is overburdened too
  expect_kept("the other was overburdened itself a short while ago");
}

TEST_F(Overburdening, is_kept_when_the_other_does_not_tell) {
  queue[0] = 1200, queue[1] = -1;
  run(3 * second);
  expect_kept("the other does not say what it carries: is [overburdening] there too?");
}

TEST_F(Overburdening, is_kept_while_the_other_is_not_synchronized) {
  t.nodes[1].player.changes["caption"][{99, 99}] = {0, "another picture"};
  run(4);
  ASSERT_NE(t.server(1).state(), ServerState::secondary_synchronized);
  queue[0] = 1200;
  run(3 * second);
  expect_kept("the other is not Secondary_synchronized");
  EXPECT_LE(t.count(0, "overburdened"), 3u) << "said once, not at each beat";
}

TEST_F(Overburdening, is_kept_when_nobody_is_there) {
  t.kill(1);
  run(60);
  queue[0] = 1200;
  run(3 * second);
  expect_kept("no secondary is there to take over");
}

TEST_F(Overburdening, leaves_it_to_the_operator_in_manual_mode_and_to_the_anti_flap_rule) {
  t.mode = protocol::Mode::manual;
  queue[0] = 1200;
  run(3 * second);
  expect_kept("the gate's mode is not automatic: an operator decides");
  t.mode = protocol::Mode::automatic, t.flap_hold = true;
  run(3 * second);
  expect_kept("the gate's anti-flap rule holds a change");
  t.flap_hold = false;
  run(second);
  EXPECT_EQ(t.on_air, 1u);
}

TEST_F(Overburdening, is_tried_again_after_the_gate_refused) {
  t.locked = true;
  queue[0] = 1200;
  run(2 * second + 10);
  EXPECT_EQ(t.on_air, 0u);
  EXPECT_EQ(t.count(0, "overburdened"), 4u);  // too much, hands over, not handed over (because)
  t.locked = false;
  run(3 * second);
  EXPECT_EQ(t.on_air, 1u);
}

class JustOnAir : public Overburdening {
 protected:
  static Options long_service() {
    auto o = limited();
    o.overburdening.serve = 60s;
    return o;
  }
  JustOnAir() : Overburdening(long_service()) {}
};
TEST_F(JustOnAir, is_kept_for_the_least_time_of_service) {
  queue[0] = 1200;
  run(50 * second);
  expect_kept("it is on air for less than overburdening.serve_ms");
  run(5 * second);
  EXPECT_EQ(t.on_air, 1u);
}

TEST_F(Overburdening, counts_what_applications_say) {
  Options o = limited();
  o.overburdening.thresholds = {};
  o.overburdening.thresholds[static_cast<size_t>(Figure::lateness)] = 20'000;
  Theatre u(8, o);
  open_both(u);
  ASSERT_TRUE(u.run_until_synchronized(60));
  u.run_frames(6 * second);
  for (uint32_t i = 0; i < 3 * second; ++i) {
    u.give(0, ApplicationLoad{u.nodes[0].player.id, 25'000, 0});
    u.give(1, ApplicationLoad{u.nodes[1].player.id, 1'000, 0});
    u.give(0, ApplicationLoad{{999}, 0, 0});  // not one of ours
    u.run_frames(1);
  }
  EXPECT_EQ(u.on_air, 1u);
  EXPECT_EQ(u.server(0).status().burden.last, "lateness 25.0 ms at or over 20.0 ms for 2.0 s");
  EXPECT_EQ(u.server(1).status().burden.load, 50);
  u.kill_player(1);
  EXPECT_FALSE(u.server(1).status().burden.load) << "nobody measures it any more";
}

}  // namespace
}  // namespace understudy::test
