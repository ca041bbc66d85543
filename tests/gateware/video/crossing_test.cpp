// SPDX-License-Identifier: Apache-2.0
// The clock crossing alone, with two clocks that drift: nothing lost, doubled or out of order while
// the blanking lets it drain; and a source that is too fast is told, not hidden.
#include <gtest/gtest.h>

#include <deque>

#include "Vvideo_crossing.h"
#include "Vvideo_crossing___024root.h"

namespace understudy::gate {
namespace {

struct Crossing {
  Vvideo_crossing m;
  uint64_t time = 0, write_at = 0, read_at = 0, period_write, period_read;
  uint32_t sent = 0, received = 0, wrong = 0, overflows = 0, longest = 0;
  std::deque<uint32_t> under_way;

  Crossing(uint64_t w, uint64_t r) : period_write(w), period_read(r) {
    m.write_clk = m.read_clk = 0;
    m.write_rst = m.read_rst = 1;
    m.in_tvalid = 0;
    for (int i = 0; i < 8; ++i) m.write_clk = m.read_clk = i & 1, m.eval();
    m.write_rst = m.read_rst = 0;
    m.write_clk = m.read_clk = 0;
    m.eval();
  }
  static uint32_t data(uint32_t n) { return n * 2654435761u & 0xFFFFFF; }

  /// One edge of whichever clock comes next; `active` of each `total` write clocks carry a pixel.
  void step(uint32_t active, uint32_t total) {
    const bool w = write_at <= read_at, r = read_at <= write_at;
    if (w) {
      m.in_tvalid = tick_++ % total < active;
      m.in_tdata = data(sent), m.in_tuser = sent % 7 == 0, m.in_tlast = sent % 5 == 0;
    }
    m.write_clk = w, m.read_clk = r;
    m.eval();
    if (w) {
      overflows += m.overflow;
      if (m.in_tvalid && !m.overflow) under_way.push_back(sent);
      sent += m.in_tvalid;
      write_at += period_write;
    }
    if (r) {
      if (m.out_tvalid) receive();
      read_at += period_read;
    }
    longest = std::max<uint32_t>(longest, static_cast<uint32_t>(under_way.size()));
    m.write_clk = m.read_clk = 0;
    m.eval();
  }
  void receive() {
    ++received;
    if (under_way.empty()) {
      ++wrong;
      return;
    }
    const uint32_t n = under_way.front();
    under_way.pop_front();
    wrong += m.out_tdata != data(n) || m.out_tuser != (n % 7 == 0) || m.out_tlast != (n % 5 == 0);
  }
  uint64_t tick_ = 0;
};

TEST(Crossing, loses_nothing_with_drifting_clocks) {
  for (const auto& [w, r] : std::initializer_list<std::pair<uint64_t, uint64_t>>{{10000, 10000},
                                                                                 {10000, 10001},
                                                                                 {10001, 10000},
                                                                                 {10000, 10050},
                                                                                 {10050, 10000},
                                                                                 {10000, 7001},
                                                                                 {9901, 10000}}) {
    Crossing c(w, r);
    for (int i = 0; i < 400'000; ++i) c.step(640, 800);
    EXPECT_EQ(c.wrong, 0u) << w << " " << r;
    EXPECT_EQ(c.overflows, 0u) << w << " " << r;
    EXPECT_EQ(c.received + c.under_way.size(), c.sent);
    EXPECT_GT(c.received, 100'000u);
  }
}

TEST(Crossing, a_source_that_is_too_fast_is_told_and_nothing_is_out_of_order) {
  Crossing c(10000, 13000);
  for (int i = 0; i < 100'000; ++i) c.step(800, 800);
  EXPECT_GT(c.overflows, 1000u);
  EXPECT_EQ(c.wrong, 0u);
  EXPECT_EQ(c.received + c.under_way.size() + c.overflows, c.sent);
}

}  // namespace
}  // namespace understudy::gate
