// SPDX-License-Identifier: Apache-2.0
#include "host/core/asset/frame_schedule.hpp"

#include <gtest/gtest.h>

namespace understudy::asset {
namespace {

FrameSchedule constant(uint64_t frames, Ratio rate, Raster raster = {}) {
  auto s = FrameSchedule::make({.rates = {rate}, .frames = frames}, raster);
  EXPECT_TRUE(s);
  return *s;
}

/// Begins at a constant rate, rounded to whole ticks as containers do.
std::vector<int64_t> regular(size_t frames, Ratio rate, int64_t ticks_a_second, int64_t first) {
  std::vector<int64_t> begins;
  begins.reserve(frames);
  for (size_t i = 0; i < frames; ++i)
    begins.push_back(first + int64_t(i) * ticks_a_second * rate.denominator / rate.numerator);
  return begins;
}

TEST(FrameSchedule, constant_rate_is_the_formula) {
  for (const Ratio rate : {Ratio{30, 1}, {25, 1}, {30000, 1001}, {60, 1}, {120, 1}, {1, 2}})
    for (const Raster raster :
         {Raster{640, 480, 60, 1}, {640, 480, 60000, 1001}, {640, 480, 50, 1}}) {
      const auto s = constant(7, rate, raster);
      for (uint64_t k = 0; k < 2000; ++k) {
        const auto expected = uint64_t(rate.numerator) * k * raster.fps_denominator /
                              (uint64_t(rate.denominator) * raster.fps_numerator) % 7;
        ASSERT_EQ(s.frame_at(k), expected) << k;
      }
    }
}

TEST(FrameSchedule, thirty_in_sixty_shows_each_frame_twice_and_loops) {
  const auto s = constant(3, {30, 1});
  const std::vector<uint64_t> expected{0, 0, 1, 1, 2, 2, 0, 0, 1};
  for (size_t k = 0; k < expected.size(); ++k) EXPECT_EQ(s.frame_at(k), expected[k]);
}

TEST(FrameSchedule, the_greatest_frame_numbers_do_not_overflow) {
  const auto s = constant(1000, {2147483647, 1});
  const uint64_t k = UINT64_MAX;
  EXPECT_EQ(s.frame_at(k), uint64_t((unsigned __int128)k * 2147483647u / 60 % 1000));
}

TEST(FrameSchedule, rounded_times_of_a_constant_rate_count_as_constant) {
  for (const Ratio rate : {Ratio{30, 1}, {30000, 1001}, {24000, 1001}}) {
    auto s = FrameSchedule::make({.begins = regular(900, rate, 1000, 67),
                                  .tick = {1, 1000},
                                  .rates = {{rate.numerator + 1, 1}, rate},
                                  .frames = 900},
                                 {});
    ASSERT_TRUE(s);
    EXPECT_TRUE(s->constant_rate());
    EXPECT_EQ(s->rate(), rate);
  }
}

TEST(FrameSchedule, at_a_variable_rate_the_last_frame_that_has_begun_is_shown) {
  // begins at 0, 0.1, 0.4 s; ends at 0.5 s
  auto s = FrameSchedule::make({.begins = {1000, 1100, 1400},
                                .last_duration = 100,
                                .tick = {1, 1000},
                                .rates = {{6, 1}},
                                .frames = 3},
                               {48, 16, 10, 1});
  ASSERT_TRUE(s);
  EXPECT_FALSE(s->constant_rate());
  const std::vector<uint64_t> expected{0, 1, 1, 1, 2, 0, 1, 1, 1, 2, 0};
  for (size_t k = 0; k < expected.size(); ++k) EXPECT_EQ(s->frame_at(k), expected[k]) << k;
}

TEST(FrameSchedule, impossible_times_leave_the_rate_to_decide) {
  auto s = FrameSchedule::make(
      {.begins = {INT64_MIN, 0, INT64_MAX}, .tick = {1, 1000}, .rates = {{30, 1}}, .frames = 3},
      {});
  ASSERT_TRUE(s);
  EXPECT_TRUE(s->constant_rate());
  EXPECT_EQ(s->frame_at(2), 1u);
}

TEST(FrameSchedule, without_any_rate_it_still_moves) {
  auto s = FrameSchedule::make({.rates = {{0, 1}, {1, 0}, {-5, 1}}, .frames = 100}, {});
  ASSERT_TRUE(s);
  EXPECT_EQ(s->frame_at(60), 25u);
}

TEST(FrameSchedule, one_frame_is_a_still) {
  const auto s = constant(1, {25, 1});
  for (uint64_t k = 0; k < 100; ++k) EXPECT_EQ(s.frame_at(k), 0u);
}

TEST(FrameSchedule, no_frames_is_an_error) {
  EXPECT_FALSE(FrameSchedule::make({.rates = {{25, 1}}, .frames = 0}, {}));
}

}  // namespace
}  // namespace understudy::asset
