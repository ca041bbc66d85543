// SPDX-License-Identifier: Apache-2.0
// Lines of hosts reach the firmware through their links, beside ticks and heartbeats, and the gate
// does not mind them, whoever is behind it.
#include <gtest/gtest.h>

#include "tests/gateware/core/board.hpp"

namespace understudy::core {
namespace {
using protocol::FirmwareResult;

TEST(LinkLine, is_answered_to_the_host_that_asked_beside_its_ticks) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  for (const unsigned server : {0u, 1u}) {
    const auto version = board.ask(server, "version");
    ASSERT_TRUE(version) << server;
    EXPECT_EQ(version->text, "firmware 0.1, gate's link 2\n");
    EXPECT_EQ(version->result, FirmwareResult::done);
    EXPECT_GT(version->ticks, 0u);
    EXPECT_EQ(version->garbage, 0u);
  }
  board.heard[1].clear();
  const auto config = board.ask(0, "config");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->text.contains("press_ms 500\n") && config->text.contains("\nproven 8\n"))
      << config->text;
  EXPECT_GT(config->pieces, 8u);
  EXPECT_EQ(config->garbage, 0u);
  protocol::LinkDecoder decoder;  // the other host hears nothing of it
  for (const uint8_t b : board.heard[1])
    if (const auto message = decoder.byte(b)) {
      EXPECT_FALSE(protocol::decode_firmware_text(*message));
    }
  EXPECT_TRUE(board.prompt());
  EXPECT_FALSE(board.said.contains("press_ms")) << "it went to the console too";
  std::cout << "stack down to " << std::hex << board.lowest_stack << std::dec << "\n";
}

TEST(LinkLine, says_how_it_ended) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  const auto result = [&](const char* line) {
    const auto answer = board.ask(0, line);
    EXPECT_TRUE(answer) << line;
    return answer ? answer->result : FirmwareResult::failed;
  };
  EXPECT_EQ(result("config press_ms 321"), FirmwareResult::done);
  EXPECT_EQ(result("config press_ms 0"), FirmwareResult::wrong);
  EXPECT_EQ(result("nonsense"), FirmwareResult::wrong);
  EXPECT_EQ(result("boot a"), FirmwareResult::refused);  // it is on air
  EXPECT_EQ(result("power a off"), FirmwareResult::refused);
  EXPECT_EQ(board.relays(), "");
  EXPECT_EQ(result("power b on"), FirmwareResult::done);
  EXPECT_EQ(board.relays(), "power b");
  EXPECT_EQ(board.ask(0, "config press_ms")->text, "press_ms 321\n");
  board.said.clear();
  EXPECT_EQ(result("restart"), FirmwareResult::done);  // back to what the flash holds
  ASSERT_TRUE(board.prompt());
  EXPECT_EQ(board.ask(0, "config press_ms")->text, "press_ms 500\n");
}

TEST(LinkLine, goes_between_heartbeats_and_none_of_them_is_missed) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  ASSERT_TRUE(board.ask(0, "config untagged 3"));
  board.feed(true);
  board.lives = {true, true};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(board.ask(unsigned(i % 2), "config ranges"));
  const auto status = board.ask(1, "status");
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->text.contains("on air       a\nprotected    yes\nhealthy      a b\n"))
      << status->text;
  EXPECT_FALSE(status->text.contains("link_") || status->text.contains("beats_")) << status->text;
}

TEST(LinkLine, a_host_that_takes_nothing_does_not_hold_the_firmware_up_for_long) {
  Board board(Board::firmware());
  ASSERT_TRUE(board.prompt());
  board.host_deaf[1] = true;
  board.send(1, protocol::frame(protocol::FirmwareLine{1, {"config ranges"}}).bytes());
  board.run(2'000'000);
  ASSERT_TRUE(board.ask(0, "counters"));
  EXPECT_TRUE(board.ask(0, "counters")->text.contains("watchdog 0")) << "the loop hung";
}

TEST(LinkLine, without_a_firmware_nobody_answers_and_the_gate_goes_on) {
  Board board(std::vector<uint8_t>(4096, 0xFF));
  board.feed(true);
  board.lives = {true, true};
  board.run(100'000);
  const uint64_t before = board.clocks;
  EXPECT_FALSE(board.ask(0, "status", 500'000));
  EXPECT_EQ(board.clocks - before, 500'000u);
  const auto ticks = [&] {
    unsigned n = 0;
    protocol::LinkDecoder decoder;
    for (const uint8_t b : board.heard[0])
      if (const auto message = decoder.byte(b))
        if (const auto tick = protocol::decode_tick(*message)) {
          ++n;
          EXPECT_EQ(tick->alarms & 0x3060, 0) << "links, beats";
        }
    return n;
  };
  board.heard[0].clear();
  board.run(160'000);
  EXPECT_GE(ticks(), 98u);
}

}  // namespace
}  // namespace understudy::core
