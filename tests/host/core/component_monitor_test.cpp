// SPDX-License-Identifier: Apache-2.0
// Critical applications: exact policies, deaths, deadlines to the nanosecond, recovery, bounds.
#include <gtest/gtest.h>

#include "host/core/monitor/component_monitor.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace {

using std::chrono::milliseconds;

ApplicationId id(uint64_t n) {
  return {n};
}
Instant at(int64_t ms) {
  return Instant(milliseconds(ms));
}

ComponentMonitor with(Policy policy, std::vector<std::string> required = {},
                      Recovery recovery = Recovery::by_registration) {
  ComponentMonitor m({policy, required, recovery});
  for (uint64_t n = 0; n < 3; ++n) {
    EXPECT_TRUE(m.registered(id(n), std::string(1, char('a' + n)), {}, at(0)));
  }
  return m;
}

TEST(ComponentMonitor, any_and_all_of_a_set_are_exact_for_every_set_of_deaths) {
  for (uint32_t dead = 0; dead < 8; ++dead) {
    auto any = with(Policy::any), any_of = with(Policy::any, {"a", "c"}), all = with(Policy::all),
         set = with(Policy::all, {"a", "c"});
    for (uint64_t n = 0; n < 3; ++n)
      if (dead >> n & 1)
        for (auto* m : {&any, &any_of, &all, &set}) m->ended(id(n), ApplicationEnd::died);
    EXPECT_EQ(any.failure().has_value(), dead != 0) << dead;
    EXPECT_EQ(any_of.failure().has_value(), (dead & 5) != 0) << dead;
    EXPECT_EQ(all.failure().has_value(), dead == 7) << dead;
    EXPECT_EQ(set.failure().has_value(), (dead & 5) == 5) << dead;
  }
}

TEST(ComponentMonitor, required_ones_must_have_registered) {
  for (Policy policy : {Policy::any, Policy::all}) {
    ComponentMonitor m({policy, {"a", "z"}, {}});
    EXPECT_EQ(m.failure(), "waits to be registered: a, z");
    ASSERT_TRUE(m.registered(id(1), "z", {}, at(0)));
    EXPECT_EQ(m.failure(), "waits to be registered: a");
    ASSERT_TRUE(m.registered(id(2), "a", {}, at(0)));
    EXPECT_FALSE(m.failure());
  }
}

TEST(ComponentMonitor, a_deadline_passes_exactly_after_it) {
  ComponentMonitor m({});
  ASSERT_TRUE(m.registered(id(1), "a", milliseconds(100), at(0)));
  EXPECT_TRUE(m.check(at(100)).empty());
  EXPECT_EQ(m.next_deadline(), at(100) + Duration(1));
  m.alive(id(1), at(50), at(60));
  EXPECT_EQ(m.next_deadline(), at(150) + Duration(1));
  EXPECT_TRUE(m.check(at(150)).empty());
  EXPECT_EQ(m.check(at(150) + Duration(1)), std::vector<std::string>{"a"});
  EXPECT_TRUE(m.check(at(1000)).empty());  // told once
  EXPECT_EQ(m.failure(), "a hung");
  EXPECT_FALSE(m.next_deadline());
  m.alive(id(1), at(1000), at(1000));
  EXPECT_FALSE(m.failure());
}

TEST(ComponentMonitor, a_time_stamp_from_the_future_counts_as_now_and_an_old_one_for_nothing) {
  ComponentMonitor m({});
  ASSERT_TRUE(m.registered(id(1), "a", milliseconds(100), at(0)));
  m.alive(id(1), at(100000), at(10));
  EXPECT_EQ(m.next_deadline(), at(110) + Duration(1));
  m.alive(id(1), at(1), at(20));
  EXPECT_EQ(m.next_deadline(), at(110) + Duration(1));
}

TEST(ComponentMonitor, without_a_deadline_only_death_counts) {
  ComponentMonitor m({});
  ASSERT_TRUE(m.registered(id(1), "a", {}, at(0)));
  EXPECT_TRUE(m.check(at(1'000'000)).empty());
  EXPECT_FALSE(m.next_deadline());
  EXPECT_EQ(m.ended(id(1), ApplicationEnd::closed), "a");
  EXPECT_FALSE(m.ended(id(1), ApplicationEnd::died));  // down already
  EXPECT_EQ(m.failure(), "a closed its connection");
}

TEST(ComponentMonitor, goodbye_is_no_failure) {
  auto m = with(Policy::any);
  EXPECT_EQ(m.ended(id(0), ApplicationEnd::goodbye), "a");
  EXPECT_FALSE(m.failure());
  EXPECT_EQ(m.applications().size(), 2u);
}

