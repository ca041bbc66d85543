// SPDX-License-Identifier: Apache-2.0
// The firmware's image, as it is flashed, on the core beside a gate: what leaves the pins and what
// the console says.
#include <gtest/gtest.h>

#include "tests/gateware/core/board.hpp"

namespace understudy::core {
namespace {

TEST(Firmware, starts_from_a_sleeping_flash_and_answers_help) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt()) << board.said;
  EXPECT_NE(board.said.find("Understudy 0.1"), std::string::npos) << board.said;
  const auto help = board.type("help");
  for (const char* word : {"status", "boot a|b", "config", "counters", "selftest", "restart"})
    EXPECT_NE(help.find(word), std::string::npos) << help;
  EXPECT_NE(board.type("version").find("firmware 0.1"), std::string::npos);
  EXPECT_NE(board.type("nonsense").find("type help"), std::string::npos);
  std::cout << board.type("status") << board.type("counters");
  std::cout << board.fetches << " instructions, " << board.clocks << " clocks, stack down to "
            << std::hex << board.lowest_stack << "\n";
}

}  // namespace
}  // namespace understudy::core
