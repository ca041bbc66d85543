// SPDX-License-Identifier: Apache-2.0
// Whole runs: a seed repeats one, random faults break no promise, and two servers without an
// appliance.
#include <gtest/gtest.h>

#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

TEST(Seed, repeats_every_action_of_a_run) {
  const auto play = [] {
    Theatre t(77, {}, storm);
    open_both(t);
    t.run_until_synchronized(300);
    t.ask(0, SetRequest{"caption", "x"});
    t.run_frames(20);
    t.kill(0);
    t.run_frames(60);
    t.start(0);
    t.start_player(0);
    t.run_frames(100);
    return t.trace;
  };
  const auto first = play();
  EXPECT_GT(first.size(), 1000u);
  EXPECT_EQ(first, play());
}

TEST(Seed, random_faults_never_make_two_primaries_nor_unequal_logs) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    Theatre t(seed, {}, storm);
    std::mt19937_64 random(seed);
    open_both(t);
    for (int i = 0; i < 60; ++i) {
      const size_t who = random() % 2;
      switch (random() % 6) {
        case 0:
          t.nodes[who].running ? t.kill(who) : (t.start(who), t.start_player(who));
          break;
        case 1:
          if (t.nodes[who].running && t.nodes[who].player.alive) t.kill_player(who);
          break;
        case 2:
          if (t.nodes[who].running && !t.nodes[who].player.alive) t.start_player(who);
          break;
        case 3:
          t.ask(who, SwitchRequest{.force = true});
          break;
        default:
          t.ask(who, SetRequest{"caption", std::to_string(i)});
      }
      t.run_frames(static_cast<uint32_t>(random() % 30));
    }
    EXPECT_EQ(t.two_primaries, 0u) << "seed " << seed;
    for (size_t who : {0u, 1u}) {  // it all ends well
      if (!t.nodes[who].running) t.start(who);
      if (!t.nodes[who].player.alive) t.start_player(who);
    }
    EXPECT_TRUE(t.run_until_synchronized(900)) << "seed " << seed;
    EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame())) << "seed " << seed;
  }
}

TEST(NoAppliance, the_smaller_name_leads_and_the_other_takes_over_when_it_is_silent) {
  Options o;
  o.appliance = false;
  Theatre t(16, o);
  open_both(t);
  ASSERT_TRUE(t.run_until(60,
                          [&] {
                            return t.server(0).state() == ServerState::primary &&
                                   t.server(1).state() == ServerState::secondary_synchronizing;
                          }))
      << to_text(t.server(0).state()) << " " << to_text(t.server(1).state());
  const auto id = t.ask(1, SetRequest{"caption", "shared"});
  ASSERT_TRUE(t.run_until(20, [&] { return t.reply(1, id) != nullptr; }));
  EXPECT_EQ(t.reply(1, id)->code, ReplyCode::done);
  t.kill(0);
  ASSERT_TRUE(
      t.run_until(40, [&] { return t.server(1).state() == ServerState::primary_no_secondary; }));
  EXPECT_EQ(t.server(1).status().term, 2u);
  t.start(0);
  t.start_player(0);
  ASSERT_TRUE(t.run_until(60, [&] { return t.server(1).state() == ServerState::primary; }));
  EXPECT_FALSE(is_primary(t.server(0).state()));  // who leads goes on to lead
}

}  // namespace
}  // namespace understudy::test
