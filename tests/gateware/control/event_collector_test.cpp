// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "Vevent_collector.h"
#include "bench.hpp"
#include "protocol/events.hpp"

namespace understudy::gateware {
namespace {

using protocol::EventKind;
constexpr unsigned sources = 3;

struct Entry {
  uint32_t kind, source, frame, line, clock, term, data;
};

class Collector {
 public:
  Block<Vevent_collector> block;
  std::vector<Entry> log;
  uint32_t now = 0, lost_clocks = 0;

  Collector() {
    block->source_valid = 0;
    block->boundary_tvalid = 0;
    block->lost_elsewhere = 0;
    block->line = 40;
  }
  void raise(unsigned s, uint32_t data) {
    block->source_valid |= 1u << s;
    block->source_event[2 * s] = data;
    block->source_event[2 * s + 1] = uint32_t(EventKind::rescue) << 24 | s << 16 | (100 + s);
  }
  void boundary(uint32_t data) {
    for (int i = 0; i < 6; ++i) block->boundary_tdata[i] = 0;
    block->boundary_tdata[0] = data;
    block->boundary_tdata[5] = uint32_t(EventKind::takeover) << 8;
    block->boundary_tvalid = 1;
  }
  void clock() {
    block->frame = now / 10, block->clock = now, block->term = now / 100;
    block.settle();
    const auto& e = block->event_data;
    if (block->event_valid)
      log.push_back({e[5] >> 8 & 0xFF, e[5] & 0xFF, e[4], e[3] >> 16, e[2], e[1], e[0]});
    lost_clocks += block->lost;
    block.clock();
    block->source_valid = 0, block->boundary_tvalid = 0, block->lost_elsewhere = 0;
    ++now;
  }
};

TEST(EventCollector, stamps_an_event_when_it_happens_and_hands_all_of_a_clock_on_one_by_one) {
  Collector c;
  c.now = 1234;
  for (unsigned s = 0; s < sources; ++s) c.raise(s, 50 + s);
  for (int i = 0; i < 6; ++i) c.clock();
  ASSERT_EQ(c.log.size(), sources);
  for (uint32_t s = 0; s < sources; ++s) {
    const auto& e = c.log[s];
    EXPECT_EQ(e.kind, uint32_t(EventKind::rescue));
    EXPECT_EQ(e.source, s);
    EXPECT_EQ(e.frame, 123u);
    EXPECT_EQ(e.line, 100 + s);
    EXPECT_EQ(e.clock, 1234u);
    EXPECT_EQ(e.term, 12u);
    EXPECT_EQ(e.data, 50 + s);
  }
}

TEST(EventCollector, what_is_overwritten_or_lost_elsewhere_is_counted_and_said) {
  Collector c;
  for (int i = 0; i < 5;
       ++i) {  // the boundary keeps the way; source 0 overwrites itself four times
    c.raise(0, uint32_t(i));
    c.boundary(7);
    c.block->lost_elsewhere = i == 2 ? 3 : 0;
    c.clock();
  }
  for (int i = 0; i < 5; ++i) c.clock();
  ASSERT_EQ(c.log.size(), 7u);
  EXPECT_EQ(c.log[5].data, 4u);  // the newest
  EXPECT_EQ(c.log[6].kind, uint32_t(EventKind::events_lost));
  EXPECT_EQ(c.log[6].line, 40u);
  EXPECT_EQ(c.log[6].data, 7u);
  EXPECT_EQ(c.lost_clocks, 4u);
}

TEST(EventCollector, every_event_is_logged_or_counted) {
  Random random(6);
  Collector c;
  uint32_t raised = 0;
  for (int i = 0; i < 50000; ++i) {
    const unsigned chance = 2 + (i / 5000) * 3 % 11;
    for (unsigned s = 0; s < sources; ++s)
      if (random() % chance == 0) c.raise(s, raised++);
    if (random() % chance == 0) c.boundary(raised++);
    if (random() % 50 == 0) {
      c.block->lost_elsewhere = static_cast<uint8_t>(random() % 10);
      raised += c.block->lost_elsewhere;
    }
    c.clock();
  }
  for (int i = 0; i < 10; ++i) c.clock();
  uint32_t accounted = 0, lost = 0;
  std::map<uint32_t, int> seen;
  for (const auto& e : c.log) {
    if (e.kind == uint32_t(EventKind::events_lost)) {
      lost += e.data;
    } else {
      ++accounted;
      EXPECT_EQ(++seen[e.data], 1);
    }
  }
  EXPECT_EQ(accounted + lost, raised);
  EXPECT_GT(lost, 100u);
}

}  // namespace
}  // namespace understudy::gateware
