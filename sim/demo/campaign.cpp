// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/campaign.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <thread>

#include "host/edge/command_line/print.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"
#include "sim/appliance/faults.hpp"
#include "sim/demo/conductor.hpp"
#include "sim/demo/report.hpp"

namespace understudy::demo {
namespace {

constexpr uint32_t first_fault_frame = 26;  // by then both are proven equal
constexpr std::array<FaultName, 11> drawn{
    FaultName::cable,   FaultName::kill,   FaultName::hang,           FaultName::app,
    FaultName::usb,     FaultName::freeze, FaultName::black,          FaultName::corrupt,
    FaultName::diverge, FaultName::power,  FaultName::operator_switch};

CampaignRow row_of(uint32_t number, const Settings& settings, const Result<Performance>& result) {
  CampaignRow row;
  row.number = number, row.fault = settings.fault, row.command = command(settings);
  if (!result) {
    row.complaints.push_back(result.error().text);
    return row;
  }
  const Run& run = result->run;
  row.right = run.outcome.complaints.empty(), row.complaints = run.outcome.complaints;
  row.pixels_wrong = run.frames.pixels_wrong;
  row.frames_damaged = run.frames.frames_lost + run.frames.frames_repeated + run.frames.frames_torn;
  if (run.outcome.takeover) {
    row.took_over = true;
    row.latency_lines = run.outcome.takeover->latency_lines;
    row.latency_frames = run.outcome.takeover->latency_frames;
  }
  return row;
}

Json to_json(const CampaignRow& r) {
  Json j;
  j["number"] = r.number, j["fault"] = facts(r.fault).text, j["right"] = r.right;
  j["took_over"] = r.took_over;
  j["latency_lines"] = r.latency_lines, j["latency_frames"] = r.latency_frames;
  j["pixels_wrong"] = r.pixels_wrong, j["frames_damaged"] = r.frames_damaged;
  j["command"] = r.command, j["complaints"] = r.complaints;
  return j;
}

CampaignRow from_json(const Json& j) {
  CampaignRow r;
  r.number = j.at("number"), r.fault = *find_fault(j.at("fault").get<std::string>());
  r.right = j.at("right"), r.took_over = j.at("took_over");
  r.latency_lines = j.at("latency_lines"), r.latency_frames = j.at("latency_frames");
  r.pixels_wrong = j.at("pixels_wrong"), r.frames_damaged = j.at("frames_damaged");
  r.command = j.at("command");
  r.complaints = j.at("complaints").get<std::vector<std::string>>();
  return r;
}

/// A process that does every `jobs`th run and writes a line of JSON for each.
struct Worker {
  pid_t pid = -1;
  Descriptor lines;
  std::string unread;
};

[[noreturn]] void work(const CampaignSettings& campaign, uint32_t first, uint32_t jobs, int out,
                       int interrupt, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_interrupted);
  for (uint32_t n = first; n < campaign.runs; n += jobs) {
    const Settings settings = campaign_run(campaign, n);
    auto result = perform(settings, {interrupt, {}});
    // Stopped (ctrl-z) in the middle of it: a run is a function of its settings, so do it again.
    for (int again = 0; again < 3 && !result && result.error().code == exit_no_verdict; ++again)
      result = perform(settings, {interrupt, {}});
    if (!result && result.error().code == exit_interrupted) ::_exit(exit_interrupted);
    const std::string line =
        to_json(row_of(n, settings, result)).dump(-1, ' ', false, Json::error_handler_t::replace) +
        "\n";
    for (size_t done = 0; done < line.size();) {
      const ssize_t written = ::write(out, line.data() + done, line.size() - done);
      if (written <= 0) ::_exit(exit_could_not_run);
      done += size_t(written);
    }
  }
  ::_exit(exit_right);
}

std::vector<Worker> start(const CampaignSettings& campaign, uint32_t jobs, int interrupt) {
  std::vector<Worker> out;
  for (uint32_t i = 0; i < jobs; ++i) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) break;
    const pid_t parent = ::getpid(), pid = ::fork();
    if (pid == 0) work(campaign, i, jobs, pipe[1], interrupt, parent);
    ::close(pipe[1]);
    out.push_back({pid, Descriptor(pipe[0]), {}});
  }
  return out;
}

void say(const CampaignRow& row, size_t done, uint32_t runs) {
  if (row.right) {
    if (::isatty(2))
      complain("\r{} of {} runs", done, runs);
    else if (done % 50 == 0)
      complain("{} of {} runs\n", done, runs);
    return;
  }
  complain("{}run {} is not right: {}\n    again: {}\n", ::isatty(2) ? "\r" : "", row.number,
           fmt::join(row.complaints, "; "), row.command);
}

void take_lines(Worker& worker, std::vector<CampaignRow>& rows, uint32_t runs) {
  for (size_t end; (end = worker.unread.find('\n')) != std::string::npos;) {
    const Json j = Json::parse(worker.unread.substr(0, end), nullptr, false);
    worker.unread.erase(0, end + 1);
    if (!j.is_object()) continue;
    rows.push_back(from_json(j));
    say(rows.back(), rows.size(), runs);
  }
}

/// False when interrupted.
bool listen(std::vector<Worker>& workers, std::vector<CampaignRow>& rows, uint32_t runs,
            int interrupt) {
  for (;;) {
    std::vector<pollfd> set{{interrupt, POLLIN, 0}};
    for (auto& w : workers) set.push_back({w.lines ? w.lines.get() : -1, POLLIN, 0});
    if (std::none_of(workers.begin(), workers.end(), [](auto& w) { return bool(w.lines); }))
      return true;
    if (::poll(set.data(), set.size(), -1) < 0) continue;
    if (set[0].revents) return false;
    for (size_t i = 0; i < workers.size(); ++i) {
      if (!set[i + 1].revents) continue;
      std::array<char, 4096> part;
      const ssize_t n = ::read(workers[i].lines.get(), part.data(), part.size());
      if (n > 0)
        workers[i].unread.append(part.data(), size_t(n));
      else
        workers[i].lines = Descriptor();
      take_lines(workers[i], rows, runs);
    }
  }
}

