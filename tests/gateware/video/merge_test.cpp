// SPDX-License-Identifier: Apache-2.0
// The line merge alone: every row of its choice table, written out in words here and not as in the
// RTL.
#include <gtest/gtest.h>

#include "Vline_merge.h"
#include "Vline_merge___024root.h"
#include "protocol/events.hpp"
#include "rtl/drive.hpp"

namespace understudy::gate {
namespace {

using protocol::EventKind;

struct Merge : testing::Test {
  Vline_merge m;
  Merge() {
    m.clk = 0;
    m.line_select = m.boundary = m.frame_equal = m.active = m.hsync = m.vsync = 0;
    m.h = m.v = 0;
    m.slate = 0xAABBCC;
    m.data_a = 0x0A0A0B, m.data_b = 0x0B0B0D;
    m.on_air = 0, m.rescue = 1, m.rescue_unproven = 0, m.found = 0, m.crc_a = m.crc_b = 0;
    m.discard = 0, m.brightest = 0, m.select_line = 0;
    reset(m);
  }
  void select(uint8_t found, bool equal) {
    m.found = found, m.crc_a = 5, m.crc_b = equal ? 5 : 6, m.select_line = 3, m.line_select = 1;
    m.eval();
  }
  void finish() {
    clock(m);
    m.line_select = 0;
  }
  void boundary(bool equal) {
    m.boundary = 1, m.frame_equal = equal;
    clock(m);
    m.boundary = m.frame_equal = 0;
  }
  uint32_t pixel(uint16_t h) {
    m.h = h, m.active = 1;
    clock(m);
    m.active = 0;
    clock(m);
    return m.video_out_tdata;
  }
};

TEST_F(Merge, chooses_as_the_table_says) {
  for (int row = 0; row < 256; ++row) {
    const uint8_t found = row & 3;
    const bool on_air = row & 4, rescue = row & 8, unproven = row & 16, before = row & 32,
               equal = row & 64, second = row & 128;
    boundary(true);  // not divergent
    EXPECT_FALSE(m.diverged);
    if (before) select(3, false), finish(), boundary(false);
    m.on_air = on_air, m.rescue = rescue, m.rescue_unproven = unproven;
    if (second) select(found, equal), finish();  // the second line of a frame: no event again
    select(found, equal);

    const bool differ = found == 3 && !equal;
    int choice = 2;
    if (found >> on_air & 1)
      choice = on_air;
    else if (found >> !on_air & 1 && rescue && (!before || unproven))
      choice = !on_air;
    EXPECT_EQ(m.take, choice == 2 ? 0 : 1 << choice) << row;
    const bool event = (differ && !before) || choice != on_air;
    EXPECT_EQ(m.event_valid, event && !second) << row;
    if (m.event_valid) {
      const auto kind = EventKind(m.event_data >> 56);
      EXPECT_EQ(kind, differ        ? EventKind::diverged
                      : choice == 2 ? EventKind::lost
                                    : EventKind::rescue);
      EXPECT_EQ(m.event_data >> 48 & 0xFF, choice == 2 || differ ? 2u : uint32_t(choice));
      EXPECT_EQ(m.event_data >> 32 & 0xFFFF, 3u);
      EXPECT_EQ(m.event_data & 0xFFFFFFFF, differ ? 3u : 0u);
    }
    finish();
    EXPECT_EQ(m.choice, choice) << row;
    EXPECT_EQ(m.good, found);
    EXPECT_EQ(m.diverged, before || differ);
    EXPECT_EQ(m.rescued, choice == !on_air);
    EXPECT_EQ(m.lost, choice == 2);
    const uint32_t all[] = {0x0A0A0B, 0x0B0B0D, 0xAACCBB};
    EXPECT_EQ(pixel(40), all[choice]);
    EXPECT_EQ(pixel(39), all[choice] & 0xFEFEFE);
  }
}

TEST_F(Merge, a_line_under_way_does_not_change_its_source) {
  select(3, true);
  finish();
  EXPECT_EQ(pixel(41), 0x0A0A0Bu);
  m.on_air = 1, m.found = 2, m.rescue = 0, m.crc_b = 9;
  EXPECT_EQ(pixel(42), 0x0A0A0Bu);
  select(3, true);
  finish();
  EXPECT_EQ(pixel(41), 0x0B0B0Du);
}

TEST_F(Merge, divergence_stays_until_a_whole_frame_was_equal) {
  select(3, false);
  finish();
  boundary(false);
  EXPECT_TRUE(m.diverged);
  select(3, true);
  finish();
  EXPECT_TRUE(m.diverged);
  boundary(true);
  EXPECT_FALSE(m.diverged);
}

}  // namespace
}  // namespace understudy::gate
