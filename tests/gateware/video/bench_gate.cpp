// SPDX-License-Identifier: Apache-2.0
// How fast the verilated 480p gate runs alone: both inputs fed with valid tagged pixels in every
// active clock, heartbeats absent, and the output read. Prints million cycles a second, the best
// and the median of several runs, as text and (--json FILE) as JSON. Fails when the picture that
// leaves is not the one fed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "V480p.h"
#include "V480p___024root.h"
#include "tests/gateware/video/feeder.hpp"

using namespace understudy;

namespace {

constexpr auto& raster = gate::raster_480p;
constexpr int runs = 5, frames = 60;

struct Run {
  double mega_cycles = 0;
  uint64_t lines_from_a = 0;
};

/// One second of video.
Run measure(V480p& m, gate::Feeder& a, gate::Feeder& b, uint64_t& lines) {
  Run run;
  std::chrono::steady_clock::duration spent{};
  for (uint32_t n = 0; n < frames * raster.v_total; ++n, ++lines) {
    a.begin_line(lines);
    b.begin_line(lines);
    const bool active = a.active();
    const uint32_t *pa = a.line().data(), *pb = b.line().data();
    const auto begin = std::chrono::steady_clock::now();
    for (uint32_t h = 0; h < raster.h_total; ++h) {
      const bool valid = active && h < raster.h_active;
      m.video_a_tvalid = m.video_b_tvalid = valid;
      if (valid) {
        m.video_a_tdata = pa[h];
        m.video_b_tdata = pb[h];
        m.video_a_tuser = m.video_b_tuser = h == 0 && a.y() == 0;
        m.video_a_tlast = m.video_b_tlast = h == raster.h_active - 1;
      }
      gate::clock(m);
    }
    spent += std::chrono::steady_clock::now() - begin;
    run.lines_from_a += m.obs_v < raster.v_active && m.obs_choice == 0 && m.obs_good == 3;
  }
  run.mega_cycles =
      frames * raster.frame_clocks() / 1e6 / std::chrono::duration<double>(spent).count();
  return run;
}

}  // namespace

int main(int argc, char** argv) {
  V480p m;
  gate::Feeder a(raster, gate::random_picture(raster, 1)),
      b(raster, gate::random_picture(raster, 1));
  m.rst = m.clk = 0;
  gate::reset(m);
  uint64_t lines = 0;
  measure(m, a, b, lines);
  std::vector<double> rates;
  for (int i = 0; i < runs; ++i) {
    const Run r = measure(m, a, b, lines);
    if (r.lines_from_a != uint64_t{frames} * raster.v_active) {
      std::fprintf(stderr, "bench_gate: only %lu of %u lines passed\n",
                   static_cast<unsigned long>(r.lines_from_a), frames * raster.v_active);
      return 1;
    }
    rates.push_back(r.mega_cycles);
  }
  std::sort(rates.begin(), rates.end());
  const double best = rates.back(), median = rates[runs / 2], needed = raster.clock_hz() / 1e6;
  std::printf(
      "gate alone, 640x480: %.1f million cycles/s (median of %d; best %.1f), %.2f x real time\n",
      median, runs, best, median / needed);
  if (argc == 3 && std::strcmp(argv[1], "--json") == 0)
    std::ofstream(argv[2]) << "{\"raster\":\"480p\",\"mega_cycles_per_second\":" << median
                           << ",\"best\":" << best << ",\"realtime_factor\":" << median / needed
                           << "}\n";
}
