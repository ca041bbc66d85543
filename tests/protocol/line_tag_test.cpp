// SPDX-License-Identifier: Apache-2.0
#include "protocol/line_tag.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace understudy::protocol {
namespace {

const std::array<uint8_t, 9> check{'1', '2', '3', '4', '5', '6', '7', '8', '9'};

TEST(Crc, check_values_of_the_standards) {
  EXPECT_EQ(crc32c(check), 0xE3069283u);
  EXPECT_EQ(crc16(check), 0x906E);
}

TEST(LineTag, golden_bytes) {
  const auto b = encode(LineTag{LineTag::flag_discard, 0x01020304, 0x0506, 0x0708090A, 0});
  const std::array<uint8_t, 13> head{0xA1, 1, 4, 3, 2, 1, 6, 5, 0x0A, 9, 8, 7, 0};
  EXPECT_TRUE(std::equal(head.begin(), head.end(), b.begin()));
  EXPECT_EQ(b[13] | b[14] << 8, crc16(head));
}

std::vector<uint8_t> random_line(uint32_t seed, size_t pixels) {
  std::mt19937 random(seed);
  std::vector<uint8_t> line(3 * pixels);
  for (auto& b : line) b = static_cast<uint8_t>(random());
  return line;
}

TEST(LineTag, written_tag_is_read_back_and_does_not_change_the_picture_crc) {
  auto line = random_line(1, 48);
  const uint32_t crc = picture_crc(line);
  tag_line(line, 77, 12, LineTag::flag_discard);
  EXPECT_EQ(picture_crc(line), crc);
  EXPECT_EQ(read_tag(line), (LineTag{LineTag::flag_discard, 77, 12, crc, 0}));
}

TEST(LineTag, any_flipped_bit_of_the_tag_is_found) {
  auto line = random_line(2, 40);
  tag_line(line, 5, 6, 0);
  for (size_t i = 0; i < 120; ++i) {
    line[i] ^= 1;
    EXPECT_FALSE(read_tag(line)) << i;
    line[i] ^= 1;
  }
}

TEST(LineTag, any_flipped_bit_of_the_picture_changes_its_crc) {
  auto line = random_line(3, 48);
  const uint32_t crc = picture_crc(line);
  for (size_t i = 0; i < line.size(); ++i)
    for (int bit = i < 120 ? 1 : 0; bit < 8; ++bit) {
      line[i] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_NE(picture_crc(line), crc);
      line[i] ^= static_cast<uint8_t>(1 << bit);
    }
}

}  // namespace
}  // namespace understudy::protocol
