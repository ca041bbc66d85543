// SPDX-License-Identifier: Apache-2.0
// The line receiver alone: random lines with gaps against protocol/'s tag and checksums, and the
// same pixels two clocks later.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "Vline_receiver.h"
#include "Vline_receiver___024root.h"
#include "protocol/line_tag.hpp"
#include "rtl/drive.hpp"

namespace understudy::gate {
namespace {

constexpr uint32_t width = 48, height = 16;

struct Pixel {
  uint32_t data;
  bool valid, user, last;
};

struct Receiver : testing::Test {
  Vline_receiver m;
  std::deque<Pixel> before;  // what came one and two clocks ago
  Receiver() {
    m.clk = 0, m.video_tvalid = 0, m.untagged = 0, m.measure = 1, m.next_frame = 0;
    reset(m);
    before.assign(receiver_clocks, Pixel{0, false, false, false});
  }
  void step(Pixel p) {
    m.video_tdata = p.data, m.video_tvalid = p.valid, m.video_tuser = p.user,
    m.video_tlast = p.last;
    clock(m);
    before.push_back(p);
    before.pop_front();
    const Pixel& q = before.front();
    ASSERT_EQ(m.line_tvalid, q.valid);
    if (!q.valid) return;
    ASSERT_EQ(m.line_tdata, q.data);
    ASSERT_EQ(m.line_tlast, q.last);
  }
  /// The last pixel of the line is at the receiver's output afterwards.
  void line(const std::vector<uint8_t>& rgb, bool first, std::mt19937* gaps = nullptr) {
    for (size_t i = 0; i < rgb.size(); i += 3) {
      while (gaps && (*gaps)() % 3 == 0) step({uint32_t((*gaps)()) & 0xFFFFFF, false, true, true});
      step({pack(&rgb[i]), true, first && i == 0, i + 3 == rgb.size()});
    }
    step({0, false, false, false});
    ASSERT_TRUE(m.line_tvalid && m.line_tlast);
  }
};

std::vector<uint8_t> random_line(std::mt19937& random, size_t pixels) {
  std::vector<uint8_t> rgb(3 * pixels);
  for (auto& b : rgb) b = static_cast<uint8_t>(random());
  return rgb;
}

uint8_t brightest(std::vector<uint8_t> rgb) {
  for (size_t i = 0; i < 120; ++i) rgb[i] &= 0xFE;
  return *std::max_element(rgb.begin(), rgb.end());
}

TEST_F(Receiver, knows_a_tagged_line_s_facts) {
  std::mt19937 random(1);
  for (int n = 0; n < 300; ++n) {
    auto rgb = random_line(random, width);
    const uint32_t frame = static_cast<uint32_t>(random());
    const auto y = static_cast<uint16_t>(random() % (height + 4));
    const uint8_t flags = random() & 1;
    protocol::tag_line(rgb, frame, y, flags);
    line(rgb, false, &random);
    EXPECT_EQ(m.line_good, y < height) << y;
    EXPECT_EQ(m.line_frame, frame);
    EXPECT_EQ(m.line_number, y);
    EXPECT_EQ(m.line_discard, flags);
    EXPECT_EQ(m.line_crc, protocol::picture_crc(rgb));
    EXPECT_EQ(m.line_brightest, brightest(rgb));
  }
}

TEST_F(Receiver, finds_every_flipped_bit) {
  std::mt19937 random(2);
  auto rgb = random_line(random, width);
  protocol::tag_line(rgb, 77, 3, 0);
  for (size_t bit = 0; bit < 8 * rgb.size(); ++bit) {
    rgb[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    line(rgb, false);
    EXPECT_FALSE(m.line_good) << bit;
    rgb[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
  line(rgb, false);
  EXPECT_TRUE(m.line_good);
}

TEST_F(Receiver, takes_no_line_of_another_length_and_recovers_with_the_next) {
  std::mt19937 random(3);
  for (const size_t pixels : {1ul, 39ul, 40ul, 47ul, 49ul, 96ul, 5000ul}) {
    auto rgb = random_line(random, pixels);
    if (pixels >= 40) protocol::tag_line(rgb, 5, 2, 0);
    line(rgb, false);
    EXPECT_FALSE(m.line_good) << pixels;
    auto right = random_line(random, width);
    protocol::tag_line(right, 5, 3, 0);
    line(right, false);
    EXPECT_TRUE(m.line_good) << "after " << pixels;
  }
}

TEST_F(Receiver, random_pixels_are_no_line) {
  std::mt19937 random(4);
  for (int n = 0; n < 1000; ++n) {
    line(random_line(random, width), n % 16 == 0);
    EXPECT_FALSE(m.line_good);
  }
}

TEST_F(Receiver, counts_untagged_lines_from_the_start_of_frame) {
  std::mt19937 random(5);
  m.untagged = 1;
  line(random_line(random, width), false);
  EXPECT_FALSE(m.line_good) << "no start of frame yet";
  for (uint32_t k = 3; k < 6; ++k) {
    m.next_frame = k;
    for (uint32_t y = 0; y < height + 3; ++y) {
      const auto rgb = random_line(random, width);
      line(rgb, y == 0);
      if (y == 2) m.next_frame = k + 1;  // the raster has begun it: no matter any more
      EXPECT_EQ(m.line_good, y < height) << y;
      EXPECT_EQ(m.line_crc, protocol::picture_crc(rgb));
      EXPECT_FALSE(m.line_discard);
      if (y >= height) continue;
      EXPECT_EQ(m.line_number, y);
      EXPECT_EQ(m.line_frame, k);
    }
  }
  line(random_line(random, width - 1), true);
  EXPECT_FALSE(m.line_good);
  line(random_line(random, width), false);
  EXPECT_TRUE(m.line_good);
  EXPECT_EQ(m.line_number, 1);
}

TEST_F(Receiver, a_line_that_never_ended_is_not_one_of_the_right_length) {
  m.untagged = 1;
  std::mt19937 random(6);
  for (const size_t pixels : {size_t{1} << 15, size_t{1} << 16, size_t{1} << 17}) {
    line(random_line(random, pixels + width), true);
    EXPECT_FALSE(m.line_good) << pixels + width;
  }
  line(random_line(random, width), true);
  EXPECT_TRUE(m.line_good);
}

}  // namespace
}  // namespace understudy::gate
