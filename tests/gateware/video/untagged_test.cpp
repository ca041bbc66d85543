// SPDX-License-Identifier: Apache-2.0
// Inputs without tags: whole lines in time stand for good ones; freeze, black and loss are found
// against the other input, and the switch is at the boundary at which they are known.
#include <gtest/gtest.h>

#include "tests/gateware/video/gate_bench.hpp"

namespace understudy::gate {
namespace {

using protocol::EventKind;
namespace registers = protocol::registers;

/// Both inputs play the same moving picture without tags, both servers' hearts beat.
struct Untagged : testing::Test {
  GateBench bench;
  uint32_t struck = ~0u;  // first frame of the fault, on A
  enum { none, frozen, dark, gone } fault = none;

  Untagged() {
    bench.beats = {true, true};
    for (auto& f : bench.feeders) f.tagged = false;
    bench.disturb = [this](int s, Feeder& f, std::vector<Pin>& pins) {
      const bool now = s == 0 && f.frame() >= struck;
      if (now && fault == gone) pins.assign(48, Pin{});
      for (uint32_t x = 0; x < pins.size(); ++x)
        pins[x].data = now && fault == dark
                           ? 0x101010
                           : pixel(now && fault == frozen ? struck - 1 : f.frame(), f.y(), x);
    };
    bench.write(registers::untagged, 3);
  }
  static uint32_t pixel(uint32_t frame, uint32_t y, uint32_t x) {
    return (frame * 2654435761u + y * 40503u + x * 9973u) & 0xFFFFFF;
  }
  uint32_t wrong(uint32_t frame) {
    uint32_t n = 0;
    for (uint32_t y = 0; y < 16; ++y)
      for (uint32_t x = 0; x < 48; ++x) {
        const uint32_t want = x < 40 ? pixel(frame, y, x) & 0xFEFEFE : pixel(frame, y, x);
        n += bench.frames[frame][y].pixels.at(x) != want;
      }
    return n;
  }
};

TEST_F(Untagged, whole_lines_pass_with_the_tag_area_cleared) {
  bench.run_to_frame(6);
  for (uint32_t k = 1; k < 6; ++k) EXPECT_EQ(wrong(k), 0u) << k;
  EXPECT_EQ(bench.frames[4][3].good, 3);
  EXPECT_EQ(bench.find(EventKind::freeze), nullptr);
  EXPECT_EQ(bench.find(EventKind::black), nullptr);
}

TEST_F(Untagged, freeze_is_found_after_as_many_frames_as_configured) {
  fault = frozen, struck = 8;
  bench.run_to_frame(16);
  const auto* freeze = bench.find(EventKind::freeze);
  ASSERT_NE(freeze, nullptr);
  EXPECT_EQ(freeze->source, 0);
  EXPECT_EQ(freeze->frame, struck + 4);  // five frames alike
  const auto* takeover = bench.find(EventKind::takeover);
  ASSERT_NE(takeover, nullptr);
  EXPECT_EQ(takeover->frame, struck + 4);
  EXPECT_EQ(takeover->data, uint32_t(protocol::Reason::picture_bad));
  EXPECT_EQ(wrong(struck + 5), 0u);
  EXPECT_NE(wrong(struck + 4), 0u);
}

TEST_F(Untagged, a_still_on_both_is_no_freeze) {
  bench.disturb = [](int, Feeder& f, std::vector<Pin>& pins) {
    for (uint32_t x = 0; x < pins.size(); ++x)
      pins[x].data = pixel(std::min(f.frame(), 5u), f.y(), x);
  };
  bench.run_to_frame(20);
  EXPECT_EQ(bench.find(EventKind::freeze), nullptr);
  EXPECT_EQ(bench.find(EventKind::takeover), nullptr);
}

TEST_F(Untagged, freeze_zero_means_never) {
  bench.write(registers::freeze, 0);
  fault = frozen, struck = 6;
  bench.run_to_frame(20);
  EXPECT_EQ(bench.find(EventKind::freeze), nullptr);
}

TEST_F(Untagged, black_is_found_while_the_other_is_bright) {
  fault = dark, struck = 8;
  bench.run_to_frame(14);
  const auto* black = bench.find(EventKind::black);
  ASSERT_NE(black, nullptr);
  EXPECT_EQ(black->source, 0);
  EXPECT_EQ(black->frame, struck + 1);  // two frames
  EXPECT_EQ(black->data, 0x10u);
  EXPECT_EQ(wrong(struck + 2), 0u);
}

TEST_F(Untagged, one_step_above_the_threshold_is_not_black) {
  bench.write(registers::black, 2 << 8 | 15);
  fault = dark, struck = 8;
  bench.write(registers::freeze, 0);
  bench.run_to_frame(14);
  EXPECT_EQ(bench.find(EventKind::black), nullptr);
}

TEST_F(Untagged, a_lost_input_is_left_at_the_next_boundary) {
  fault = gone, struck = 8;
  bench.run_to_frame(12);
  const auto* takeover = bench.find(EventKind::takeover);
  ASSERT_NE(takeover, nullptr);
  EXPECT_EQ(takeover->frame, struck);
  EXPECT_EQ(takeover->source, 1);
  EXPECT_EQ(bench.frames[struck + 1][0].choice, 1);
  EXPECT_EQ(wrong(struck + 1), 0u);
}

}  // namespace
}  // namespace understudy::gate
