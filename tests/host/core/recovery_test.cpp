// SPDX-License-Identifier: Apache-2.0
// A gate that counts its frames anew, and a daemon that is a new process while on air: what was
// ordered is kept, shown by both, and what is ordered next is stamped as it should be.
#include <gtest/gtest.h>

#include "protocol/limits.hpp"
#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

const std::string text_of(const Theatre& t, size_t who, const std::string& key) {
  const auto picture = t.nodes[who].player.at(t.frame());
  return picture.contains(key) ? picture.at(key) : "";
}

/// Ordered at A and answered; the frame at which it takes effect.
uint32_t set(Theatre& t, const std::string& key, const std::string& value) {
  const auto id = t.ask(0, SetRequest{key, value});
  EXPECT_TRUE(t.run_until(70, [&] { return t.reply(0, id) != nullptr; }));
  if (t.reply(0, id) == nullptr) return 0;
  EXPECT_EQ(t.reply(0, id)->code, ReplyCode::done) << t.reply(0, id)->text;
  return static_cast<uint32_t>(number(*t.reply(0, id), "frame"));
}

TEST(GateReset, moves_the_log_to_the_new_count_and_says_so) {
  for (const auto& weather : {Weather{}, storm})
    for (uint64_t seed = 40; seed < 50; ++seed) {
      Theatre t(seed, {}, weather);
      open_both(t);
      ASSERT_TRUE(t.run_until_synchronized(300));
      t.run_frames(100);
      set(t, "caption", "before");
      t.run_frames(5);  // its stamp is still ahead
      t.reset_gate();
      t.run_frames(1);
      for (size_t who : {0u, 1u}) {
        EXPECT_EQ(t.count(who, "gate_restarted"), 1u);
        EXPECT_EQ(t.server(who).status().gate_restarts, 1u);
        EXPECT_EQ(text_of(t, who, "caption"), "before");
      }
      ASSERT_TRUE(t.run_until_synchronized(150)) << "seed " << seed;
      const uint32_t asked = t.frame();
      const uint32_t at = set(t, "caption", "after");
      EXPECT_LE(at, asked + 40) << "seed " << seed;  // some frames ahead, not at the old count
      t.run_frames(45);
      EXPECT_EQ(shown(t, at - 1, "caption"), "before");
      EXPECT_EQ(shown(t, at, "caption"), "after");
      EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame()));
      EXPECT_EQ(t.server(0).state(), ServerState::primary);
      EXPECT_EQ(t.two_primaries, 0u);
    }
}

TEST(GateReset, a_change_that_was_not_settled_gets_a_stamp_of_the_new_count) {
  Theatre t(51);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.run_frames(100);
  t.weather.lost = 1000;
  const auto id = t.ask(0, SetRequest{"caption", "on its way"});
  t.reset_gate();
  t.weather.lost = 0;
  t.run_frames(3);
  ASSERT_NE(t.reply(0, id), nullptr);
  EXPECT_EQ(number(*t.reply(0, id), "frame"), int64_t{protocol::limits::log_lead_frames});
  ASSERT_TRUE(t.run_until_synchronized(100));
  EXPECT_EQ(text_of(t, 1, "caption"), "on its way");
}

TEST(RestartOnAir, the_log_comes_back_from_the_peer_before_anything_is_ordered) {
  for (const auto& weather : {Weather{}, storm})
    for (uint64_t seed = 60; seed < 80; ++seed) {
      Theatre t(seed, {}, weather);
      open_both(t);
      ASSERT_TRUE(t.run_until_synchronized(300));
      set(t, "caption", "kept");
      const auto late = t.ask(1, SetRequest{"ticker", "just before"});
      ASSERT_TRUE(t.run_until(70, [&] { return t.reply(1, late) != nullptr; }));
      const auto had = t.server(0).status().log_committed;
      t.locked = true;
      t.restart_daemon(0);
      t.run_frames(1);
      ASSERT_EQ(t.server(0).state(), ServerState::primary_no_secondary);
      const auto early = t.ask(0, SetRequest{"caption", "too early"});
      ASSERT_NE(t.reply(0, early), nullptr) << "seed " << seed;
      EXPECT_EQ(t.reply(0, early)->code, ReplyCode::refused);
      ASSERT_TRUE(t.run_until(100, [&] { return t.count(0, "log_recovered") == 1; })) << seed;
      EXPECT_EQ(t.server(0).status().log_committed, had);
      ASSERT_TRUE(t.run_until_synchronized(200)) << "seed " << seed;
      EXPECT_EQ(t.count(1, "changes_dropped"), 0u) << "seed " << seed;
      for (size_t who : {0u, 1u}) {
        EXPECT_EQ(text_of(t, who, "caption"), "kept") << "seed " << seed;
        EXPECT_EQ(text_of(t, who, "ticker"), "just before") << "seed " << seed;
      }
      set(t, "caption", "goes on");
      EXPECT_EQ(t.server(0).status().log_committed, had + 1);
      EXPECT_EQ(t.unequal_log, 0u) << "seed " << seed;
      EXPECT_EQ(t.term, 1u);
    }
}

TEST(RestartOnAir, many_values_come_back_in_pieces) {
  Theatre t(81, {}, storm);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(300));
  for (int i = 0; i < 64; ++i)
    set(t, "key" + std::to_string(i), std::string(256, char('a' + i % 26)));
  t.locked = true;
  t.restart_daemon(0);
  ASSERT_TRUE(t.run_until_synchronized(200));
  EXPECT_EQ(t.server(0).status().parameters.size(), 64u);
  EXPECT_EQ(t.nodes[0].player.at(t.frame()), t.nodes[1].player.at(t.frame()));
}

TEST(RestartOnAir, an_own_start_without_any_log_waits_for_nobody_for_long) {
  Theatre t(82);
  t.start(0);
  t.start_player(0);
  t.run_frames(2);
  set(t, "caption", "alone");  // the gate hears no peer
  Theatre cut(83, {}, {.lost = 1000});
  open_both(cut);
  cut.run_frames(5);
  const auto early = cut.ask(0, SetRequest{"caption", "x"});
  ASSERT_NE(cut.reply(0, early), nullptr);
  EXPECT_EQ(cut.reply(0, early)->code, ReplyCode::refused);
  cut.run_frames(2 * protocol::limits::peer_silence_frames);
  set(cut, "caption", "the gate hears a peer that the network does not");
}

}  // namespace
}  // namespace understudy::test
