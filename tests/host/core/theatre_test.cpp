// SPDX-License-Identifier: Apache-2.0
// The daemons' decisions together: from empty to synchronized by each initiator, secondaries that
// come and go, changes under loss and across a takeover, operators, and that a seed repeats a run.
#include <gtest/gtest.h>

#include "protocol/limits.hpp"
#include "tests/host/core/theatre.hpp"

namespace understudy::test {
namespace {
using namespace core;
using protocol::ServerState;

const Weather storm{.lost = 200,
                    .doubled = 100,
                    .least = std::chrono::microseconds(50),
                    .most = std::chrono::milliseconds(12)};

void open_both(Theatre& t) {
  for (size_t who : {0u, 1u}) {
    t.start(who);
    t.start_player(who);
  }
}

Options with(Initiator initiator) {
  Options o;
  o.initiator = initiator;
  return o;
}

int64_t number(const Reply& r, const std::string& key) {
  for (const auto& [name, value] : r.fields)
    if (name == key) return std::get<int64_t>(value);
  return -1;
}

std::string shown(Theatre& t, uint32_t frame, const std::string& key) {
  const auto& picture = t.output.at(frame);
  return picture.contains(key) ? picture.at(key) : "";
}

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
