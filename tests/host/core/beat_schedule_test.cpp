// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/core/heartbeat/beat_schedule.hpp"

namespace understudy::core {
namespace {

constexpr Duration frame(16'666'667);

/// Beats until `end`, counted; the longest gap is kept.
struct Beater {
  BeatSchedule s;
  Instant last;
  Duration longest{};
  uint32_t until(Instant end) {
    uint32_t n = 0;
    for (; s.next() < end; ++n) {
      const Instant at = s.next();
      longest = std::max(longest, at - last);
      last = at;
      s.sent(at);
    }
    return n;
  }
};

TEST(BeatSchedule, has_exactly_so_many_beats_in_each_frame) {
  for (uint32_t per_frame : {2u, 3u, 8u, 64u}) {
    Beater r{BeatSchedule(frame, per_frame), {}};
    for (int k = 0; k < 100; ++k) {
      r.s.tick(Instant(k * frame));
      EXPECT_EQ(r.until(Instant((k + 1) * frame)), per_frame) << k;
    }
  }
}

TEST(BeatSchedule, goes_on_at_the_same_pace_without_ticks) {
  Beater r{BeatSchedule(frame, 8), {}};
  r.s.start(Instant());
  EXPECT_EQ(r.until(Instant(1000 * frame)), 8000u);
  EXPECT_LE(r.longest, r.s.period() + Duration(1));
}

TEST(BeatSchedule, never_leaves_a_gap_that_the_gate_counts_as_a_miss) {
  std::mt19937 random(1);
  for (uint32_t per_frame : {2u, 8u, 64u}) {
    Beater r{BeatSchedule(frame, per_frame), {}};
    r.s.start(Instant());
    Instant t;
    for (int k = 0; k < 2000; ++k) {
      t += frame / 2 + Duration(random() % frame.count());  // ticks anywhere
      r.until(t);
      r.s.tick(t);
    }
    EXPECT_LE(r.longest, r.s.period() + r.s.period() / 8);
    EXPECT_LT(r.longest, r.s.period() * 5 / 4);  // the gate's BEAT_PERIOD
  }
}

TEST(BeatSchedule, settles_in_the_middle_of_the_parts_of_a_frame_after_a_jump) {
  Beater r{BeatSchedule(frame, 8), {}};
  r.s.start(Instant());
  r.until(Instant(frame / 3));
  for (int k = 0; k < 10; ++k) {
    const Instant t(frame / 3 + k * frame);
    r.until(t);
    r.s.tick(t);
  }
  const Instant t(frame / 3 + 9 * frame);
  EXPECT_EQ(r.s.next(), t + frame / 16);
}

}  // namespace
}  // namespace understudy::core
