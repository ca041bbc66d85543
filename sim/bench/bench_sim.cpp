// SPDX-License-Identifier: Apache-2.0
// How fast the verilated gate runs with both pictures from memory and no hosts: cycles a second,
// of wall time and of processor time (what a busy machine leaves unchanged), and how that compares
// with the raster's own clock. bench_sim [RASTER] [FRAMES] [--json FILE]
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "sim/appliance/appliance.hpp"
#include "sim/appliance/pattern_source.hpp"

int main(int argc, char** argv) {
  using namespace understudy::sim;
  std::vector<std::string> words(argv + 1, argv + argc);
  std::ofstream json;
  if (const auto at = std::find(words.begin(), words.end(), "--json"); at != words.end()) {
    if (at + 1 != words.end()) json.open(at[1]);
    if (!json) return std::cerr << "bench_sim: --json FILE cannot be written\n", 2;
    words.erase(at, at + 2);
  }
  const auto raster = find_raster(words.empty() ? "480p" : words[0]);
  const uint64_t frames = words.size() > 1 ? std::strtoull(words[1].c_str(), nullptr, 10) : 180;
  if (!raster || frames == 0) {
    std::cerr << "usage: bench_sim [tiny|480p|720p|1080p] [FRAMES] [--json FILE]\n";
    return 2;
  }
  auto appliance = Appliance::make({.raster = *raster});
  PatternSource a(*raster), b(*raster);
  appliance->attach_source(Server::a, &a);
  appliance->attach_source(Server::b, &b);
  appliance->run_frames(2);
  const Clock from = appliance->now();
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t processor = std::clock();
  appliance->run_frames(2 + frames);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double busy = double(std::clock() - processor) / CLOCKS_PER_SEC;
  const auto cycles = double(appliance->now() - from);
  const double rate = cycles / took.count() / 1e6;
  const double factor = cycles / double(raster->clocks_per_second()) / took.count();
  const Totals& totals = appliance->totals();
  if (json.is_open())
    json << "{\"bench\":\"sim\",\"raster\":\"" << raster->name << "\",\"frames\":" << frames
         << ",\"cycles\":" << uint64_t(cycles) << ",\"seconds\":" << took.count()
         << ",\"million_cycles_per_second\":" << rate << ",\"processor_seconds\":" << busy
         << ",\"million_cycles_per_processor_second\":" << cycles / busy / 1e6
         << ",\"realtime_factor\":" << factor << ",\"lines_slate\":" << totals.lines_slate << "}\n";
  std::cout << "sim " << raster->name << ": " << frames << " frames in " << took.count() << " s, "
            << rate << " million cycles/s (" << cycles / busy / 1e6 << " a processor second), "
            << factor << " of real time (lines from A " << totals.lines_a << ", B "
            << totals.lines_b << ", slate " << totals.lines_slate << ")\n";
}
