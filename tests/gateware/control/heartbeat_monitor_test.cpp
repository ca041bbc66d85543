// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <deque>

#include "Vheartbeat_monitor.h"
#include "bench.hpp"

namespace understudy::gateware {
namespace {

using Monitor = Block<Vheartbeat_monitor>;
constexpr unsigned period = 16;

void configure(Monitor& b, unsigned m, unsigned n) {
  b->missed_max = m & 31;
  b->window = n & 31;
  b->beat_period = period;
  b->beat = 0;
  b.clock();
}

/// One beat, `gap` clocks after the one before it.
void hit(Monitor& b, unsigned gap = period - 1) {
  b->beat = 0;
  b.clock(gap - 1);
  b->beat = 1;
  b->beat_state = 1;
  b.clock();
  b->beat = 0;
}

/// Waits until the timer has run out once more. True if `alive` ended, and then in that very clock.
bool miss(Monitor& b) {
  const bool before = b->alive;
  for (unsigned i = 1; i < period; ++i) {
    b.settle();
    EXPECT_FALSE(b->miss);
    EXPECT_FALSE(b->beats_lost);
    b.clock();
    EXPECT_EQ(b->alive, before);
  }
  b.settle();
  EXPECT_TRUE(b->miss);
  const bool lost = b->beats_lost;
  b.clock();
  EXPECT_EQ(b->alive, before && !lost);
  return lost;
}

TEST(HeartbeatMonitor, alive_from_the_nth_hit_in_a_row_for_each_window) {
  for (unsigned n = 1; n <= 16; ++n) {
    Monitor b;
    configure(b, 1, n);
    for (unsigned i = 1; i <= n; ++i) {
      EXPECT_FALSE(b->alive) << n;
      hit(b);
    }
    EXPECT_TRUE(b->alive) << n;
  }
}

TEST(HeartbeatMonitor, m_minus_1_misses_never_trip_and_m_always_do_in_the_exact_clock) {
  for (unsigned n = 1; n <= 16; ++n)
    for (unsigned m = 1; m <= n; ++m)
      for (unsigned spread = 0; spread <= n - m; ++spread) {
        Monitor b;
        configure(b, m, n);
        for (unsigned i = 0; i < n; ++i) hit(b);
        ASSERT_TRUE(b->alive);
        // M-1 misses, again and again, each time with just enough hits to push the oldest out
        for (unsigned round = 0; round < 2; ++round) {
          for (unsigned i = 0; i + 1 < m; ++i) ASSERT_FALSE(miss(b)) << m << " of " << n;
          for (unsigned i = 0; i < n - (m - 1); ++i) hit(b);
        }
        for (unsigned i = 0; i < n; ++i) hit(b);
        // M misses with `spread` hits between the last two: still within the last N
        for (unsigned i = 0; i + 1 < m; ++i) ASSERT_FALSE(miss(b)) << m << " of " << n;
        if (m > 1)
          for (unsigned i = 0; i < spread; ++i) hit(b);
        ASSERT_TRUE(miss(b)) << m << " of " << n << ", " << spread << " between";
      }
}

TEST(HeartbeatMonitor, silence_before_the_first_beat_is_no_miss) {
  Monitor b;
  configure(b, 1, 1);
  for (int i = 0; i < 1000; ++i) {
    b.settle();
    ASSERT_FALSE(b->miss || b->beats_lost || b->alive || b->seen);
    b.clock();
  }
}

TEST(HeartbeatMonitor, a_beat_in_the_clock_of_the_timers_end_wins) {
  Monitor b;
  configure(b, 1, 1);
  hit(b);
  for (int i = 0; i < 100; ++i) {
    hit(b, period);
    ASSERT_TRUE(b->alive);
  }
  b->beat = 0;
  b.clock(period - 1);
  b.settle();
  EXPECT_TRUE(b->beats_lost);
}

TEST(HeartbeatMonitor, changed_numbers_start_the_window_anew_and_keep_alive) {
  Monitor b;
  configure(b, 2, 4);
  for (int i = 0; i < 4; ++i) hit(b);
  EXPECT_FALSE(miss(b));
  configure(b, 3, 5);  // forgets the miss; its clock counts towards the next one
  EXPECT_TRUE(b->alive);
  b.clock(period - 1);
  EXPECT_TRUE(b->alive);
  EXPECT_FALSE(miss(b));
  EXPECT_TRUE(miss(b));
  configure(b, 1, 3);
  for (int i = 0; i < 2; ++i) hit(b);
  EXPECT_FALSE(b->alive);
  hit(b);
  EXPECT_TRUE(b->alive);
}

TEST(HeartbeatMonitor, keeps_the_state_and_says_when_it_changes) {
  Monitor b;
  configure(b, 3, 8);
  b->beat = 1;
  b->beat_state = 5;
  b.settle();
  EXPECT_TRUE(b->state_changed);
  EXPECT_EQ(b->state, 0);
  b.clock();
  b.settle();
  EXPECT_FALSE(b->state_changed);
  EXPECT_EQ(b->state, 5);
}

/// The rules of rtl/README.md once more, with a queue of what happened instead of shift registers.
struct Reference {
  std::deque<bool> window;  // true: hit; the newest in front
  bool alive = false, seen = false;
  uint64_t now = 0, restarted = 0;
  unsigned m = 0, n = 0;

  struct Out {
    bool miss, lost, back;
  };
  Out step(bool beat, unsigned new_m, unsigned new_n, unsigned p) {
    Out o{};
    if (new_m != m || new_n != n) window.clear();
    m = new_m, n = new_n;
    o.miss = seen && !beat && now - restarted >= p;
    if (beat || o.miss) {
      restarted = now;
      window.push_front(beat);
      window.resize(std::min<size_t>(window.size(), n));
      const auto misses = std::count(window.begin(), window.end(), false);
      o.lost = alive && o.miss && misses >= long(m);
      o.back = !alive && beat && misses == 0 && window.size() == n;
    }
    seen |= beat;
    alive = (alive && !o.lost) || o.back;
    ++now;
    return o;
  }
};

TEST(HeartbeatMonitor, equals_the_reference_on_random_beats_and_changing_numbers) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    Monitor b{static_cast<int>(seed)};
    Reference reference;
    unsigned n = 8, m = 3, p = 20, chance = 10;
    configure(b, m, n);
    reference.step(false, m, n, period);
    for (int i = 0; i < 20000; ++i) {
      if (random() % 900 == 0) n = 1 + random() % 16, m = 1 + random() % n;
      if (random() % 500 == 0) p = 1 + random() % 40;
      if (random() % 300 == 0) chance = 2 + random() % 40;
      b->missed_max = m & 31, b->window = n & 31, b->beat_period = p;
      b->beat = random() % chance == 0;
      b.settle();
      ASSERT_EQ(b->alive, reference.alive) << "seed " << seed << " clock " << i;
      const auto want = reference.step(b->beat, m, n, p);
      ASSERT_EQ(b->miss, want.miss) << "seed " << seed << " clock " << i;
      ASSERT_EQ(b->beats_lost, want.lost) << "seed " << seed << " clock " << i;
      ASSERT_EQ(b->beats_back, want.back) << "seed " << seed << " clock " << i;
      b.clock();
    }
  }
}

}  // namespace
}  // namespace understudy::gateware
