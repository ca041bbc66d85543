// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "host/core/tagging/frame_tagger.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::tagging {
namespace {

std::vector<uint8_t> noise(uint32_t seed, size_t bytes) {
  std::mt19937 random(seed);
  std::vector<uint8_t> out(bytes);
  for (auto& b : out) b = uint8_t(random());
  return out;
}

TEST(FrameTagger, crc_equals_the_one_that_protocol_defines_for_every_width) {
  for (size_t pixels = 40; pixels < 140; ++pixels) {
    const auto line = noise(uint32_t(pixels), 3 * pixels);
    ASSERT_EQ(picture_crc(line), protocol::picture_crc(line)) << pixels;
  }
  for (const size_t pixels : {640u, 1280u, 1920u, 4096u}) {
    const auto line = noise(uint32_t(pixels), 3 * pixels + 1);
    const auto odd = std::span(line).subspan(1);  // not aligned
    ASSERT_EQ(picture_crc(odd), protocol::picture_crc(odd)) << pixels;
  }
}

TEST(FrameTagger, each_line_names_itself_and_keeps_its_picture) {
  const size_t line_bytes = 48 * 3, lines = 16;
  const auto before = noise(9, line_bytes * lines);
  auto frame = before;
  tag_frame(frame, line_bytes, 0xDEADBEEF, protocol::LineTag::flag_discard);
  for (size_t y = 0; y < lines; ++y) {
    const auto line = std::span(frame).subspan(y * line_bytes, line_bytes);
    const auto tag = protocol::read_tag(line);
    ASSERT_TRUE(tag) << y;
    EXPECT_EQ(*tag, (protocol::LineTag{protocol::LineTag::flag_discard, 0xDEADBEEF, uint16_t(y),
                                       protocol::picture_crc(line), 0}));
  }
  for (size_t i = 0; i < frame.size(); ++i) {
    const uint8_t kept = i % line_bytes < 120 ? 0xFE : 0xFF;
    ASSERT_EQ(frame[i] & kept, before[i] & kept) << i;
  }
}

}  // namespace
}  // namespace understudy::tagging
