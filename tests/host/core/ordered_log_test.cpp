// SPDX-License-Identifier: Apache-2.0
// Parameters as a state, and the ordered log by itself: stamps, acknowledgement, bounds, followers.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/core/parameters/ordered_log.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace {
namespace limits = protocol::limits;

FrameNumber f(uint32_t n) {
  return {n};
}
std::vector<LogStamp> stamps_of(const std::vector<LogEntry>& entries) {
  std::vector<LogStamp> out;
  for (const auto& e : entries) out.push_back({e.index, e.frame});
  return out;
}

TEST(Parameters, a_difference_applied_makes_equal_for_random_states) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Parameters x, y;
    for (int i = 0; i < 6; ++i) {
      x.set(std::string(1, char('a' + random() % 5)), std::to_string(random() % 3));
      y.set(std::string(1, char('a' + random() % 5)), std::to_string(random() % 3));
    }
    Parameters z = x;
    z.apply(y.diff_from(x));
    for (const auto& [key, value] : y.all()) EXPECT_EQ(z.get(key), value);
    for (const auto& [key, value] : z.all()) EXPECT_EQ(y.get(key), value);
    EXPECT_TRUE(x.diff_from(x).empty());
  }
}

TEST(Parameters, are_bounded) {
  Parameters p;
  EXPECT_TRUE(p.allows(std::string(63, 'a'), std::string(256, 'x')));
  EXPECT_FALSE(p.allows(std::string(64, 'a'), ""));
  EXPECT_FALSE(p.allows("", ""));
  EXPECT_FALSE(p.allows("Upper", ""));
  EXPECT_FALSE(p.allows("a", std::string(257, 'x')));
  for (uint32_t i = 0; i < limits::parameters_max; ++i) p.set("k" + std::to_string(i), "");
  EXPECT_FALSE(p.allows("one_more", ""));
  EXPECT_TRUE(p.allows("k0", "again"));
}

TEST(OrderedLog, stamps_ahead_and_never_before_an_earlier_change) {
  OrderedLog log;
  EXPECT_EQ(log.propose("a", "1", f(100))->frame, f(100 + limits::log_lead_frames));
  EXPECT_EQ(log.propose("b", "2", f(90))->frame, f(100 + limits::log_lead_frames));
  EXPECT_EQ(log.propose("c", "3", f(101))->index, LogIndex{3});
  OrderedLog wraps;
  EXPECT_EQ(wraps.propose("a", "1", f(0xFFFFFFFE))->frame, f(limits::log_lead_frames - 2));
}

TEST(OrderedLog, commits_in_order_and_only_what_is_acknowledged_with_its_present_stamp) {
  OrderedLog log;
  std::vector<LogEntry> e;
  for (int i = 0; i < 3; ++i) e.push_back(*log.propose("k" + std::to_string(i), "v", f(10)));
  log.acknowledged(stamps_of({e[1], e[2]}));  // the first is missing
  EXPECT_TRUE(log.commit(true).empty());
  log.acknowledged(stamps_of({e[0], e[1]}));
  EXPECT_EQ(log.commit(true).size(), 2u);
  EXPECT_EQ(log.restamp(f(16)), 1u);
  log.acknowledged(stamps_of({e[2]}));  // an old stamp
  EXPECT_TRUE(log.commit(true).empty());
  const auto now = log.after({2}, 9);
  EXPECT_EQ(now[0].frame, f(24));
  log.acknowledged(stamps_of(now));
  EXPECT_EQ(log.commit(true).size(), 1u);
  EXPECT_EQ(log.values().get("k2"), "v");
}

TEST(OrderedLog, moves_stamps_exactly_when_they_are_too_near) {
  OrderedLog log;
  (void)log.propose("a", "1", f(0));  // for 8
  EXPECT_EQ(log.restamp(f(limits::log_lead_frames - limits::log_commit_frames)), 0u);
  EXPECT_EQ(log.restamp(f(limits::log_lead_frames - limits::log_commit_frames + 1)), 1u);
}

TEST(OrderedLog, an_acknowledgement_is_void_once_the_stamp_has_moved) {
  OrderedLog log;
  (void)log.propose("a", "1", f(0));
  log.acknowledged(log.stamps());
  EXPECT_EQ(log.restamp(f(7)), 1u);
  EXPECT_TRUE(log.commit(true).empty());
}

TEST(OrderedLog, keeps_no_more_pending_than_its_bound) {
  OrderedLog log;
  for (uint32_t i = 0; i < limits::log_pending_max; ++i)
    ASSERT_TRUE(log.propose("a", std::to_string(i), f(i)));
  EXPECT_FALSE(log.propose("a", "one more", f(50)));
  EXPECT_EQ(log.commit(false).size(), limits::log_pending_max);
  EXPECT_TRUE(log.propose("a", "now", f(50)));
}

