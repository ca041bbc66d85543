// SPDX-License-Identifier: Apache-2.0
// The firmware at work, seen from outside: relays at the pins, the self test, what a watchdog
// leaves.
#include <gtest/gtest.h>

#include "protocol/registers.hpp"
#include "protocol/soc.hpp"
#include "tests/gateware/core/board.hpp"
#include "tests/gateware/core/encode.hpp"

namespace understudy::core {
namespace {
namespace e = encode;

/// A appliance with B on air and A dead, and short times.
struct DeadServer : Board {
  DeadServer() : Board(firmware()) {
    EXPECT_TRUE(prompt()) << said;
    feed(true);
    for (const char* line : {"config untagged 3", "config press_ms 50", "config force_ms 400",
                             "config off_ms 200", "config life_s 1", "config attempts 2"})
      type(line);
    lives[1] = true;
    EXPECT_TRUE(until(1'000'000, [&] { return on_air(); })) << "B does not take over";
  }
  /// Clocks until the relays read so.
  uint64_t wait_for(const std::string& want) {
    const uint64_t from = clocks;
    EXPECT_TRUE(until(4'000'000, [&] { return relays() == want; }))
        << "no " << want << ", but '" << relays() << "'";
    return clocks - from;
  }
};

TEST(Boot, a_dead_server_is_switched_off_and_on_by_its_relays_and_its_heartbeats_are_seen) {
  DeadServer board;
  board.type("boot a");
  EXPECT_EQ(board.relays(), "power a");
  EXPECT_EQ(board.said.find("it lives"), std::string::npos);
  // B's light is steady, A's blinks while it is booted
  bool a_was_lit = false, a_was_dark = false;
  for (unsigned i = 0; i < 300; ++i) {
    board.run(Board::ms);
    EXPECT_TRUE(board.pins().lights & 2);
    (board.pins().lights & 1 ? a_was_lit : a_was_dark) = true;
  }
  EXPECT_TRUE(a_was_lit && a_was_dark);
  const uint64_t held = board.closed[0];
  board.wait_for("");
  EXPECT_NEAR(double(board.closed[0]), 400.0 * Board::ms, 2.0 * Board::ms) << held;
  const uint64_t off = board.wait_for("power a");
  EXPECT_GE(off, 200 * Board::ms);
  board.closed[0] = 0;
  board.wait_for("");
  EXPECT_NEAR(double(board.closed[0]), 50.0 * Board::ms, 2.0 * Board::ms);
  board.lives[0] = true;  // the server comes up
  EXPECT_TRUE(board.until(4'000'000, [&] { return board.said.contains("boot a: it lives"); }))
      << board.said;
  EXPECT_EQ(board.closed[1] + board.closed[2] + board.closed[3], 0u);
  EXPECT_FALSE(board.cut_on_air);
}

TEST(Boot, without_a_sign_of_life_it_is_tried_so_often_and_told) {
  DeadServer board;
  board.type("boot a reset");
  EXPECT_TRUE(board.until(8'000'000, [&] { return board.said.contains("boot a: no life\r"); }))
      << board.said;
  EXPECT_NEAR(double(board.closed[1]), 2 * 50.0 * Board::ms, 4.0 * Board::ms);  // two attempts
  EXPECT_EQ(board.closed[0], 0u);
  EXPECT_TRUE(board.prompt());
  EXPECT_TRUE(board.type("counters").contains("presses  2"));
}

TEST(Boot, a_server_that_falls_silent_is_booted_by_itself_when_told_so) {
  DeadServer board;
  board.lives[0] = true;
  board.run(500'000);
  board.type("config autoboot_s 1");
  board.run(1'500'000);
  EXPECT_EQ(board.closed[0], 0u);
  board.lives[0] = false;
  board.wait_for("power a");
  board.wait_for("");
  board.wait_for("power a");
  board.lives[0] = true;
  EXPECT_TRUE(board.until(4'000'000, [&] { return board.said.contains("boot a: it lives"); }))
      << board.said;
  EXPECT_EQ(board.closed[2] + board.closed[3], 0u);
}

TEST(Boot, the_server_on_air_is_refused_and_one_that_goes_on_air_is_let_go) {
  DeadServer board;
  EXPECT_TRUE(board.type("boot b").contains("refused: it is on air"));
  board.lives[0] = true;
  board.run(100'000);
  board.type("boot a");  // an operator's mistake: A lives
  EXPECT_EQ(board.relays(), "power a");
  board.lives[1] = false;  // and now B dies: A has to serve
  EXPECT_TRUE(board.until(100'000, [&] { return !board.on_air(); }));
  board.clock();
  EXPECT_EQ(board.relays(), "");
  EXPECT_TRUE(board.until(4'000'000, [&] {
    return board.said.contains("boot a: that server is on air");
  })) << board.said;
  EXPECT_EQ(board.relays(), "");
  EXPECT_FALSE(board.cut_on_air);
}

TEST(Interlock, holds_whatever_the_core_does) {
  // no firmware: a loop that presses everything in turn, as fast as it can
  const std::vector<uint32_t> program = {
      e::lui(1, protocol::soc::gate), e::addi(2, 0, 3), e::sw(2, 1, protocol::registers::untagged),
      e::lui(1, protocol::soc::devices), e::lui(3, 0x10000), e::addi(4, 0, 700),
      // x2 goes through the relays, x4 through the milliseconds
      e::reg(6, false, 5, 2, 4), e::sw(5, 1, protocol::soc::relays), e::reg(0, false, 2, 2, 3),
      e::addi(4, 4, 3), e::imm(7, 4, 4, 0x7FF), e::jal(0, -20)};
  std::vector<uint8_t> image;
  for (const uint32_t w : program)
    for (int k = 0; k < 4; ++k) image.push_back(uint8_t(w >> (8 * k)));
  Board board(image);
  board.feed(true);
  uint64_t changes = 0;
  bool last = false;
  board.lives = {true, true};
  for (int round = 0; round < 40; ++round) {
    board.lives[round % 2] = round % 3 == 0;
    board.lives[1 - round % 2] = true;
    for (int i = 0; i < 25'000; ++i) {
      board.clock();
      changes += board.on_air() != last;
      last = board.on_air();
    }
  }
  EXPECT_FALSE(board.cut_on_air);
  for (unsigned i = 0; i < 4; ++i) EXPECT_GT(board.closed[i], 0u) << i << ": nothing was tried";
  EXPECT_GE(changes, 3u);  // as many as the anti-flap rule lets through
}

TEST(SelfTest, passes_and_leaves_everything_as_it_was) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  board.type("selftest");
  bool b_was_on_air = false;
  EXPECT_TRUE(board.until(20'000'000, [&] {
    b_was_on_air = b_was_on_air || board.on_air();
    return board.said.contains("self test: passed");
  })) << board.said;
  EXPECT_TRUE(b_was_on_air);
  EXPECT_FALSE(board.on_air());
  EXPECT_TRUE(board.prompt());
  const auto config = board.type("config untagged");
  EXPECT_TRUE(config.contains("untagged 0")) << config;
}

TEST(SelfTest, is_not_run_beside_a_living_server) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  board.lives[1] = true;
  board.type("selftest");
  EXPECT_TRUE(board.until(20'000'000, [&] {
    return board.said.contains("self test: a server is there");
  })) << board.said;
}

TEST(Restart, counters_and_the_cause_are_kept_and_power_up_forgets_them) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  EXPECT_TRUE(board.type("counters").contains("starts   1: board 1, watchdog 0, asked 0"));
  board.type("restart");
  ASSERT_TRUE(board.prompt());
  EXPECT_TRUE(board.type("counters").contains("starts   2: board 1, watchdog 0, asked 1"))
      << board.said;
  Board again(board.flash);
  ASSERT_TRUE(again.prompt());
  EXPECT_TRUE(again.type("counters").contains("starts   1: board 1, watchdog 0, asked 0"))
      << again.said;
}

TEST(Restart, a_loop_that_hangs_is_noticed_and_says_where) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  board.deaf = true;  // so the loop waits for ever
  board.type_byte('\r');
  board.run(3'500 * Board::ms);
  board.deaf = false;
  board.said.clear();
  ASSERT_TRUE(board.prompt());
  const auto counters = board.type("counters");
  EXPECT_TRUE(counters.contains("traps    1, last 0x80000007 at 0x")) << counters;
  EXPECT_TRUE(counters.contains("asked 1")) << counters;
}

TEST(Restart, a_core_that_finds_no_program_is_restarted_and_comes_up_when_there_is_one) {
  Board board(std::vector<uint8_t>(4096, 0xFF));
  board.run(10'000'000);
  EXPECT_EQ(board.said, "");
  const auto image = Board::firmware();
  std::copy(image.begin(), image.end(), board.flash.content.begin() + Board::image);
  EXPECT_TRUE(board.prompt(10'000'000));
  EXPECT_TRUE(board.type("counters").contains("watchdog")) << board.said;
  EXPECT_FALSE(board.type("counters").contains("watchdog 0")) << board.said;
}

}  // namespace
}  // namespace understudy::core
