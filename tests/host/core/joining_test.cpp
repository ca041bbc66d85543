// SPDX-License-Identifier: Apache-2.0
// From empty to synchronized by each initiator, secondaries that come and go, and what the proof
// needs.
#include <gtest/gtest.h>

#include "protocol/limits.hpp"
#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

TEST(Initiator, second_goes_from_empty_to_synchronized_by_itself) {
  Theatre t(1, with(Initiator::second));
  open_both(t);
  EXPECT_TRUE(t.run_until_synchronized(60));
  EXPECT_EQ(t.count(1, "installed"), 1u);
}

TEST(Initiator, first_makes_the_secondary_synchronise) {
  Theatre t(2, with(Initiator::first));
  open_both(t);
  EXPECT_TRUE(t.run_until_synchronized(60));
  bool by_first = false;
  for (const auto& r : t.nodes[1].records)
    for (const auto& [key, value] : r.fields)
      by_first |= key == "because" && value == RecordValue("first");
  EXPECT_TRUE(by_first);
}

TEST(Initiator, component_alone_makes_it_synchronise_at_either_daemon) {
  for (size_t asked : {0u, 1u}) {
    Theatre t(3, with(Initiator::component));
    open_both(t);
    t.run_frames(200);
    EXPECT_EQ(t.server(1).state(), ServerState::secondary);
    const auto id = t.ask(asked, SynchronizeRequest{});
    EXPECT_TRUE(t.run_until_synchronized(60)) << "asked at " << asked;
    ASSERT_NE(t.reply(asked, id), nullptr);
    EXPECT_EQ(t.reply(asked, id)->code, ReplyCode::done);
  }
}

TEST(Initiator, each_one_works_in_bad_weather_and_with_parameters_from_before) {
  for (auto initiator : {Initiator::second, Initiator::first})
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Theatre t(seed, with(initiator), storm);
      t.start(0);
      t.start_player(0);
      t.run_frames(5);
      for (int i = 0; i < 64; ++i)
        t.ask(0, SetRequest{"key" + std::to_string(i), std::string(256, char('a' + i % 26))});
      t.run_frames(20);
      t.start(1);
      t.start_player(1);
      ASSERT_TRUE(t.run_until_synchronized(400)) << to_text(initiator) << " seed " << seed;
      EXPECT_EQ(t.server(1).status().parameters.size(), 64u);
      EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame()));
    }
}

TEST(Joining, a_secondary_killed_and_joined_ten_times_is_synchronized_each_time) {
  Theatre t(4);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  for (int round = 0; round < 10; ++round) {
    t.kill(1);
    t.ask(0, SetRequest{"caption", "round " + std::to_string(round)});
    ASSERT_TRUE(
        t.run_until(20, [&] { return t.server(0).state() == ServerState::primary_no_secondary; }));
    t.start(1);
    t.start_player(1);
    ASSERT_TRUE(t.run_until_synchronized(80)) << "round " << round;
    EXPECT_EQ(t.nodes[1].player.at(t.frame()).at("caption"), "round " + std::to_string(round));
  }
  EXPECT_EQ(t.on_air, 0u);
  EXPECT_EQ(t.term, 1u);
  EXPECT_EQ(t.unequal_log, 0u);
}

TEST(Proof, is_lost_with_the_first_unequal_frame_and_won_again) {
  Theatre t(7);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.nodes[1].player.drawn[t.frame() + 1]["caption"] = "something else";
  t.run_frames(1);
  EXPECT_EQ(t.server(1).state(), ServerState::secondary_synchronized);
  t.run_frames(1);
  EXPECT_EQ(t.server(1).state(), ServerState::secondary_synchronizing);
  const uint32_t lost_at = t.frame();
  ASSERT_TRUE(t.run_until_synchronized(40));
  EXPECT_GE(t.frame() - lost_at, 8u);
  EXPECT_EQ(t.on_air, 0u);
}

TEST(Proof, needs_the_configured_number_of_frames_after_the_snapshot) {
  for (uint32_t equal : {1u, 8u, 50u}) {
    Options o;
    o.equal_frames = equal;
    Theatre t(8, o);
    open_both(t);
    ASSERT_TRUE(t.run_until(
        60, [&] { return t.server(1).state() == ServerState::secondary_synchronizing; }));
    ASSERT_TRUE(t.run_until(20, [&] { return t.count(1, "installed") == 1; }));
    const uint32_t installed = t.frame();
    ASSERT_TRUE(t.run_until_synchronized(100));
    EXPECT_GE(t.frame() - installed, equal);
    EXPECT_LE(t.frame() - installed, equal + 5);
  }
}

TEST(Proof, a_secondary_that_draws_other_pictures_is_never_synchronized) {
  Theatre t(9);
  open_both(t);
  for (int i = 0; i < 800; ++i) {
    t.nodes[1].player.drawn[t.frame() + 2]["caption"] = "mine";
    t.run_frames(1);
    ASSERT_NE(t.server(1).state(), ServerState::secondary_synchronized);
  }
  EXPECT_GE(t.count(1, "installed"), 2u);  // it tries again
  EXPECT_LE(t.count(1, "installed"), 4u);  // but not without end
  std::optional<uint32_t> abandoned;
  for (const auto& r : t.nodes[1].records)
    for (const auto& [key, value] : r.fields) {
      if (value == RecordValue("sync_abandoned")) abandoned = r.frame.value;
      if (value == RecordValue("sync_started") && abandoned) {
        EXPECT_GE(r.frame.value - *abandoned, protocol::limits::sync_retry_frames);
      }
    }
  EXPECT_TRUE(abandoned);
}

}  // namespace
}  // namespace understudy::test
