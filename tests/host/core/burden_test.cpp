// SPDX-License-Identifier: Apache-2.0
// When a load is too much, and when no longer: each at its edge.
#include <gtest/gtest.h>

#include "host/core/overburdening/burden.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1h};
constexpr auto step = 100ms;

BurdenOptions limited() {
  BurdenOptions o;
  o.thresholds[static_cast<size_t>(Figure::run_queue)] = 800;
  o.thresholds[static_cast<size_t>(Figure::lateness)] = 20'000;
  return o;
}

struct Told : Burden {
  Told() : Burden(limited()) { measured(Figure::lateness, 0, now); }
  /// The run queue is `value` from now on, for so long; told every 100 ms.
  void stays(int64_t value, Duration time) {
    for (const Instant end = now + time; now < end; now += step) tell(value);
    tell(value);
  }
  void tell(int64_t value) {
    measured(Figure::run_queue, value, now);
    measured(Figure::lateness, 0, now);
  }
  Instant now = start;
};

TEST(Burden, a_value_at_the_threshold_counts_and_one_below_it_does_not) {
  Told at, below;
  at.stays(800, 2s);
  below.stays(799, 60s);
  EXPECT_TRUE(at.overload(at.now));
  EXPECT_TRUE(at.burdened());
  EXPECT_FALSE(below.overload(below.now));
  EXPECT_FALSE(below.burdened());
  EXPECT_EQ(at.load(at.now), 1000);
  EXPECT_EQ(below.load(below.now), 998);
}

TEST(Burden, it_must_last_for_the_hold_time_to_the_nanosecond) {
  Told t;
  t.stays(1200, 2s - step);
  EXPECT_FALSE(t.overload(start + 2s - 1ns));
  EXPECT_FALSE(t.burdened());
  const auto over = t.overload(start + 2s);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->text(), "run queue 12.00 at or over 8.00 for 2.0 s");
}

TEST(Burden, one_lower_value_starts_the_time_anew) {
  Told t;
  t.stays(1200, 1900ms);
  t.now += step;
  t.tell(799);
  t.now += step;
  t.stays(1200, 1900ms);
  EXPECT_FALSE(t.overload(t.now));
  EXPECT_FALSE(t.burdened());
}

TEST(Burden, an_old_value_is_not_known) {
  constexpr auto oldest = std::chrono::milliseconds(protocol::limits::burden_age_ms);
  Told t;
  t.stays(1200, 3s);
  EXPECT_TRUE(t.overload(t.now + oldest));
  EXPECT_FALSE(t.overload(t.now + oldest + 1ns));
  EXPECT_FALSE(t.load(t.now + oldest + 1ns));
  t.now += oldest + 1ms;  // what was between is not known: it begins anew
  t.tell(1200);
  EXPECT_FALSE(t.overload(t.now));
}

TEST(Burden, it_ends_when_all_has_been_low_for_the_time_of_rest) {
  Told t;
  t.stays(1200, 2s);
  ASSERT_TRUE(t.burdened());
  t.now += step;
  t.stays(560, 60s);  // 70 %: not below it
  EXPECT_TRUE(t.burdened());
  t.now += step;
  const Instant low = t.now;
  t.stays(559, 9900ms);
  t.advance(low + 10s - 1ns);
  EXPECT_TRUE(t.burdened());
  t.advance(low + 10s);
  EXPECT_FALSE(t.burdened());
}

TEST(Burden, a_figure_that_is_no_longer_told_is_not_low) {
  Told t;
  t.stays(1200, 2s);
  for (int i = 0; i < 300; ++i) {
    t.now += step;
    t.measured(Figure::lateness, 0, t.now);
  }
  EXPECT_TRUE(t.burdened());
  t.forget(Figure::run_queue);  // nobody has it any more
  for (int i = 0; i <= 100; ++i) t.measured(Figure::lateness, 0, t.now += step);
  EXPECT_FALSE(t.burdened());
}

TEST(Burden, the_worst_figure_speaks) {
  Told t;
  for (int i = 0; i < 30; ++i, t.now += step) {
    t.measured(Figure::run_queue, 900, t.now);
    t.measured(Figure::lateness, 50'000, t.now);
  }
  const auto over = t.overload(t.now - step);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->text(), "lateness 50.0 ms at or over 20.0 ms for 2.9 s");
  EXPECT_EQ(t.load(t.now - step), 2500);
}

TEST(Burden, without_a_threshold_nothing_counts) {
  Burden b{BurdenOptions{}};
  for (int i = 0; i < 100; ++i) b.measured(Figure::backlog, int64_t{1} << 50, start + i * step);
  EXPECT_FALSE(b.burdened());
  EXPECT_FALSE(b.load(start + 99 * step));
  EXPECT_FALSE(b.options().looks());
}

TEST(Burden, figures_have_their_units) {
  EXPECT_EQ(to_text(Figure::run_queue, 1205), "12.05");
  EXPECT_EQ(to_text(Figure::cpu_pressure, 6150), "61.50 %");
  EXPECT_EQ(to_text(Figure::lateness, 25'049), "25.0 ms");
  EXPECT_EQ(to_text(Figure::backlog, 4096 * 1024 + 1), "4096 KiB");
}

}  // namespace
}  // namespace understudy::core
