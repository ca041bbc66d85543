// SPDX-License-Identifier: Apache-2.0
// Changes of parameters, under loss and across a takeover: on their stamped frame on both servers,
// or said.
#include <gtest/gtest.h>

#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

TEST(Changes, land_on_their_stamped_frame_on_both_servers_in_any_weather) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Theatre t(seed, {}, storm);
    open_both(t);
    ASSERT_TRUE(t.run_until_synchronized(300)) << "seed " << seed;
    std::map<uint32_t, std::string> expected;
    for (int i = 0; i < 40; ++i) {
      const auto value = "v" + std::to_string(i);
      const size_t at = static_cast<size_t>(i) % 2;  // also at the secondary's daemon
      const auto id = t.ask(at, SetRequest{"caption", value});
      ASSERT_TRUE(t.run_until(70, [&] { return t.reply(at, id) != nullptr; })) << "seed " << seed;
      ASSERT_EQ(t.reply(at, id)->code, ReplyCode::done) << t.reply(at, id)->text;
      expected[static_cast<uint32_t>(number(*t.reply(at, id), "frame"))] = value;
      t.run_frames(1);
    }
    t.run_frames(30);
    for (const auto& [frame, value] : expected) {
      EXPECT_EQ(shown(t, frame, "caption"), value) << "seed " << seed << " frame " << frame;
      EXPECT_NE(shown(t, frame - 1, "caption"), value) << "seed " << seed;
    }
    EXPECT_EQ(t.unequal_log, 0u) << "seed " << seed;
    const auto& last = expected.rbegin()->second;
    EXPECT_EQ(t.nodes[0].player.at(t.frame()).at("caption"), last);
    EXPECT_EQ(t.nodes[1].player.at(t.frame()).at("caption"), last);
  }
}

TEST(Changes, that_nobody_acknowledges_in_time_get_a_later_stamp_before_they_are_shown) {
  Theatre t(5);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.weather.lost = 1000;
  const auto id = t.ask(0, SetRequest{"caption", "late"});
  const uint32_t asked = t.frame();
  t.run_frames(5);
  EXPECT_EQ(t.reply(0, id), nullptr);
  EXPECT_EQ(t.server(0).status().changes_restamped, 1u);
  t.weather.lost = 0;
  ASSERT_TRUE(t.run_until(10, [&] { return t.reply(0, id) != nullptr; }));
  const auto frame = static_cast<uint32_t>(number(*t.reply(0, id), "frame"));
  EXPECT_GT(frame, asked + 8);
  t.run_frames(20);
  EXPECT_NE(shown(t, frame - 1, "caption"), "late");
  EXPECT_EQ(shown(t, frame, "caption"), "late");
  EXPECT_EQ(t.unequal_log, 0u);
  EXPECT_EQ(t.server(1).status().changes_late, 0u);
  EXPECT_EQ(t.server(1).state(), ServerState::secondary_synchronized);
}

TEST(Changes, survive_a_takeover_at_every_frame_around_their_stamp) {
  for (uint32_t after = 0; after < 12; ++after) {
    Theatre t(100 + after);
    open_both(t);
    ASSERT_TRUE(t.run_until_synchronized(60));
    const auto id = t.ask(0, SetRequest{"caption", "kept"});
    const uint32_t asked = t.frame();
    t.run_frames(after);
    t.kill(0);
    ASSERT_TRUE(
        t.run_until(10, [&] { return t.server(1).state() == ServerState::primary_no_secondary; }));
    t.run_frames(30);
    if (after > 0) {
      const auto* r = t.reply(0, id);
      ASSERT_NE(r, nullptr) << after;
      EXPECT_EQ(number(*r, "frame"), asked + 8);
      EXPECT_NE(shown(t, asked + 7, "caption"), "kept") << after;
      EXPECT_EQ(shown(t, asked + 8, "caption"), "kept") << after;
    }
    // Indices go on.
    const auto before = t.server(1).status().log_last;
    const auto next = t.ask(1, SetRequest{"ticker", "after"});
    t.run_frames(2);
    ASSERT_NE(t.reply(1, next), nullptr);
    EXPECT_EQ(number(*t.reply(1, next), "index"), static_cast<int64_t>(before) + 1);
    EXPECT_EQ(t.unequal_log, 0u);
    EXPECT_EQ(t.two_primaries, 0u);
    // The old primary comes back as a secondary and learns all of it.
    t.start(0);
    t.start_player(0);
    EXPECT_TRUE(t.run_until_synchronized(80)) << after;
    EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame()));
  }
}

TEST(Changes, of_a_deposed_primary_that_the_new_one_never_had_are_dropped_and_said) {
  Theatre t(6);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.weather.lost = 1000;  // the peer link is cut, the gate still sees both
  ASSERT_TRUE(t.run_until(20, [&] { return !t.server(0).status().peer; }));
  t.ask(0, SetRequest{"caption", "only here"});
  t.run_frames(12);
  ASSERT_EQ(t.server(0).status().log_committed, 1u);
  t.ask(0, SwitchRequest{.force = true});
  t.run_frames(2);
  ASSERT_EQ(t.on_air, 1u);
  t.weather.lost = 0;
  ASSERT_TRUE(t.run_until_synchronized(120));
  EXPECT_EQ(t.count(0, "changes_dropped"), 1u);
  EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame()));
}

}  // namespace
}  // namespace understudy::test
