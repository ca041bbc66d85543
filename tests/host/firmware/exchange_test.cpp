// SPDX-License-Identifier: Apache-2.0
// A line for the firmware and its answer in pieces: whole, with a hole, of another line, none.
#include "host/core/firmware_exchange/firmware_exchange.hpp"

#include <gtest/gtest.h>

namespace understudy::core {
namespace {
using protocol::FirmwareResult;
using protocol::FirmwareText;

FirmwareText piece(uint8_t id, uint8_t number, const char* text, bool last) {
  return {id, number, protocol::LinkText<22>(std::string_view(text)), last,
          FirmwareResult::refused};
}

TEST(FirmwareExchange, pieces_become_one_answer) {
  FirmwareExchange exchange(255);
  const auto line = exchange.begin("boot a");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->id, 0);  // wraps
  EXPECT_FALSE(exchange.take(piece(9, 0, "another line's", true)));
  EXPECT_FALSE(exchange.take(piece(0, 0, "refused: ", false)));
  const auto outcome = exchange.take(piece(0, 1, "busy\n", true));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->text, "refused: busy\n");
  EXPECT_EQ((*outcome)->result, FirmwareResult::refused);
  EXPECT_FALSE(exchange.busy());
  EXPECT_FALSE(exchange.take(piece(0, 2, "late", true)));
}

TEST(FirmwareExchange, more_pieces_than_a_byte_counts_are_one_answer) {
  FirmwareExchange exchange(0);
  ASSERT_TRUE(exchange.begin("x"));
  for (int i = 0; i < 299; ++i)
    ASSERT_FALSE(exchange.take(piece(1, uint8_t(i), "0123456789", false)));
  const auto outcome = exchange.take(piece(1, uint8_t(299), "", true));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->text.size(), 2990u);
}

TEST(FirmwareExchange, a_hole_is_told_and_nothing_is_sent_again) {
  FirmwareExchange exchange(0);
  ASSERT_TRUE(exchange.begin("boot a"));
  const auto outcome = exchange.take(piece(1, 1, "behind a hole", true));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_NE(outcome->error().find("not known"), std::string::npos);
  EXPECT_FALSE(exchange.busy());
}

TEST(FirmwareExchange, an_answer_without_end_is_given_up_and_its_text_is_only_text) {
  FirmwareExchange exchange(0);
  ASSERT_TRUE(exchange.begin("status"));
  std::optional<FirmwareExchange::Outcome> outcome;
  for (int i = 0; i < 5000 && !outcome; ++i)
    outcome = exchange.take(piece(1, uint8_t(i), "", false));
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_NE(outcome->error().find("no end"), std::string::npos);
  ASSERT_TRUE(exchange.begin("status"));
  outcome = exchange.take(piece(2, 0, "\x1b[31m\xff\nok", true));
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->text, "?[31m?\nok");
}

TEST(FirmwareExchange, silence_names_the_core_and_the_next_line_has_another_number) {
  FirmwareExchange exchange(0);
  const auto first = exchange.begin("status");
  const auto outcome = exchange.give_up();
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().find("soft core does not answer"), std::string::npos);
  const auto second = exchange.begin("status");
  EXPECT_NE(first->id, second->id);
  EXPECT_FALSE(exchange.take(piece(first->id, 0, "too late", true)));
  EXPECT_TRUE(exchange.busy());
}

TEST(FirmwareExchange, lines_that_cannot_be_sent_are_said_to_be_so) {
  FirmwareExchange exchange(0);
  for (const std::string& line :
       {std::string(), std::string(40, 'x'), std::string("a\nb"), std::string("\xc3\xa4")})
    EXPECT_FALSE(exchange.begin(line)) << line;
  EXPECT_TRUE(exchange.begin(std::string(39, 'x')));
}

}  // namespace
}  // namespace understudy::core
