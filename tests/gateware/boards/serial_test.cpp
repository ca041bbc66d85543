// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "Vreset_hold.h"
#include "Vuart_receiver.h"
#include "Vuart_receiver_half.h"
#include "Vuart_transmitter.h"
#include "Vuart_transmitter_half.h"
#include "tests/gateware/control/bench.hpp"

namespace understudy::gateware {
namespace {

constexpr unsigned bit_clocks = 25;

/// Puts bits to the receiver's line, each for so many 1000ths of a clock.
template <class Receiver>
class ListenerOf {
 public:
  Block<Receiver> block;
  std::vector<uint8_t> got;

  ListenerOf() { level(true, 100); }
  void level(bool high, unsigned clocks) {
    block->line = high;
    for (; clocks > 0; --clocks) {
      block.clock();
      if (block->tvalid) got.push_back(block->tdata);
    }
  }
  void byte(uint8_t value, bool stop = true, unsigned thousandths = 25000) {
    unsigned said = 0, due = 0;
    const unsigned bits = unsigned(value) << 1 | unsigned(stop) << 9;
    for (unsigned i = 0; i < 10; ++i) {
      due += thousandths;
      level(bits >> i & 1, due / 1000 - said);
      said = due / 1000;
    }
  }
};

using Listener = ListenerOf<Vuart_receiver>;
using HalfListener = ListenerOf<Vuart_receiver_half>;  // 12 clocks and a half a bit

TEST(Serial, every_byte_is_heard_also_back_to_back) {
  Listener l;
  std::vector<uint8_t> want;
  for (unsigned i = 0; i < 256; ++i) want.push_back(uint8_t(i * 73 + 5));
  for (const uint8_t b : want) l.byte(b);
  l.level(true, 30);
  EXPECT_EQ(l.got, want);
}

TEST(Serial, a_sender_three_percent_off_is_heard) {
  for (const unsigned thousandths : {24250u, 25750u}) {
    Listener l;
    std::vector<uint8_t> want;
    for (unsigned i = 0; i < 256; ++i) want.push_back(uint8_t(i));
    for (const uint8_t b : want) l.byte(b, true, thousandths);
    l.level(true, 60);
    EXPECT_EQ(l.got, want) << thousandths;
  }
}

TEST(Serial, bits_of_clocks_and_a_half_are_heard_three_percent_off_too) {
  for (const unsigned thousandths : {12125u, 12500u, 12875u}) {
    HalfListener l;
    std::vector<uint8_t> want;
    for (unsigned i = 0; i < 256; ++i) want.push_back(uint8_t(i * 73 + 5));
    for (const uint8_t b : want) l.byte(b, true, thousandths);
    l.level(true, 60);
    EXPECT_EQ(l.got, want) << thousandths;
  }
}

TEST(Serial, no_stop_bit_or_too_short_a_start_bit_is_no_byte) {
  Listener l;
  l.byte(0x55, false);
  l.level(true, 300);
  EXPECT_TRUE(l.got.empty());
  l.level(false, bit_clocks / 3);
  l.level(true, 300);
  EXPECT_TRUE(l.got.empty());
  l.byte(0xA7);
  l.level(true, 30);
  EXPECT_EQ(l.got, std::vector<uint8_t>{0xA7});
}

TEST(Serial, what_is_sent_is_heard_whenever_bytes_come) {
  Random random(4);
  Block<Vuart_transmitter> sender;
  Listener l;
  std::vector<uint8_t> want;
  sender->tvalid = 0;
  for (unsigned i = 0; i < 200000; ++i) {
    if (!sender->tvalid && random() % 300 == 0) {
      sender->tdata = uint8_t(random());
      sender->tvalid = 1;
    }
    sender.settle();
    const bool taken = sender->tvalid && sender->tready;
    if (taken) want.push_back(sender->tdata);
    l.level(sender->line, 1);
    sender.clock();
    if (taken) sender->tvalid = 0;
  }
  sender->tvalid = 0;
  for (unsigned i = 0; i < 12 * bit_clocks; ++i) {
    l.level(sender->line, 1);
    sender.clock();
  }
  EXPECT_GT(want.size(), 300u);
  EXPECT_EQ(l.got, want);
}

template <class Transmitter>
unsigned clocks_a_byte() {
  Block<Transmitter> sender;
  sender->tdata = 0xFF;
  sender->tvalid = 1;
  unsigned clocks = 0;
  sender.settle();
  do {
    sender.clock();
    ++clocks;
  } while (!sender->tready);
  return clocks;
}

TEST(Serial, a_byte_takes_ten_bit_times_on_the_line) {
  EXPECT_EQ(clocks_a_byte<Vuart_transmitter>(), 10 * bit_clocks + 1);
  EXPECT_EQ(clocks_a_byte<Vuart_transmitter_half>(), 125u + 1);
}

TEST(ResetHold, is_in_reset_until_ready_has_stood_and_again_when_it_ends) {
  VerilatedContext context;
  Vreset_hold hold(&context);
  const auto clock = [&] {
    hold.clk = 0, hold.eval();
    hold.clk = 1, hold.eval();
  };
  hold.ready = 0;
  hold.eval();
  EXPECT_TRUE(hold.rst);
  for (int i = 0; i < 50; ++i) clock();
  EXPECT_TRUE(hold.rst);
  hold.ready = 1;
  for (int i = 0; i < 15; ++i) {
    clock();
    EXPECT_TRUE(hold.rst);
  }
  for (int i = 0; i < 5; ++i) clock();
  EXPECT_FALSE(hold.rst);
  hold.ready = 0;
  for (int i = 0; i < 4; ++i) clock();
  EXPECT_TRUE(hold.rst);
  hold.final();
}

}  // namespace
}  // namespace understudy::gateware
