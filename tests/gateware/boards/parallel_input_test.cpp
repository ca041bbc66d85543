// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "Vparallel_input.h"
#include "tests/gateware/control/bench.hpp"

namespace understudy::gateware {
namespace {

struct Pixel {
  uint32_t data;
  bool user, last;
  bool operator==(const Pixel&) const = default;
};

class Pins {
 public:
  Block<Vparallel_input> block;
  std::vector<Pixel> got;

  Pins() { blank(10); }
  void clock(uint32_t rgb, bool enable, bool vsync) {
    block->pixel = rgb, block->enable = enable, block->vsync = vsync;
    block.clock();
    if (block->tvalid) got.push_back({block->tdata, bool(block->tuser), bool(block->tlast)});
  }
  void blank(unsigned clocks, bool vsync = false) {
    for (; clocks > 0; --clocks) clock(0x123456, false, vsync);
  }
  void line(uint32_t first, unsigned pixels) {
    for (unsigned i = 0; i < pixels; ++i) clock(first + i, true, false);
    blank(3);
  }
};

constexpr uint32_t wire(uint32_t rgb) {
  return (rgb & 0xFF0000) | (rgb & 0xFF) << 8 | (rgb >> 8 & 0xFF);
}

TEST(ParallelInput, marks_the_first_pixel_of_a_frame_and_the_last_of_a_line) {
  Pins pins;
  pins.blank(5, true);
  pins.blank(7);
  pins.line(0x0A0B00, 3);
  pins.line(0x0C0D00, 1);
  EXPECT_EQ(pins.got, (std::vector<Pixel>{{wire(0x0A0B00), true, false},
                                          {wire(0x0A0B01), false, false},
                                          {wire(0x0A0B02), false, true},
                                          {wire(0x0C0D00), false, true}}));
}

TEST(ParallelInput, without_a_sync_no_frame_starts) {
  Pins pins;
  pins.block->rst = 1;
  pins.blank(3);
  pins.block->rst = 0;
  pins.line(1, 2);
  pins.got.clear();
  pins.line(5, 2);
  EXPECT_EQ(pins.got, (std::vector<Pixel>{{wire(5), false, false}, {wire(6), false, true}}));
}

}  // namespace
}  // namespace understudy::gateware
