// SPDX-License-Identifier: Apache-2.0
// The ping monitor's table and its times, exact at the edges.
#include "host/core/ping/ping_monitor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace {
using namespace understudy;
using namespace understudy::core;
using namespace std::chrono_literals;
using enum PingState;

struct Monitor : testing::Test {
  PingOptions options{.period = 100ms,
                      .timeout = 50ms,
                      .misses = 3,
                      .second_period = 1s,
                      .copy_every = 5,
                      .hold = 10s};
  Instant t{100s};
  std::optional<PingMonitor> monitor;
  int boots = 0;
  std::vector<uint32_t> copies;
  std::vector<PingActions::Ask> asks;

  void begin() {
    monitor.emplace(options);
    take(monitor->step(t));
  }
  void take(const PingActions& a) {
    boots += a.boot;
    if (a.copy) copies.push_back(*a.copy);
    asks.insert(asks.end(), a.asks.begin(), a.asks.end());
  }
  /// Time passes; each request is answered at once when it is of `answering`.
  void run(Duration time, std::optional<PingTarget> answering = std::nullopt) {
    for (const Instant end = t + time; t < end; t += 1ms) {
      asks.clear();
      take(monitor->step(t));
      const auto now = asks;
      for (const auto& ask : now)
        if (ask.target == answering) take(monitor->answered(ask.target, ask.number, t));
    }
  }
  void to_monitoring() {
    begin();
    run(1001ms);
    ASSERT_EQ(monitor->state(), monitoring);
    run(250ms, PingTarget::service);
  }
};

TEST_F(Monitor, an_answer_from_the_monitor_address_makes_a_started_server_serve) {
  begin();
  run(300ms, PingTarget::monitor);
  EXPECT_EQ(monitor->state(), serving);
  EXPECT_EQ(boots, 0);
}

TEST_F(Monitor, no_answer_within_the_second_period_makes_it_the_monitor) {
  begin();
  run(1000ms);
  EXPECT_EQ(monitor->state(), checking);
  run(1ms);
  EXPECT_EQ(monitor->state(), monitoring);
}

TEST_F(Monitor, misses_less_one_never_boot_and_misses_always_do) {
  to_monitoring();
  for (int round = 0; round < 5; ++round) {
    run(200ms);  // two requests without an answer
    ASSERT_EQ(monitor->state(), monitoring);
    run(100ms, PingTarget::service);
  }
  EXPECT_EQ(boots, 0);
  run(360ms);
  EXPECT_EQ(monitor->state(), booting);
  EXPECT_EQ(boots, 1);
}

TEST_F(Monitor, only_a_boot_that_struck_lets_it_serve) {
  to_monitoring();
  run(360ms);
  take(monitor->boot_ended(false, "the outlet does not answer", t));
  EXPECT_EQ(monitor->state(), held);
  EXPECT_EQ(monitor->blocked(), "the outlet does not answer");
  run(9s);
  EXPECT_EQ(monitor->state(), held);
  run(1s);  // the hold is over: again
  EXPECT_EQ(monitor->state(), booting);
  take(monitor->boot_ended(true, "", t));
  EXPECT_EQ(monitor->state(), serving);
  EXPECT_EQ(monitor->blocked(), "");
}

TEST_F(Monitor, a_server_that_never_answered_is_booted_only_when_told_so) {
  begin();
  run(5s);
  EXPECT_EQ(monitor->state(), monitoring);
  EXPECT_NE(monitor->blocked().find("never answered"), std::string::npos);
  options.boot_before_reply = true;
  begin();
  run(1500ms);
  EXPECT_EQ(monitor->state(), booting);
}

TEST_F(Monitor, a_late_answer_is_none_and_another_number_too) {
  to_monitoring();
  asks.clear();
  while (asks.empty()) take(monitor->step(t += 1ms));
  const auto ask = asks[0];
  const auto before = monitor->answers();
  take(monitor->answered(PingTarget::service, ask.number + 1, t));
  take(monitor->answered(PingTarget::monitor, ask.number, t));
  take(monitor->answered(PingTarget::service, ask.number, t + 50ms));
  EXPECT_EQ(monitor->answers(), before);
}

TEST_F(Monitor, each_so_many_answers_a_copy_is_due) {
  to_monitoring();
  copies.clear();
  const auto before = monitor->answers();
  run(2s, PingTarget::service);
  EXPECT_EQ(copies.size(), monitor->answers() / 5 - before / 5);
  for (size_t i = 1; i < copies.size(); ++i) EXPECT_EQ(copies[i], copies[i - 1] + 1);
}

TEST_F(Monitor, of_two_that_stand_by_the_first_claims_and_the_second_waits) {
  for (const bool first : {true, false}) {
    options.first = first;
    begin();
    for (int i = 0; i < 6000; ++i) {
      take(monitor->peer({.heard = true}, t));
      run(1ms);
    }
    EXPECT_EQ(monitor->state(), first ? serving : monitoring);
  }
  EXPECT_EQ(boots, 0);
}

TEST_F(Monitor, a_claim_ends_when_the_other_is_not_heard) {
  options.first = true;
  begin();
  while (monitor->state() != claiming) {
    take(monitor->peer({.heard = true}, t));
    run(1ms);
  }
  take(monitor->peer({}, t));
  EXPECT_EQ(monitor->state(), checking);
}

TEST_F(Monitor, a_server_that_stood_still_asks_before_it_serves_again) {
  begin();
  run(300ms, PingTarget::monitor);
  take(monitor->tell(PingEvent::unsure, t));
  EXPECT_EQ(monitor->state(), checking);
  run(1001ms);
  EXPECT_EQ(monitor->state(), monitoring);
}

TEST_F(Monitor, with_an_appliance_the_gate_decides_and_a_takeover_boots_the_silent_other) {
  options.witness = true;
  begin();
  run(3s);
  EXPECT_EQ(monitor->state(), checking);
  take(monitor->tell(PingEvent::gate_off, t));
  run(3s, PingTarget::service);
  run(3s);
  EXPECT_EQ(monitor->state(), monitoring);
  EXPECT_EQ(boots, 0);
  take(monitor->tell(PingEvent::gate_on, t));
  EXPECT_EQ(monitor->state(), serving);
  EXPECT_EQ(boots, 1);
}

TEST(PingTable, every_row_is_taken_by_its_event_and_every_other_event_changes_nothing) {
  for (size_t s = 0; s < ping_state_count; ++s)
    for (size_t e = 0; e < ping_event_count; ++e) {
      const auto* row = find_ping_row(PingState(s), PingEvent(e));
      const bool listed = std::ranges::any_of(ping_table(), [&](const PingRow& r) {
        return r.from == PingState(s) && r.on == PingEvent(e);
      });
      EXPECT_EQ(row != nullptr, listed);
    }
  for (size_t s = 0; s < ping_state_count; ++s)  // each can be reached
    EXPECT_TRUE(
        PingState(s) == checking ||
        std::ranges::any_of(ping_table(), [&](const PingRow& r) { return r.to == PingState(s); }));
}

TEST(PingTable, its_page_is_what_the_table_says) {
  std::ifstream file("host/core/ping/TABLE.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), describe_ping_table()) << "write this into host/core/ping/TABLE.md";
}

}  // namespace
