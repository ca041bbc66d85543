// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "Vlink_transmitter.h"
#include "bench.hpp"
#include "protocol/link.hpp"

namespace understudy::gateware {
namespace {

using namespace protocol;

/// Puts a message into a port of 32-bit words, first byte lowest.
template <class Port>
void load(Port& port, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < (bytes.size() + 3) / 4; ++i) port[i] = 0;
  for (size_t i = 0; i < bytes.size(); ++i) port[i / 4] |= uint32_t(bytes[i]) << (8 * (i % 4));
}

class Transmitter {
 public:
  Block<Vlink_transmitter> block;
  std::vector<uint8_t> sent;
  Random random{3};
  unsigned ready_of_8 = 8;
  unsigned events_taken = 0;

  Transmitter() { block->tick = 0, block->event_tvalid = 0, block->tx_tready = 0; }
  void tick(const Tick& m) {
    std::array<uint8_t, Tick::bytes> b{};
    encode(m, b);
    load(block->tick_message, b);
    block->tick = 1;
    clock();
    block->tick = 0;
  }
  void offer(const Event& m) {
    std::array<uint8_t, Event::bytes> b{};
    encode(m, b);
    load(block->event_tdata, std::span<const uint8_t>(b).subspan(1));
    block->event_tvalid = 1;
  }
  void clock() {
    block->tx_tready = random() % 8 < ready_of_8;
    block.settle();
    const bool stuck = block->tx_tvalid && !block->tx_tready;
    const uint8_t data = block->tx_tdata;
    if (block->tx_tvalid && block->tx_tready) sent.push_back(data);
    const bool took = block->event_tvalid && block->event_tready;
    block.clock();
    if (took) block->event_tvalid = 0, ++events_taken;
    if (stuck) {
      EXPECT_TRUE(block->tx_tvalid);
      EXPECT_EQ(block->tx_tdata, data);
    }
  }
  void clocks(unsigned n) {
    for (; n > 0; --n) clock();
  }
};

std::vector<uint8_t> wire(std::initializer_list<LinkFrame> frames) {
  std::vector<uint8_t> all;
  for (const auto& f : frames) all.insert(all.end(), f.data.begin(), f.data.begin() + long(f.size));
  return all;
}

Tick tick(uint32_t frame_number) {
  return {1, Server::b, Server::a,      frame_number, 1, ServerState::primary, ServerState::unknown,
          2, 0,         Mode::automatic};
}
Event event(uint32_t sequence) {
  return {sequence, EventKind::takeover, 1, 0x00000100, 17, 0x00AA00BB00CCull, 2, 0};
}

TEST(LinkTransmitter, frames_are_byte_for_byte_the_hosts) {
  Transmitter t;
  t.tick(tick(7));
  t.clocks(200);
  EXPECT_EQ(t.sent, wire({frame(tick(7))}));
  t.offer(event(1));
  t.clocks(200);
  EXPECT_EQ(t.sent, wire({frame(tick(7)), frame(event(1))}));
}

TEST(LinkTransmitter, a_tick_goes_before_events_that_wait) {
  Transmitter t;
  t.offer(event(1));
  t.tick(tick(1));  // the event's frame has begun
  while (t.events_taken == 0) t.clock();
  t.offer(event(2));
  t.clocks(600);
  EXPECT_EQ(t.sent, wire({frame(event(1)), frame(tick(1)), frame(event(2))}));
}

TEST(LinkTransmitter, a_tick_that_could_not_start_is_replaced_by_the_next) {
  Transmitter t;
  t.ready_of_8 = 0;
  t.tick(tick(1));
  t.clocks(100);
  for (uint32_t i = 2; i < 9; ++i) {
    t.tick(tick(i));
    t.clocks(100);
  }
  t.ready_of_8 = 8;
  t.clocks(300);
  EXPECT_EQ(t.sent, wire({frame(tick(1)), frame(tick(8))}));
}

TEST(LinkTransmitter, a_tick_that_comes_while_the_one_before_is_still_read_takes_its_place) {
  for (unsigned after = 0; after < 100; ++after) {
    Transmitter t;
    t.tick(tick(1));
    t.clocks(after);
    t.tick(tick(2));
    t.clocks(400);
    const auto both = wire({frame(tick(1)), frame(tick(2))}), second = wire({frame(tick(2))});
    EXPECT_EQ(t.sent, t.sent.size() == second.size() ? second : both) << after;
    if (after > 30) {
      EXPECT_EQ(t.sent, both) << after;
    }
  }
}

TEST(LinkTransmitter, random_messages_against_random_back_pressure) {
  Random random(9);
  Transmitter t;
  std::vector<uint8_t> want;
  const auto number = [&] {
    return random() % 2 ? uint32_t(random()) : uint32_t(random()) & 0x00FF00FF;
  };
  for (int i = 0; i < 500; ++i) {
    t.ready_of_8 = 1 + random() % 8;
    LinkFrame f;
    if (random() % 2) {
      const Tick m{1,
                   Server(random() % 2),
                   Server(random() % 2),
                   number(),
                   number(),
                   ServerState(random() % 10),
                   ServerState(random() % 10),
                   uint16_t(number()),
                   uint16_t(number()),
                   Mode(random() % 3)};
      f = frame(m);
      t.tick(m);
    } else {
      const Event m{number(),
                    EventKind(random() % 22),
                    uint8_t(random() % 3),
                    number(),
                    uint16_t(number()),
                    uint64_t(number()) << 16 | (number() & 0xFFFF),
                    number(),
                    number()};
      f = frame(m);
      t.offer(m);
    }
    want.insert(want.end(), f.data.begin(), f.data.begin() + long(f.size));
    for (int wait = 0; wait < 3000 && t.sent.size() < want.size(); ++wait) t.clock();
    ASSERT_EQ(t.sent, want);
  }
}

TEST(LinkTransmitter, says_nothing_by_itself) {
  Transmitter t;
  t.clocks(1000);
  EXPECT_TRUE(t.sent.empty());
}

}  // namespace
}  // namespace understudy::gateware