TEST(ComponentMonitor, registering_again_heals_or_waits_for_the_operator_as_configured) {
  auto by_itself = with(Policy::any);
  auto by_operator = with(Policy::any, {}, Recovery::by_operator);
  for (auto* m : {&by_itself, &by_operator}) {
    m->ended(id(1), ApplicationEnd::died);
    EXPECT_TRUE(m->failure());
    ASSERT_TRUE(m->registered(id(7), "b", {}, at(5)));
  }
  EXPECT_FALSE(by_itself.failure());
  EXPECT_EQ(by_operator.failure(), "b died");
  by_operator.operator_clears();
  EXPECT_FALSE(by_operator.failure());
}

TEST(ComponentMonitor, an_operator_clears_the_dead_that_are_not_required) {
  auto all_count = with(Policy::any);
  all_count.ended(id(1), ApplicationEnd::died);
  EXPECT_EQ(all_count.remedy(), "start b again; this server is then back by itself");
  EXPECT_EQ(all_count.operator_clears(), std::vector<std::string>{"b"});
  EXPECT_FALSE(all_count.failure());
  EXPECT_EQ(all_count.applications().size(), 2u);

  auto required = with(Policy::any, {"b"}, Recovery::by_operator);
  required.ended(id(1), ApplicationEnd::died);
  required.ended(id(2), ApplicationEnd::died);
  EXPECT_EQ(required.operator_clears(), std::vector<std::string>{"c"});
  EXPECT_EQ(required.failure(), "b died");
  EXPECT_EQ(required.remedy(), "start b again, then type 'understudy online'");
  ASSERT_TRUE(required.registered(id(9), "b", {}, at(5)));
  EXPECT_EQ(required.failure(), "b died");  // the word before it was well again does not count
  EXPECT_EQ(required.remedy(), "type 'understudy online'");
  EXPECT_TRUE(required.operator_clears().empty());
  EXPECT_FALSE(required.failure());
}

TEST(ComponentMonitor, one_that_hangs_keeps_its_place_and_may_come_back) {
  ComponentMonitor m({});
  ASSERT_TRUE(m.registered(id(1), "a", milliseconds(10), at(0)));
  EXPECT_EQ(m.check(at(20)).size(), 1u);
  EXPECT_TRUE(m.operator_clears().empty());
  EXPECT_EQ(m.remedy(), "end and restart a; this server is then back by itself");
  m.alive(id(1), at(21), at(21));
  EXPECT_FALSE(m.failure());
}

TEST(ComponentMonitor, dead_names_do_not_keep_the_places_for_ever) {
  const auto max = protocol::limits::applications_max;
  for (bool a_set : {false, true}) {
    ComponentMonitor m(
        {Policy::any, a_set ? std::vector<std::string>{"n0"} : std::vector<std::string>{}, {}});
    for (uint64_t n = 0; n < max; ++n)
      ASSERT_TRUE(m.registered(id(n), "n" + std::to_string(n), {}, at(0)));
    for (uint64_t n = 1; n < max; ++n) m.ended(id(n), ApplicationEnd::died);
    EXPECT_EQ(m.registered(id(100), "new", {}, at(1)).has_value(), a_set);
    m.operator_clears();
    EXPECT_TRUE(m.registered(id(101), "newer", {}, at(2)));
    EXPECT_EQ(m.applications().size(), a_set ? 3u : 2u);
  }
}

TEST(ComponentMonitor, any_time_stamp_at_all_counts_as_now_at_most) {
  // Evaluated by the compiler, which refuses an overflow.
  constexpr auto of = [](uint64_t stamp) { return not_later(stamp, Duration(5), instant(100)); };
  static_assert(of(0) == instant(5) && of(95) == instant(100) && of(96) == instant(100));
  static_assert(of(INT64_MAX) == instant(100) && of(UINT64_MAX) == instant(100));
  static_assert(not_later(1, Duration(INT64_MAX), instant(100)) == instant(100));
}

TEST(ComponentMonitor, refuses_a_living_name_a_bad_name_and_one_too_many) {
  ComponentMonitor m({});
  ASSERT_TRUE(m.registered(id(0), "a", {}, at(0)));
  EXPECT_FALSE(m.registered(id(1), "a", {}, at(0)));
  EXPECT_FALSE(m.registered(id(1), "", {}, at(0)));
  EXPECT_FALSE(m.registered(id(1), "red\x1b[31m", {}, at(0)));
  EXPECT_FALSE(m.registered(id(1), "two\nlines", {}, at(0)));
  EXPECT_FALSE(
      m.registered(id(1), std::string(protocol::limits::application_name_max + 1, 'x'), {}, at(0)));
  for (uint64_t n = 1; n < protocol::limits::applications_max; ++n)
    ASSERT_TRUE(m.registered(id(n), "n" + std::to_string(n), {}, at(0)));
  EXPECT_FALSE(m.registered(id(99), "one more", {}, at(0)));
  m.ended(id(3), ApplicationEnd::died);
  EXPECT_TRUE(m.registered(id(99), "n3", {}, at(0)));  // its own place again
}

}  // namespace
}  // namespace understudy::core
