// SPDX-License-Identifier: Apache-2.0
// Heartbeat jitter against the interval, in virtual time: an hour over each transport under load,
// then the same with the host's lateness scaled up until the first beat counts as missed, and until
// the gate would have changed over.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/transport/jitter/gate_monitor.hpp"
#include "tests/transport/jitter/heartbeat_run.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using nlohmann::json;

double us(Duration d) {
  return double(d.count()) / 1000;
}

/// The least scale, in steps of a tenth of itself, at which `bad` holds of a run; 0: none to 1000.
template <class Bad>
double first_scale(HeartbeatRun how, Bad bad) {
  for (double scale = 1; scale < 1000; scale *= 1.1) {
    how.lateness.scale = scale;
    if (bad(run(how))) return scale;
  }
  return 0;
}

json measure(HeartbeatRun how, std::chrono::minutes margin_length) {
  const auto o = run(how);
  fmt::print("{:<16} {:>8} {:>7} {:>6} {:>6} {:>9.0f} {:>9.0f} {:>8} of {}", how.wire.name, o.beats,
             o.misses, o.losses, o.worst_window, us(o.longest), us(o.longest - o.period),
             GateMonitor::missed_max, GateMonitor::window);
  how.length = margin_length;
  const double miss = first_scale(how, [](const auto& x) { return x.misses > 0; });
  const double loss = first_scale(how, [](const auto& x) { return x.losses > 0; });
  fmt::print("   {:>6.1f} {:>6.1f}\n", miss, loss);
  return {{"beats", o.beats},
          {"periods_missed", o.misses},
          {"false_losses", o.losses},
          {"worst_window", o.worst_window},
          {"period_us", us(o.period)},
          {"miss_after_us", us(o.miss_after)},
          {"longest_gap_us", us(o.longest)},
          {"late_histogram_50us", o.late},
          {"first_miss_at_scale", miss},
          {"first_loss_at_scale", loss}};
}

void show(const json& all) {
  fmt::print("\nbeats by how much later than the period after the one before, us:\n{:<16}", "");
  const int shown = 12;
  for (int i = 0; i < shown; ++i) fmt::print(" {:>8}", "<" + std::to_string((i + 1) * 50));
  fmt::print(" {:>8}\n", "more");
  for (const auto& [name, r] : all.items()) {
    fmt::print("{:<16}", name);
    const auto late = r["late_histogram_50us"].get<std::vector<uint64_t>>();
    uint64_t more = 0;
    for (int i = 0; i < int(late.size()); ++i)
      if (i < shown)
        fmt::print(" {:>8}", late[size_t(i)]);
      else
        more += late[size_t(i)];
    fmt::print(" {:>8}\n", more);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Heartbeat jitter over each transport, in virtual time."};
  std::string file;
  int minutes = 60, margin = 10;
  HeartbeatRun how{};
  app.add_option("--json", file, "a file for all figures");
  app.add_option("--minutes", minutes, "virtual time")->check(CLI::Range(1, 10'000));
  app.add_option("--margin-minutes", margin, "virtual time of each try at a margin")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--seed", how.seed, "of all chance");
  app.add_option("--per-frame", how.per_frame, "beats a frame")->check(CLI::Range(2, 64));
  CLI11_PARSE(app, argc, argv);
  how.length = std::chrono::minutes(minutes);
  fmt::print("seed {}, {} virtual minutes, {} beats a frame, gate's defaults\n", how.seed, minutes,
             how.per_frame);
  fmt::print("{:<16} {:>8} {:>7} {:>6} {:>6} {:>9} {:>9} {:>13} {:>8} {:>6}\n", "", "beats",
             "missed", "lost", "worst", "gap, us", "late, us", "lost at", "x missed", "x lost");
  json all = json::object();
  bool good = true;
  for (const auto& wire : wire_models()) {
    how.wire = wire;
    all[wire.name] = measure(how, std::chrono::minutes(margin));
    good = good && all[wire.name]["false_losses"] == 0;
  }
  show(all);
  all["seed"] = how.seed;
  if (!file.empty()) std::ofstream(file) << all.dump(2) << "\n";
  return good ? 0 : 1;
}
