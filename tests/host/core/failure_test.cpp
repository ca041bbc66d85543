// SPDX-License-Identifier: Apache-2.0
// What fails a server and what brings it back; planned handovers, and what operators are told.
#include <gtest/gtest.h>

#include "tests/host/core/scenes.hpp"

namespace understudy::test {
namespace {

TEST(Failure, of_an_application_is_declared_within_the_frame_and_recovers_as_secondary) {
  Theatre t(12);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.kill_player(0);
  EXPECT_EQ(t.server(0).state(), ServerState::failed);
  EXPECT_EQ(t.nodes[0].said, ServerState::failed);  // a beat at once, not at the next slot
  EXPECT_EQ(t.server(0).status().reason, "playout died");
  t.run_frames(1);
  EXPECT_EQ(t.on_air, 1u);
  EXPECT_EQ(t.server(1).state(), ServerState::primary_no_secondary);
  ASSERT_TRUE(t.server(1).status().peer);
  EXPECT_EQ(t.server(1).status().peer->state, ServerState::failed);
  EXPECT_EQ(t.server(1).status().peer->reason, "playout died");
  t.start_player(0);
  EXPECT_TRUE(t.run_until_synchronized(60));
  EXPECT_EQ(t.on_air, 1u);
}

TEST(Failure, that_an_operator_may_end_says_who_is_down_and_what_to_do) {
  Options o;
  o.monitor.required = {"playout"};
  Theatre t(19, o);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  const auto extra = [&](uint64_t id) {
    t.give(0, ApplicationRegistered{{id}, "ticker", {}, false});
    t.give(0, ApplicationEnded{{id}, ApplicationEnd::died});
  };
  extra(500);
  EXPECT_EQ(t.server(0).state(), ServerState::primary);  // it is not of the set
  EXPECT_EQ(t.server(0).status().applications.size(), 2u);
  t.ask(0, OnlineRequest{});
  EXPECT_EQ(t.server(0).status().applications.size(), 1u);
  t.kill_player(0);
  const auto refused = t.ask(0, OnlineRequest{});
  ASSERT_NE(t.reply(0, refused), nullptr);
  EXPECT_EQ(t.reply(0, refused)->code, ReplyCode::refused);
  EXPECT_EQ(t.reply(0, refused)->text,
            "this server is failed: playout died; start playout again; this server is then back by "
            "itself");
}

TEST(Failure, of_one_that_nobody_requires_ends_with_an_operators_word) {
  Theatre t(20);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.give(0, ApplicationRegistered{{500}, "ticker", {}, false});
  t.give(0, ApplicationEnded{{500}, ApplicationEnd::died});
  EXPECT_EQ(t.server(0).state(), ServerState::failed);
  t.run_frames(2);
  const auto id = t.ask(0, OnlineRequest{});
  EXPECT_EQ(t.reply(0, id)->code, ReplyCode::done) << t.reply(0, id)->text;
  EXPECT_TRUE(t.run_until_synchronized(60));
  EXPECT_EQ(t.on_air, 1u);
}

TEST(Failure, of_a_hanging_application_is_found_at_its_deadline) {
  Theatre t(13);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.nodes[0].player.alive = false;  // it says nothing any more
  t.run_frames(10);
  EXPECT_NE(t.server(0).state(), ServerState::failed);
  t.run_frames(2);  // 200 ms are 12 frames
  EXPECT_EQ(t.server(0).state(), ServerState::failed);
  EXPECT_EQ(t.server(0).status().reason, "playout hung");
}

TEST(Failure, a_primary_that_cannot_hear_the_gate_is_no_primary) {
  Theatre t(14);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.nodes[0].link = false;
  t.give(0, LinkDown{});
  EXPECT_EQ(t.server(0).state(), ServerState::failed);
  EXPECT_TRUE(t.nodes[0].player.discard);
  t.run_frames(3);
  EXPECT_EQ(t.on_air, 1u);
  t.nodes[0].link = true;
  t.give(0, LinkUp{});
  EXPECT_TRUE(t.run_until_synchronized(60));
}

TEST(Failure, ticks_that_stop_are_noticed_without_a_word_from_the_link) {
  Theatre t(15);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.nodes[0].link = false;
  t.run_frames(7);
  EXPECT_NE(t.server(0).state(), ServerState::failed);
  t.run_frames(2);
  EXPECT_EQ(t.server(0).state(), ServerState::failed);
  EXPECT_EQ(t.server(0).status().reason, "the appliance is not heard");
}

TEST(Failure, a_secondary_whose_beats_do_not_reach_the_gate_is_no_secondary) {
  Theatre t(17);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.nodes[1].link = false;
  t.run_frames(3);
  EXPECT_TRUE(t.server(0).status().peer);  // the network is well
  EXPECT_EQ(t.server(0).state(), ServerState::primary_no_secondary);
}

TEST(Handover, offline_marks_discard_and_hands_over_then_online_joins_again) {
  Theatre t(10);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  EXPECT_FALSE(t.nodes[0].player.discard);
  EXPECT_TRUE(t.nodes[1].player.discard);
  const auto id = t.ask(0, OfflineRequest{});
  EXPECT_EQ(t.server(0).state(), ServerState::primary_offline);
  EXPECT_TRUE(t.nodes[0].player.discard);
  ASSERT_NE(t.reply(0, id), nullptr);
  EXPECT_EQ(t.reply(0, id)->code, ReplyCode::done);
  t.run_frames(2);
  EXPECT_EQ(t.on_air, 1u);
  EXPECT_EQ(t.server(0).state(), ServerState::secondary_offline);
  EXPECT_EQ(t.server(1).state(), ServerState::primary_no_secondary);
  EXPECT_FALSE(t.nodes[1].player.discard);
  t.ask(0, OnlineRequest{});
  EXPECT_TRUE(t.run_until_synchronized(60));
  EXPECT_EQ(t.on_air, 1u);
}

TEST(Handover, is_refused_while_the_pair_is_not_proven_unless_forced) {
  Theatre t(11);
  open_both(t);
  t.run_frames(6);
  const auto offline = t.ask(0, OfflineRequest{});
  const auto change = t.ask(0, SwitchRequest{});
  ASSERT_NE(t.reply(0, offline), nullptr);
  EXPECT_EQ(t.reply(0, offline)->code, ReplyCode::not_protected);
  ASSERT_NE(t.reply(0, change), nullptr);
  EXPECT_EQ(t.reply(0, change)->code, ReplyCode::not_protected);
  const auto forced = t.ask(0, SwitchRequest{.force = true});
  t.run_frames(3);
  ASSERT_NE(t.reply(0, forced), nullptr);
  EXPECT_EQ(t.reply(0, forced)->code, ReplyCode::done);
  EXPECT_EQ(t.on_air, 1u);
}

TEST(Handover, a_gate_without_an_event_log_is_believed_by_its_ticks) {
  Theatre t(19);
  t.event_log = false;
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  const auto change = t.ask(0, SwitchRequest{.force = true});
  t.run_frames(3);
  ASSERT_EQ(t.on_air, 1u);
  EXPECT_EQ(t.reply(0, change), nullptr) << "an answer may still come";
  const auto mode = t.ask(0, ModeRequest{protocol::Mode::manual});
  t.run_frames(protocol::limits::request_frames_max + 1);
  ASSERT_NE(t.reply(0, change), nullptr);
  EXPECT_EQ(t.reply(0, change)->code, ReplyCode::done);
  ASSERT_NE(t.reply(0, mode), nullptr);
  EXPECT_EQ(t.reply(0, mode)->code, ReplyCode::timeout);
}

TEST(Handover, who_asked_for_a_change_that_was_not_settled_is_told) {
  Theatre t(18);
  open_both(t);
  ASSERT_TRUE(t.run_until_synchronized(60));
  t.weather.lost = 1000;
  const auto id = t.ask(0, SetRequest{"caption", "never"});
  t.ask(0, SwitchRequest{.force = true});
  t.run_frames(2);
  ASSERT_EQ(t.on_air, 1u);
  ASSERT_NE(t.reply(0, id), nullptr);
  EXPECT_EQ(t.reply(0, id)->code, ReplyCode::refused);
}

}  // namespace
}  // namespace understudy::test
