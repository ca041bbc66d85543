// SPDX-License-Identifier: Apache-2.0
// The configuration survives power that goes at any byte of its writing: the real image on the
// core, a flash at its pins. Every byte of the record and some of the erasing; UNDERSTUDY_LONG=1
// takes each 16th of the sector. tests/firmware has every byte.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/gateware/core/board.hpp"

namespace understudy::core {
namespace {

TEST(PowerCut, leaves_the_old_configuration_or_the_new_one) {
  FlashModel start;
  {
    Board board(Board::firmware());
    ASSERT_TRUE(board.prompt());
    for (const char* value :
         {"1111", "2222"}) {  // both copies are written, the second is the newer
      board.type(std::string("config press_ms ") + value);
      ASSERT_TRUE(board.type("config save").contains("\nsaved")) << board.said;
    }
    EXPECT_EQ(board.flash.erases, 2u);
    EXPECT_EQ(board.flash.refused, 0u);
    start = board.flash;
    // the longest way down: what is left of memory below the stack
    std::cout << "stack down to " << std::hex << board.lowest_stack << std::dec << "\n";
    EXPECT_GE(board.lowest_stack, UNDERSTUDY_MEMORY_USED);
  }
  const bool is_long = std::getenv("UNDERSTUDY_LONG") != nullptr;
  std::vector<int64_t> cuts;
  for (int64_t at = 0; at < 4096; at += is_long ? 16 : 2048) cuts.push_back(at);
  for (int64_t at = 4096; at < 4096 + 80; at += is_long ? 1 : 14) cuts.push_back(at);
  cuts.push_back(4096 + 80);  // none
  unsigned old = 0, fresh = 0;
  for (const int64_t cut : cuts) {
    Board board(start);
    ASSERT_TRUE(board.prompt());
    board.type("config press_ms 3333");
    board.flash.cut_after = cut;
    for (const char c : std::string("config save\r")) {
      const size_t from = board.said.size();
      board.type_byte(c);
      board.until(2'000'000, [&] { return board.flash.cut || board.said.size() > from; });
    }
    board.until(10'000'000,
                [&] { return board.flash.cut || board.said.ends_with("\nsaved\r\n> "); });
    Board after(board.flash);
    ASSERT_TRUE(after.prompt()) << cut;
    const auto said = after.type("config press_ms");
    const bool is_old = said.contains("press_ms 2222"), is_new = said.contains("press_ms 3333");
    EXPECT_TRUE(is_old || is_new) << "cut at byte " << cut << ": " << said;
    EXPECT_TRUE(is_new == !board.flash.cut || is_old) << cut;
    old += is_old, fresh += is_new;
  }
  EXPECT_GT(old, cuts.size() / 2);
  EXPECT_EQ(fresh, 1u);
  std::cout << cuts.size() << " cuts: " << old << " old, " << fresh << " new\n";
}

}  // namespace
}  // namespace understudy::core