/// Each fault as often as any other: a block of all of them at a time, shuffled.
FaultName drawn_fault(uint64_t seed, uint32_t n) {
  auto order = drawn;
  const uint64_t block = n / drawn.size();
  for (size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[sim::mix(seed, block, 100 + i) % (i + 1)]);
  return order[n % order.size()];
}

}  // namespace

Settings campaign_run(const CampaignSettings& c, uint32_t n) {
  const auto draw = [&](uint64_t what) { return sim::mix(c.seed, n, what); };
  const auto raster = *sim::find_raster(c.raster);
  Settings s;
  s.programs = c.programs, s.video = c.video, s.raster = c.raster;
  s.frames = c.frames, s.report = "", s.quiet = true;
  s.fault = drawn_fault(c.seed, n);
  s.frame = first_fault_frame + uint32_t(draw(1) % (c.frames - 4 - first_fault_frame));
  s.line = uint32_t(draw(2) % raster.v_active);
  s.seed = draw(3) % 1'000'000'000;
  return s;
}

std::string campaign_table(const std::vector<CampaignRow>& rows) {
  struct Worst {
    uint32_t runs = 0, right = 0, lines = 0, frames = 0, over = 0;
    uint64_t pixels = 0, damaged = 0;
  };
  std::map<FaultName, Worst> by_fault;
  for (const auto& r : rows) {
    Worst& w = by_fault[r.fault];
    ++w.runs, w.right += r.right, w.over += r.took_over;
    w.lines = std::max(w.lines, r.latency_lines), w.frames = std::max(w.frames, r.latency_frames);
    w.pixels += r.pixels_wrong, w.damaged += r.frames_damaged;
  }
  std::string out =
      fmt::format("{:<10}{:>6}{:>7}{:>11}{:>13}{:>14}{:>9}{:>9}\n", "fault", "runs", "right",
                  "takeovers", "worst delay", "worst delay", "frames", "pixels");
  out += fmt::format("{:<10}{:>6}{:>7}{:>11}{:>13}{:>14}{:>9}{:>9}\n", "", "", "", "", "in lines",
                     "in frames", "damaged", "wrong");
  for (const auto& [fault, w] : by_fault) {
    const bool none = w.over == 0;
    out += fmt::format("{:<10}{:>6}{:>7}{:>11}{:>13}{:>14}{:>9}{:>9}\n", facts(fault).text, w.runs,
                       w.right, w.over, none ? "-" : std::to_string(w.lines),
                       none ? "-" : std::to_string(w.frames), w.damaged, w.pixels);
  }
  return out;
}

Json campaign_json(const CampaignSettings& c, const std::vector<CampaignRow>& rows) {
  Json j;
  j["seed"] = c.seed, j["runs"] = c.runs, j["frames"] = c.frames, j["raster"] = c.raster;
  j["rows"] = Json::array();
  for (const auto& r : rows) j["rows"].push_back(to_json(r));
  return j;
}

namespace {

/// What would spoil each run, or all of them at the end, is said at once.
Result<void> check_start(const CampaignSettings& c) {
  if (auto ok = check_video(c.video, c.raster); !ok) return ok;
  const std::string appliance = c.programs + "/understudy-appliance";
  if (::access(appliance.c_str(), X_OK) != 0)
    return could_not_run("--programs " + c.programs + ": cannot run " + appliance + ": " +
                         std::strerror(errno));
  if (c.report.empty()) return {};
  const bool is_new = ::access(c.report.c_str(), F_OK) != 0;
  const Descriptor probe(::open(c.report.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!probe)
    return failure(exit_report, "--report " + c.report + " (a file): " + std::strerror(errno));
  if (is_new) ::unlink(c.report.c_str());
  return {};
}

}  // namespace

int run_campaign(const CampaignSettings& campaign, int interrupt) {
  if (const auto ok = check_start(campaign); !ok) {
    complain("understudy-demo: {}\n", ok.error().text);
    return ok.error().code;
  }
  const uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  const uint32_t jobs = std::min(campaign.jobs ? campaign.jobs : cores, campaign.runs);
  std::vector<CampaignRow> rows;
  auto workers = start(campaign, jobs, interrupt);
  const bool whole = listen(workers, rows, campaign.runs, interrupt);
  for (auto& w : workers) {
    if (!whole) ::kill(w.pid, SIGTERM);
    ::waitpid(w.pid, nullptr, 0);
  }
  if (::isatty(2)) complain("\r{:40}\r", "");
  if (!whole) return complain("interrupted\n"), exit_interrupted;
  std::sort(rows.begin(), rows.end(), [](auto& x, auto& y) { return x.number < y.number; });
  const auto wrong = std::count_if(rows.begin(), rows.end(), [](auto& r) { return !r.right; });
  print("{}\n{} runs, seed {}, {} frames of {} each: {}\n", campaign_table(rows), rows.size(),
        campaign.seed, campaign.frames, campaign.raster,
        wrong ? fmt::format("{} are NOT as they should be", wrong)
              : std::string("all as they should be"));
  if (!campaign.report.empty())
    if (auto ok = write_file(campaign.report, campaign_json(campaign, rows).dump(1) + "\n"); !ok) {
      complain("understudy-demo: {}\n", ok.error().text);
      return exit_report;
    }
  return wrong || rows.size() != campaign.runs ? exit_wrong : exit_right;
}

}  // namespace understudy::demo
