// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <optional>

#include "Vtmds_encoder.h"
#include "tests/gateware/control/bench.hpp"

namespace understudy::gateware {
namespace {

/// What a DVI receiver makes of a word of picture.
uint8_t decode(uint32_t word) {
  uint32_t bits = word & 0xFF;
  if (word >> 9 & 1) bits ^= 0xFF;
  uint32_t out = bits & 1;
  for (unsigned i = 1; i < 8; ++i) {
    const uint32_t differ = (bits >> i ^ bits >> (i - 1)) & 1;
    out |= (word >> 8 & 1 ? differ : differ ^ 1) << i;
  }
  return uint8_t(out);
}
int edges(uint32_t word) {
  return std::popcount((word ^ word >> 1) & 0xFF);  // within the first nine bits
}

uint32_t word(Block<Vtmds_encoder>& block, uint8_t data, bool enable, unsigned control) {
  block->data = data, block->enable = enable, block->control = uint8_t(control);
  block.clock();
  return block->word;
}

TEST(Tmds, every_byte_comes_back_with_few_edges_and_the_line_stays_balanced) {
  Block<Vtmds_encoder> block;
  Random random(8);
  word(block, 0, false, 0);
  std::optional<uint8_t> before;
  int balance = 0;
  for (unsigned i = 0; i < 100000; ++i) {
    const auto data = uint8_t(i < 256 ? i : i < 5000 ? 0x10 : random());
    const uint32_t sent = word(block, data, true, 0);  // the byte of one clock ago
    if (before) {
      ASSERT_EQ(decode(sent), *before) << i;
      ASSERT_LE(edges(sent), 5) << i;
      balance += 2 * std::popcount(sent) - 10;
      ASSERT_LE(std::abs(balance), 12) << i;
    }
    before = data;
  }
}

TEST(Tmds, blanking_has_the_four_words_of_control) {
  Block<Vtmds_encoder> block;
  const uint32_t want[] = {0b1101010100, 0b0010101011, 0b0101010100, 0b1010101011};
  for (unsigned c = 0; c < 4; ++c) {
    word(block, 0x55, false, c);
    EXPECT_EQ(word(block, 0x55, false, c), want[c]);
  }
}

}  // namespace
}  // namespace understudy::gateware
