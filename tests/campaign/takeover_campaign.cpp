// SPDX-License-Identifier: Apache-2.0
// takeover-campaign: kills at random moments over random mixes of clients. Each run is a seed, in a
// process and networks of its own; one seed given, that run alone, here.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "host/edge/command_line/command_line.hpp"
#include "sim/demo/child.hpp"
#include "sim/demo/failure.hpp"
#include "tests/campaign/run.hpp"
#include "tests/campaign/tally.hpp"

namespace {

using namespace understudy;
using namespace understudy::network;
using namespace std::chrono_literals;
using nlohmann::json;
using Steady = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr auto patience = 120s;  // with one run
volatile std::sig_atomic_t stop_asked = 0;

struct Settings {
  uint32_t runs = 1000, first = 1, jobs = 0;
  std::optional<uint32_t> seed;
  std::string mode = "default", json_file, keep = "/tmp/understudy-takeover-campaign";
  std::string assets, result;  // for a run's own process
};

std::string own_path() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).string();
}

std::string kept(const Settings& s, uint32_t seed) {
  return fmt::format("{}/{}", s.keep, seed);
}

Mix mix_for(const Settings& s, uint32_t seed) {
  return mix_of(seed, s.mode == "strict" || (s.mode == "both" && seed / strikes.size() % 2 == 1));
}

/// A run in a process of its own.
struct Worker {
  uint32_t seed;
  std::string result;
  Steady::time_point until;
  demo::Child process;
};

class Campaign {
 public:
  explicit Campaign(Settings settings) : settings_(std::move(settings)) {
    std::string name = "/tmp/understudy-campaign-" + std::string(6, 'X');
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    folder_ = name;
    make_assets(folder_ / "root");
  }
  ~Campaign() {
    workers_.clear();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  int play();

 private:
  void start(uint32_t seed);
  void reap();
  void take(Worker& worker);
  void say_progress(bool last);

  Settings settings_;
  fs::path folder_;
  std::vector<Worker> workers_;
  Tally tally_;
  Steady::time_point begun_ = Steady::now(), said_ = begun_;
};

void Campaign::start(uint32_t seed) {
  const auto result = folder_ / fmt::format("{}.json", seed);
  auto child = demo::Child::start(
      {"a run",
       {own_path(), "--seed", std::to_string(seed), "--mode", settings_.mode, "--assets",
        folder_ / "root", "--result", result, "--keep", settings_.keep},
       folder_ / fmt::format("{}.log", seed)});
  if (!child) throw std::runtime_error(child.error().text);
  workers_.push_back({seed, result, Steady::now() + patience, std::move(*child)});
}

void Campaign::take(Worker& worker) {
  std::ifstream in(worker.result);
  auto run = json::parse(in, nullptr, false);
  if (!run.is_object())
    run = {{"seed", worker.seed},
           {"complaints", {"the run itself failed:\n" + worker.process.last_words()}}};
  tally_.add(run);
  fs::remove(worker.result);
  if (run["complaints"].empty()) return;
  fmt::print(stderr, "{}seed {} is not right:\n", ::isatty(2) ? "\r" : "", worker.seed);
  for (const auto& c : run["complaints"]) fmt::print(stderr, "    {}\n", c.get<std::string>());
  fmt::print(stderr, "    again: ./dev test takeover-campaign --mode {} --seed {}; kept: {}\n",
             settings_.mode, worker.seed, kept(settings_, worker.seed));
}

void Campaign::reap() {
  std::vector<pollfd> set;
  for (auto& w : workers_) set.push_back({w.process.ended_descriptor(), POLLIN, 0});
  ::poll(set.data(), set.size(), 1000);
  for (auto w = workers_.begin(); w != workers_.end();) {
    const bool late = Steady::now() > w->until;
    if (late) w->process.kill();
    if (!late && !w->process.wait(0ms)) {
      ++w;
      continue;
    }
    take(*w);
    w = workers_.erase(w);
  }
}

void Campaign::say_progress(bool last) {
  const bool terminal = ::isatty(2);
  const auto now = Steady::now();
  if (!last && now - said_ < (terminal ? 200ms : 20s)) return;
  said_ = now;
  fmt::print(stderr, "{}{} of {} runs in {:.0f} s; longest silence so far {:.1f} ms{}",
             terminal ? "\r" : "", tally_.runs(), settings_.runs,
             std::chrono::duration<double>(now - begun_).count(), tally_.worst_ms(),
             terminal && !last ? "" : "\n");
}

int Campaign::play() {
  const uint32_t jobs =
      settings_.jobs ? settings_.jobs : std::max(1u, std::thread::hardware_concurrency());
  for (uint32_t begun = 0; !stop_asked && (begun < settings_.runs || !workers_.empty());) {
    while (begun < settings_.runs && workers_.size() < jobs) start(settings_.first + begun++);
    reap();
    say_progress(false);
  }
  say_progress(true);
  fmt::print("{}", tally_.table());
  if (!settings_.json_file.empty())
    std::ofstream(settings_.json_file) << tally_.summary().dump(1) << "\n";
  if (stop_asked) return demo::exit_interrupted;
  return tally_.wrong() == 0 && tally_.runs() == settings_.runs ? demo::exit_right
                                                                : demo::exit_wrong;
}

/// One run in this process: of a campaign, or taken back by somebody.
int play_one(const Settings& s) {
  const auto mix = mix_for(s, *s.seed);
  const bool alone = s.assets.empty();
  const auto assets = alone ? kept(s, *s.seed) + "-root" : s.assets;
  if (alone) make_assets(assets);
  const auto run = perform(mix, assets, kept(s, *s.seed));
  if (alone) fs::remove_all(assets);
  if (!s.result.empty())
    std::ofstream(s.result) << run.dump();
  else
    fmt::print("{}\n", run.dump(2));
  return run["complaints"].empty() ? demo::exit_right : demo::exit_wrong;
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app{
      "Strikes a server at random moments, with random mixes of clients; every byte that they get\n"
      "is compared, and everything that reaches their network card is heard by tcpdump."};
  app.add_option("runs", s.runs, "how many runs")->check(CLI::Range(1, 1'000'000));
  app.add_option("--first", s.first, "the first run's seed")->capture_default_str();
  app.add_option("--seed", s.seed, "this run alone, with all that it saw");
  app.add_option("--mode", s.mode, "default, strict or both")
      ->check(CLI::IsMember({"default", "strict", "both"}))
      ->capture_default_str();
  app.add_option("--jobs", s.jobs, "runs at a time; 0: one a core")->capture_default_str();
  app.add_option("--json", s.json_file, "a file for all figures");
  app.add_option("--keep", s.keep, "folder for logs and captures of runs that are not right")
      ->capture_default_str();
  app.add_option("--assets", s.assets, "what runs serve (set by the campaign)");
  app.add_option("--result", s.result, "a run's own result (set by the campaign)");
  if (const auto code = parse_command_line(app, "takeover-campaign", argc, argv)) return *code;
  try {
    if (s.seed) return play_one(s);
    for (const int n : {SIGINT, SIGTERM}) std::signal(n, [](int) { stop_asked = 1; });
    return Campaign(s).play();
  } catch (const std::exception& e) {
    fmt::print(stderr, "takeover-campaign: {}\n", e.what());
    return demo::exit_could_not_run;
  }
}
