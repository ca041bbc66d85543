// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/comparison.hpp"

#include <gtest/gtest.h>

namespace understudy::demo {
namespace {

constexpr Raster raster{40, 6, 60, 1};

/// Frame k: each pixel says frame, line and column.
std::vector<uint8_t> made(uint32_t k) {
  std::vector<uint8_t> out(raster.frame_bytes());
  for (size_t i = 0; i < out.size(); ++i) out[i] = uint8_t(7 * k + i);
  return out;
}

class ComparisonTest : public ::testing::Test {
 protected:
  std::vector<uint8_t> last_;
  Comparison comparison_{raster,
                         [this](uint32_t k) -> std::expected<std::span<const uint8_t>, Error> {
                           last_ = made(k);
                           return std::span<const uint8_t>(last_);
                         }};
  FrameVerdict take(uint32_t k, const std::vector<uint8_t>& rgb) {
    return comparison_.take(k, rgb).value();
  }
  void take_right(uint32_t from, uint32_t to) {
    for (uint32_t k = from; k < to; ++k) ASSERT_EQ(take(k, made(k)), FrameVerdict::right);
  }
};

TEST_F(ComparisonTest, equal_frames_are_right) {
  take_right(0, 10);
  EXPECT_EQ(comparison_.totals(), (ComparisonTotals{10, 10, 0, 0, 0, 0}));
}

TEST_F(ComparisonTest, one_wrong_pixel_is_found_and_counted) {
  take_right(0, 3);
  auto frame = made(3);
  frame[100] ^= 1;
  EXPECT_EQ(take(3, frame), FrameVerdict::lost);
  EXPECT_EQ(comparison_.totals(), (ComparisonTotals{4, 3, 1, 0, 0, 1}));
  ASSERT_EQ(comparison_.wrong().size(), 1u);
  EXPECT_EQ(comparison_.wrong()[0].frame, 3u);
}

TEST_F(ComparisonTest, an_earlier_frame_in_its_place_is_a_repeat) {
  take_right(0, 5);
  EXPECT_EQ(take(5, made(4)), FrameVerdict::repeated);
  EXPECT_EQ(take(6, made(4)), FrameVerdict::repeated);
  EXPECT_EQ(comparison_.totals().frames_repeated, 2u);
  EXPECT_EQ(comparison_.totals().pixels_wrong, 2u * raster.width * raster.height);
}

TEST_F(ComparisonTest, pieces_of_two_frames_are_torn) {
  take_right(0, 5);
  auto frame = made(5);
  const auto before = made(4);
  std::copy(before.begin() + long(3 * raster.line_bytes()), before.end(),
            frame.begin() + long(3 * raster.line_bytes()));
  EXPECT_EQ(take(5, frame), FrameVerdict::torn);
}

TEST_F(ComparisonTest, a_line_made_of_two_frames_is_torn_too) {
  take_right(0, 5);
  auto frame = made(5);
  const auto before = made(4);
  std::copy(before.begin() + 30, before.begin() + long(raster.line_bytes()), frame.begin() + 30);
  EXPECT_EQ(take(5, frame), FrameVerdict::torn);
  EXPECT_EQ(comparison_.totals().pixels_wrong, raster.width - 10u);
}

TEST_F(ComparisonTest, slate_lines_make_a_lost_frame) {
  take_right(0, 5);
  auto frame = made(5);
  std::fill(frame.begin(), frame.begin() + long(raster.line_bytes()), uint8_t{0x10});
  EXPECT_EQ(take(5, frame), FrameVerdict::lost);
}

TEST_F(ComparisonTest, a_skipped_number_is_a_lost_frame_and_a_number_that_goes_back_a_repeat) {
  take_right(0, 3);
  EXPECT_EQ(take(5, made(5)), FrameVerdict::right);
  EXPECT_EQ(comparison_.totals().frames_lost, 2u);
  EXPECT_EQ(take(5, made(5)), FrameVerdict::repeated);
  EXPECT_EQ(comparison_.totals().frames_repeated, 1u);
}

TEST_F(ComparisonTest, frames_that_never_came_are_lost) {
  take_right(0, 3);
  ASSERT_TRUE(comparison_.finish(5));
  EXPECT_EQ(comparison_.totals(), (ComparisonTotals{3, 3, 2, 0, 0, 0}));
}

TEST_F(ComparisonTest, a_still_is_right_not_repeated) {
  Comparison still(raster, [this](uint32_t) -> std::expected<std::span<const uint8_t>, Error> {
    last_ = made(1);
    return std::span<const uint8_t>(last_);
  });
  for (uint32_t k = 0; k < 4; ++k) EXPECT_EQ(still.take(k, made(1)).value(), FrameVerdict::right);
}

}  // namespace
}  // namespace understudy::demo
