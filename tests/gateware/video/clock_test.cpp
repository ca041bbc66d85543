// SPDX-License-Identifier: Apache-2.0
// Three ways to clock the gate that must not differ: an honest clock with both edges and a half
// that never rests; the half resting when it may; and verilator's regions called directly. Under
// random lines, link bytes and register accesses every output is the same in every clock, and the
// two that rest do so in the same ones.
#include <gtest/gtest.h>

#include "tests/gateware/video/gate_bench.hpp"

namespace understudy::gate {
namespace {

struct Inputs {
  Pin video[2];
  int byte[2] = {-1, -1};
  bool select = false, enable = false, write = false, ready = true;
  uint32_t address = 0, data = 0;
};

void apply(Vtiny& m, const Inputs& in) {
  m.video_a_tdata = in.video[0].data, m.video_a_tvalid = in.video[0].valid;
  m.video_a_tuser = in.video[0].user, m.video_a_tlast = in.video[0].last;
  m.video_b_tdata = in.video[1].data, m.video_b_tvalid = in.video[1].valid;
  m.video_b_tuser = in.video[1].user, m.video_b_tlast = in.video[1].last;
  m.link_a_rx_tvalid = in.byte[0] >= 0, m.link_a_rx_tdata = uint8_t(in.byte[0]);
  m.link_b_rx_tvalid = in.byte[1] >= 0, m.link_b_rx_tdata = uint8_t(in.byte[1]);
  m.link_a_tx_tready = m.link_b_tx_tready = in.ready;
  m.psel = in.select, m.penable = in.enable, m.pwrite = in.write;
  m.paddr = uint16_t(in.address), m.pwdata = in.data;
}

std::array<uint64_t, 20> outputs(const Vtiny& m) {
  return {m.video_out_tdata * uint64_t{m.video_out_tvalid},
          uint64_t(m.video_out_tvalid | m.video_out_tuser << 1 | m.video_out_tlast << 2 |
                   m.video_out_hsync << 3 | m.video_out_vsync << 4),
          m.link_a_tx_tdata * uint64_t{m.link_a_tx_tvalid},
          m.link_a_tx_tvalid,
          m.link_b_tx_tdata * uint64_t{m.link_b_tx_tvalid},
          m.link_b_tx_tvalid,
          m.prdata,
          uint64_t(m.led_on_air_a | m.led_on_air_b << 1 | m.led_protected << 2 | m.led_alarm << 3),
          m.obs_h,
          m.obs_v,
          m.obs_frame,
          m.obs_clock,
          m.obs_term,
          m.obs_on_air,
          m.obs_choice,
          uint64_t{m.obs_crc_a} << 32 | m.obs_crc_b,
          uint64_t(m.obs_good | m.obs_alive << 2),
          m.obs_beat,
          m.obs_event_valid ? uint64_t{m.obs_event[0]} << 32 | m.obs_event[5] : 0,
          m.obs_event_valid ? m.obs_event[2] : 0u};
}

void honest(Vtiny& m) {
  m.clk = m.awake_clk = 0;
  m.eval();
  m.clk = m.awake_clk = 1;
  m.eval();
}

/// No falling edge; awake_clk rises only when it has to.
void resting(Vtiny& m) {
  m.rootp->__Vtrigrprev__TOP__clk = m.rootp->__Vtrigrprev__TOP__awake_clk = 0;
  m.awake_clk = awake(m), m.clk = 1;
  m.eval();
}

TEST(Clock, resting_and_direct_regions_change_nothing) {
  std::mt19937 random(11);
  std::array<Vtiny, 3> m;
  for (auto& each : m) each.clk = each.awake_clk = 0, apply(each, {}), each.rst = 1, each.eval();
  for (int i = 0; i < 8; ++i) honest(m[0]), resting(m[1]), clock(m[2]);
  for (auto& each : m) each.rst = 0;
  Feeder feeders[] = {Feeder(raster_tiny, random_picture(raster_tiny, 1)),
                      Feeder(raster_tiny, random_picture(raster_tiny, 1))};
  std::deque<uint8_t> bytes[2];
  std::array<bool, 2> cut{}, mute{};
  Inputs in;
  uint32_t sequence = 0, events = 0, rested = 0;
  for (uint64_t now = 0; now < 150 * raster_tiny.frame_clocks(); ++now) {
    const auto h = static_cast<uint32_t>(now % raster_tiny.h_total);
    for (int s = 0; s < 2; ++s) {
      if (h == 0) feeders[s].begin_line(now / raster_tiny.h_total);
      if (h == 0) cut[s] = random() % 200 == 0 ? !cut[s] : cut[s];
      if (h == 0) mute[s] = random() % 300 == 0 ? !mute[s] : mute[s];
      if (h == 0 && random() % 3 == 0 && !mute[s]) {
        const auto f = protocol::frame(
            protocol::Heartbeat{++sequence, 7, 0, protocol::ServerState(random() % 10)});
        bytes[s].insert(bytes[s].end(), f.bytes().begin(), f.bytes().end());
      }
      if (h == 0 && random() % 100 == 0) {
        const auto f = protocol::frame(
            protocol::Request{uint16_t(random()), protocol::RequestOp(random() % 8)});
        bytes[s].insert(bytes[s].end(), f.bytes().begin(), f.bytes().end());
      }
      const bool valid = h < raster_tiny.h_active && feeders[s].active() && !cut[s];
      in.video[s] = {valid ? feeders[s].line()[h] ^ uint32_t(random() % 9000 == 0) : 0, valid,
                     valid && h == 0 && feeders[s].y() == 0, h == raster_tiny.h_active - 1};
      in.byte[s] = -1;
      if (!bytes[s].empty() && random() % 3 == 0)
        in.byte[s] = bytes[s].front(), bytes[s].pop_front();
    }
    in.enable = in.select && !in.enable;
    if (!in.enable) {
      in.select = random() % 500 == 0;
      in.write = random() % 2, in.address = 4 * uint32_t(random() % 44),
      in.data = uint32_t(random());
      if (in.address == protocol::registers::beat_period)
        in.data = 1500 + uint32_t(random() % 3000);
    }
    in.ready = random() % 2;
    for (auto& each : m) apply(each, in);
    honest(m[0]), resting(m[1]), clock(m[2]);
    rested += !awake(m[2]);
    events += m[0].obs_event_valid;
    const auto expected = outputs(m[0]);
    ASSERT_EQ(outputs(m[1]), expected) << "resting, clock " << now;
    ASSERT_EQ(outputs(m[2]), expected) << "direct, clock " << now;
    ASSERT_EQ(m[2].awake, m[1].awake) << "direct, clock " << now;
  }
  EXPECT_GT(events, 200u);
  EXPECT_GT(rested, 1000u);
}

}  // namespace
}  // namespace understudy::gate
