// SPDX-License-Identifier: Apache-2.0
#include "firmware/boot_sequence.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace understudy::firmware {
namespace {
using protocol::Server;
using protocol::soc::Relay;
using Phase = BootSequence::Phase;

/// A relay block that times presses, and a server that may come to life after a press.
struct World {
  BootSequence boot;
  uint32_t now = 0xFFFF'F000;  // wraps soon
  uint32_t beats = 77;
  std::vector<std::pair<uint32_t, Press>> presses;
  uint32_t over = 0;  // when the present press ends
  bool cut = false, on_air = false;

  void carry_out(const std::optional<Press>& press) {
    if (!press) return;
    presses.emplace_back(now, *press);
    cut = on_air;
    over = on_air ? now : now + press->ms;
  }
  void ask(Server s, Way way, const BootTimes& times) { carry_out(boot.ask(s, way, times, now)); }
  void step() {
    const bool pressed = int32_t(over - now) > 0;
    if (pressed && on_air) over = now, cut = true;
    carry_out(boot.step({now, beats, int32_t(over - now) > 0, cut}));
  }
  void run(uint32_t ms) {
    for (; ms > 0; --ms) ++now, step();
  }
};

constexpr BootTimes times{500, 6000, 3000, 10, 2};

TEST(BootSequence, a_cycle_holds_power_waits_and_presses_it_again) {
  World w;
  w.ask(Server::b, Way::cycle, times);
  const uint32_t begin = w.now;
  w.run(6000 + 3000 + 500 + 10);
  ASSERT_EQ(w.presses.size(), 2u);
  EXPECT_EQ(w.presses[0].second, (Press{Relay::power_b, 6000}));
  EXPECT_EQ(w.presses[1].second, (Press{Relay::power_b, 500}));
  EXPECT_EQ(w.presses[1].first - begin, 9000u);
  EXPECT_EQ(w.boot.phase(), Phase::waiting);
  w.beats += 1;
  w.run(10);
  EXPECT_EQ(w.boot.phase(), Phase::waiting) << "one beat may be an old one";
  w.beats += 1;
  w.run(1);
  EXPECT_EQ(w.boot.phase(), Phase::alive);
  EXPECT_FALSE(w.boot.busy());
}

TEST(BootSequence, reset_and_on_press_their_own_button_once) {
  for (const auto& [way, server, relay] : {std::tuple{Way::reset, Server::a, Relay::reset_a},
                                           {Way::reset, Server::b, Relay::reset_b},
                                           {Way::on, Server::a, Relay::power_a}}) {
    World w;
    w.ask(server, way, times);
    w.run(1000);
    ASSERT_EQ(w.presses.size(), 1u);
    EXPECT_EQ(w.presses[0].second, (Press{relay, 500}));
  }
}

TEST(BootSequence, beats_from_before_the_button_was_let_go_prove_nothing) {
  World w;
  w.ask(Server::a, Way::reset, times);
  for (int i = 0; i < 499; ++i) ++w.beats, w.run(1);
  EXPECT_EQ(w.boot.phase(), Phase::pressing);
  w.run(5000);
  EXPECT_EQ(w.boot.phase(), Phase::waiting);
}

TEST(BootSequence, without_life_it_is_tried_as_often_as_said_and_then_given_up) {
  for (uint8_t attempts = 1; attempts <= 3; ++attempts)
    for (const Way way : {Way::reset, Way::cycle}) {
      World w;
      BootTimes t = times;
      t.attempts = attempts;
      w.ask(Server::a, way, t);
      w.run(100'000);
      EXPECT_EQ(w.boot.phase(), Phase::no_life);
      EXPECT_EQ(w.presses.size(), way == Way::cycle ? 2u * attempts : attempts);
    }
}

TEST(BootSequence, what_the_interlock_refuses_is_over_at_once) {
  for (const uint32_t after : {0u, 100u, 5999u, 9100u}) {
    World w;
    w.on_air = after == 0;
    w.ask(Server::a, Way::cycle, times);
    w.run(after);
    w.on_air = true;
    w.run(20'000);
    EXPECT_EQ(w.boot.phase(), Phase::cut) << after;
    EXPECT_FALSE(w.boot.busy());
  }
}

TEST(BootSequence, one_at_a_time) {
  World w;
  w.ask(Server::a, Way::cycle, times);
  w.run(100);
  EXPECT_EQ(w.boot.ask(Server::b, Way::reset, times, w.now), std::nullopt);
  EXPECT_EQ(w.boot.server(), Server::a);
}

TEST(BootSequence, every_row_of_its_table_is_walked_by_some_run_and_each_is_its_own) {
  std::set<std::pair<int, int>> rows;
  for (const auto& row : BootSequence::table)
    EXPECT_TRUE(rows.emplace(int(row.from), int(row.on)).second);
  std::set<std::pair<int, int>> walked;
  std::mt19937 random(3);
  for (int run = 0; run < 300; ++run) {
    World w;
    const BootTimes t{uint16_t(1 + random() % 20), uint16_t(1 + random() % 20),
                      uint16_t(random() % 20), 1, uint8_t(1 + random() % 3)};
    const bool lives = random() % 2, goes = random() % 4 == 0;
    w.ask(Server(random() % 2), Way(random() % 3), t);
    for (int i = 0; i < 5000 && w.boot.busy(); ++i) {
      if (lives && random() % 800 == 0) w.beats += 2;
      if (goes && random() % 30 == 0) w.on_air = true;
      const auto from = w.boot.phase();
      w.run(1);
      if (w.boot.phase() != from) walked.emplace(int(from), int(w.boot.phase()));
    }
  }
  for (const auto& row : BootSequence::table)
    if (row.from != Phase::idle) {
      EXPECT_TRUE(walked.contains({int(row.from), int(row.to)})) << row.why;
    }
}

}  // namespace
}  // namespace understudy::firmware