TEST(OrderedLog, folds_old_entries_and_a_snapshot_continues_with_the_same_chain) {
  OrderedLog log;
  for (uint32_t i = 0; i < limits::log_entries_max + 500; ++i) {
    ASSERT_TRUE(log.propose("k" + std::to_string(i % 7), std::to_string(i), f(i)));
    log.commit(false);
    log.compact(f(i));
  }
  EXPECT_LE(log.last().value - log.base().value, limits::log_entries_max);
  const FrameNumber now = f(limits::log_entries_max + 490);
  OrderedLog joiner;
  joiner.install(log.snapshot(now));
  EXPECT_LT(joiner.committed(), log.committed());  // some are stamped ahead
  for (auto& e : log.after(joiner.last(), 99)) EXPECT_EQ(joiner.accept(e), Accepted::held);
  joiner.commit_to(log.committed());
  EXPECT_EQ(joiner.committed(), log.committed());
  EXPECT_EQ(joiner.chain(), log.chain());
  EXPECT_EQ(joiner.values(), log.values());
}

TEST(OrderedLog, a_snapshot_holds_what_has_taken_effect_and_nothing_later) {
  OrderedLog log;
  (void)log.propose("a", "1", f(0));   // for 8
  (void)log.propose("a", "2", f(10));  // for 18
  (void)log.propose("a", "3", f(10));  // pending
  log.commit_to({2});
  EXPECT_EQ(log.snapshot(f(7)).values.get("a"), "");
  EXPECT_EQ(log.snapshot(f(8)).values.get("a"), "1");
  EXPECT_EQ(log.snapshot(f(17)).index, LogIndex{1});
  EXPECT_EQ(log.snapshot(f(18)).values.get("a"), "2");
  EXPECT_EQ(log.snapshot(f(500)).index, LogIndex{2});
}

TEST(OrderedLog, a_follower_takes_any_order_and_doubles_and_ends_equal) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    OrderedLog primary, follower;
    std::vector<LogEntry> sent;
    for (int i = 0; i < 20; ++i)
      sent.push_back(*primary.propose("k" + std::to_string(i % 3), std::to_string(i), f(i)));
    auto flight = sent;
    flight.insert(flight.end(), sent.begin(), sent.end());
    std::shuffle(flight.begin(), flight.end(), random);
    for (auto& e : flight) EXPECT_NE(follower.accept(e), Accepted::conflict);
    EXPECT_EQ(follower.stamps(), stamps_of(sent));
    primary.acknowledged(follower.stamps());
    EXPECT_EQ(primary.commit(true).size(), 20u);
    follower.commit_to(primary.committed());
    EXPECT_EQ(follower.chain(), primary.chain());
  }
}

TEST(OrderedLog, a_follower_takes_a_later_stamp_and_no_earlier_one) {
  OrderedLog log;
  ASSERT_EQ(log.accept({{1}, f(20), "a", "x"}), Accepted::held);
  EXPECT_EQ(log.accept({{1}, f(19), "a", "x"}), Accepted::duplicate);
  EXPECT_EQ(log.accept({{1}, f(21), "a", "x"}), Accepted::held);
  EXPECT_EQ(log.stamps()[0].frame, f(21));
  EXPECT_EQ(log.accept({{1}, f(22), "a", "other"}), Accepted::conflict);
  log.commit_to({1});
  EXPECT_EQ(log.accept({{1}, f(22), "a", "x"}), Accepted::conflict);
  EXPECT_EQ(log.accept({{1}, f(21), "a", "x"}), Accepted::duplicate);
}

TEST(OrderedLog, a_follower_keeps_no_more_than_its_bound) {
  OrderedLog log;
  EXPECT_EQ(log.accept({{limits::log_pending_max}, f(9), "a", "x"}), Accepted::early);
  EXPECT_EQ(log.accept({{limits::log_pending_max + 1}, f(9), "a", "x"}), Accepted::refused);
  EXPECT_EQ(log.accept({{1}, f(9), "not a key!", "x"}), Accepted::refused);
}

TEST(OrderedLog, who_takes_over_goes_on_after_what_it_holds) {
  OrderedLog log;
  log.accept({{1}, f(20), "a", "1"});
  log.accept({{2}, f(20), "b", "2"});
  log.accept({{4}, f(21), "d", "4"});  // 3 never came
  log.take_over();
  const auto kept = log.commit(false);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[1].frame, f(20));
  EXPECT_EQ(log.propose("c", "3", f(30))->index, LogIndex{3});
  EXPECT_EQ(log.last(), LogIndex{3});
}

TEST(OrderedLog, the_chain_sees_every_field_and_the_order) {
  const auto chain = [](std::vector<LogEntry> entries) {
    OrderedLog log;
    for (auto& e : entries) log.accept(e);
    log.commit_to({99});
    return log.chain();
  };
  const uint32_t base = chain({{{1}, f(5), "a", "b"}});
  EXPECT_NE(base, chain({{{1}, f(6), "a", "b"}}));
  EXPECT_NE(base, chain({{{1}, f(5), "ab", ""}}));
  EXPECT_NE(base, chain({{{1}, f(5), "a", "c"}}));
  EXPECT_NE(base, chain({{{1}, f(5), "a", "b"}, {{2}, f(5), "a", "b"}}));
}

}  // namespace
}  // namespace understudy::core
