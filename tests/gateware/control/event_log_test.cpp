// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <deque>

#include "Vevent_log.h"
#include "bench.hpp"
#include "protocol/events.hpp"
#include "protocol/limits.hpp"

namespace understudy::gateware {
namespace {

using protocol::EventKind;
constexpr uint32_t depth = protocol::limits::event_log_depth;

struct Entry {
  uint32_t sequence = 0;
  EventKind kind = EventKind::none;
  uint32_t data = 0;
};

/// `ready(reader)` decides in each clock who takes what is at hand.
class Log {
 public:
  Block<Vevent_log> block;
  std::array<std::deque<Entry>, 3> got;
  uint32_t written = 0, lost_strobes = 0;

  Log() {
    block->event_valid = 0;
    block->read_tready = 0;
    for (int i = 0; i < 4; ++i) block->now[i] = 0xABCD0000u + uint32_t(i);
  }
  /// An event whose data is its number.
  void write() {
    for (int i = 0; i < 6; ++i) block->event_data[i] = 0;
    block->event_data[0] = written;
    block->event_data[5] = uint32_t(EventKind::request) << 8;  // kind stands in bits 175..168
    block->event_valid = 1;
    ++written;
  }
  void clock(uint8_t ready) {
    block->read_tready = ready;
    block.settle();
    for (int r = 0; r < 3; ++r)
      if ((block->read_tvalid & ready) >> r & 1) take(r);
    lost_strobes += block->events_lost;
    block.clock();
    block->event_valid = 0;
  }
  void clocks(unsigned n, uint8_t ready) {
    for (; n > 0; --n) clock(ready);
  }

 private:
  uint32_t bits(int r, int low) {  // 32 bits of reader r's event, from bit `low`
    const int at = r * 176 + low;
    const uint64_t two = uint64_t(at / 32 + 1 < 17 ? block->read_event[at / 32 + 1] : 0) << 32 |
                         block->read_event[at / 32];
    return static_cast<uint32_t>(two >> (at % 32));
  }
  void take(int r) {
    Entry e{block->read_sequence[r], EventKind(bits(r, 168) & 0xFF), bits(r, 0)};
    if (e.kind == EventKind::events_lost) {
      EXPECT_EQ(bits(r, 32), 0xABCD0000u);
      EXPECT_EQ(bits(r, 128), 0xABCD0003u);
      EXPECT_EQ(bits(r, 160) & 0xFF, 2u);
    }
    got[size_t(r)].push_back(e);
  }
};

TEST(EventLog, each_reader_gets_each_event_in_order) {
  Log log;
  for (uint32_t i = 0; i < depth; ++i) {
    log.write();
    log.clock(0);
  }
  log.clocks(600, 7);
  for (const auto& got : log.got) {
    ASSERT_EQ(got.size(), depth);
    for (uint32_t i = 0; i < depth; ++i) {
      EXPECT_EQ(got[i].sequence, i);
      EXPECT_EQ(got[i].data, i);
      EXPECT_EQ(got[i].kind, EventKind::request);
    }
  }
  EXPECT_EQ(log.lost_strobes, 0u);
}

TEST(EventLog, a_reader_that_falls_behind_is_told_how_many_it_missed_and_goes_on_with_the_oldest) {
  Log log;
  for (int i = 0; i < 100; ++i) {
    log.write();
    log.clock(0);
    log.clock(0);
  }
  EXPECT_EQ(log.block->read_waiting, 1 + 1 + depth);  // one at hand, the report, the ring
  log.clocks(800, 7);
  for (const auto& got : log.got) {
    ASSERT_GE(got.size(), depth + 1);
    // what was at hand already, then the report, then the last 64
    const size_t report = got.size() - depth - 1;
    ASSERT_EQ(got[report].kind, EventKind::events_lost);
    EXPECT_EQ(got[report].data + report + depth, 100u);
    EXPECT_EQ(got[report].sequence + 1, got[report + 1].sequence);
    EXPECT_EQ(got[report + 1].data, 100 - depth);
    EXPECT_EQ(got.back().data, 99u);
  }
  EXPECT_EQ(log.lost_strobes, 3u);
}

TEST(EventLog, slow_and_fast_readers_do_not_disturb_each_other_and_all_is_accounted_for) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    Log log;
    unsigned write_chance = 4, ready_chance[3] = {1, 8, 64};
    for (int i = 0; i < 30000; ++i) {
      if (random() % 700 == 0) {
        write_chance = 1 + random() % 40;
        for (auto& c : ready_chance) c = 1 + random() % 100;
      }
      if (random() % write_chance == 0) log.write();
      uint8_t ready = 0;
      for (unsigned r = 0; r < 3; ++r)
        if (random() % ready_chance[r] == 0) ready |= uint8_t(1u << r);
      log.clock(ready);
    }
    log.clocks(1000, 7);
    for (const auto& got : log.got) {
      uint32_t next = 0;  // the number that must come now
      for (const auto& e : got) {
        if (e.kind == EventKind::events_lost) {
          next += e.data;
          EXPECT_EQ(e.sequence + 1, next);
        } else {
          ASSERT_EQ(e.data, next) << "seed " << seed;
          EXPECT_EQ(e.sequence, next);
          ++next;
        }
      }
      EXPECT_EQ(next, log.written) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace understudy::gateware
