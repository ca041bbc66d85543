// SPDX-License-Identifier: Apache-2.0
// How fast the verilated 480p gate runs alone: both inputs fed with valid tagged pixels in every
// active clock, heartbeats absent, and the output read. Prints million cycles a second, the best
// and the median of several runs, as text and (--json FILE) as JSON. Fails when the picture that
// leaves is not the one fed.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <vector>

#include "V480p.h"
#include "V480p___024root.h"
#include "rtl/drive.hpp"
#include "tests/gateware/video/feeder.hpp"

UNDERSTUDY_DIRECT(V480p);

using namespace understudy;

namespace {

constexpr auto& raster = gate::raster_480p;
constexpr int runs = 5, frames = 60;

struct Run {
  double mega_cycles = 0, mega_cycles_wall = 0;
  uint64_t lines_from_a = 0;
};

double seconds(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

/// One second of video.
Run measure(V480p& m, gate::Feeder& a, gate::Feeder& b, uint64_t& lines) {
  Run run;
  double processor = 0, wall = 0;
  for (uint32_t n = 0; n < frames * raster.v_total; ++n, ++lines) {
    a.begin_line(lines);
    b.begin_line(lines);
    const bool active = a.active();
    const uint32_t *pa = a.line().data(), *pb = b.line().data();
    processor -= seconds(CLOCK_THREAD_CPUTIME_ID), wall -= seconds(CLOCK_MONOTONIC);
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
    processor += seconds(CLOCK_THREAD_CPUTIME_ID), wall += seconds(CLOCK_MONOTONIC);
    run.lines_from_a += m.obs_v < raster.v_active && m.obs_choice == 0 && m.obs_good == 3;
  }
  const double cycles = frames * double(raster.frame_clocks()) / 1e6;
  run.mega_cycles = cycles / processor;
  run.mega_cycles_wall = cycles / wall;
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
  std::vector<double> rates, wall_rates;
  for (int i = 0; i < runs; ++i) {
    const Run r = measure(m, a, b, lines);
    if (r.lines_from_a != uint64_t{frames} * raster.v_active) {
      std::fprintf(stderr, "bench_gate: only %lu of %u lines passed\n",
                   static_cast<unsigned long>(r.lines_from_a), frames * raster.v_active);
      return 1;
    }
    rates.push_back(r.mega_cycles);
    wall_rates.push_back(r.mega_cycles_wall);
  }
  std::sort(rates.begin(), rates.end());
  std::sort(wall_rates.begin(), wall_rates.end());
  const double best = rates.back(), median = rates[runs / 2], needed = raster.clock_hz() / 1e6;
  const double wall = wall_rates[runs / 2];
  std::printf(
      "gate alone, 640x480: %.1f million cycles a processor second (median of %d; best %.1f), "
      "%.1f a wall second, %.2f x real time\n",
      median, runs, best, wall, wall / needed);
  if (argc == 3 && std::strcmp(argv[1], "--json") == 0)
    std::ofstream(argv[2]) << "{\"raster\":\"480p\",\"mega_cycles_per_second\":" << median
                           << ",\"best\":" << best << ",\"wall_mega_cycles_per_second\":" << wall
                           << ",\"realtime_factor\":" << wall / needed << "}\n";
}
