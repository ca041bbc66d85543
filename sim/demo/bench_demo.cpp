// SPDX-License-Identifier: Apache-2.0
// The whole demo at 640x480: how much of real time a run reaches, processes and comparison
// included. bench_demo [--frames N] [--json FILE]; the other programs stand beside it.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <thread>

#include "sim/demo/conductor.hpp"
#include "sim/demo/report.hpp"

int main(int argc, char** argv) {
  using namespace understudy::demo;
  Settings settings;
  std::string json;
  settings.report = "", settings.seed = 7;
  CLI::App app("How fast the whole demo runs.");
  app.add_option("--frames", settings.frames)
      ->check(CLI::Range(150, 100'000))
      ->capture_default_str();
  app.add_option("--raster", settings.raster)->capture_default_str();
  app.add_option("--json", json);
  CLI11_PARSE(app, argc, argv);
  if (settings.raster == "tiny") settings.line = 7;
  settings.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto done = perform(settings, {});
  if (!done) return std::cerr << "bench_demo: " << done.error().text << '\n', done.error().code;
  const Run& run = done->run;
  std::cout << "demo " << settings.raster << ": " << settings.frames << " frames in "
            << run.run_seconds << " s, " << run.realtime_factor << " of real time on "
            << std::thread::hardware_concurrency() << " cores; start and end "
            << run.wall_seconds - run.run_seconds << " s; " << run.frames.pixels_wrong
            << " pixels wrong\n";
  if (!json.empty()) {
    Json j{{"bench", "demo"},
           {"raster", settings.raster},
           {"frames", settings.frames},
           {"seconds", run.run_seconds},
           {"realtime_factor", run.realtime_factor},
           {"wall_seconds", run.wall_seconds},
           {"cores", std::thread::hardware_concurrency()},
           {"pixels_wrong", run.frames.pixels_wrong},
           {"right", run.outcome.complaints.empty()}};
    if (auto ok = write_file(json, j.dump() + "\n"); !ok)
      return std::cerr << "bench_demo: " << ok.error().text << '\n', int(exit_report);
  }
  return run.outcome.complaints.empty() ? exit_right : exit_wrong;
}
