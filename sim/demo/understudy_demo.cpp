// SPDX-License-Identifier: Apache-2.0
// understudy-demo: two servers, one gate, a fault, and a report of what left the gate.
#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "host/edge/command_line/command_line.hpp"
#include "host/edge/command_line/print.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"
#include "sim/demo/campaign.hpp"
#include "sim/demo/conductor.hpp"
#include "sim/demo/options.hpp"
#include "sim/demo/report.hpp"

namespace {

using namespace understudy;
using namespace understudy::demo;
namespace fs = std::filesystem;

/// A descriptor that becomes readable when this program is asked to end.
Descriptor stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, s);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
}

int tell(const Failure& failure) {
  understudy::complain("understudy-demo: {}\n", failure.text);
  return failure.code;
}

/// Before anything runs: can the report be written, and is there room for it?
Result<void> check_report(const Settings& s) {
  if (s.report.empty()) return {};
  std::error_code code;
  fs::create_directories(s.report, code);
  if (code) return failure(exit_report, "--report " + s.report + ": " + code.message());
  const std::string probe =
      s.report + "/.writable";  // an earlier report stays until the run is over
  if (auto ok = write_file(probe, "{}\n"); !ok) return failure(exit_report, ok.error().text);
  fs::remove(probe, code);
  const auto raster = *sim::find_raster(s.raster);
  const uint64_t need =
      (s.keep_frames ? 2 * uint64_t{s.frames} * raster.frame_bytes() : 0) + (8u << 20);
  struct statvfs disk{};
  if (::statvfs(s.report.c_str(), &disk) == 0 && disk.f_blocks > 0) {
    const uint64_t free = uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free < need)
      return failure(exit_report,
                     fmt::format("--report {}: {} MB are free there and {} MB are needed{}",
                                 s.report, free >> 20, (need >> 20) + 1,
                                 s.keep_frames ? " (without --keep-frames it is 8 MB)" : ""));
  }
  return {};
}

class Progress {
 public:
  explicit Progress(const Settings& settings)
      : settings_(settings), terminal_(::isatty(STDERR_FILENO)) {}
  void operator()(uint32_t frame, bool struck) {
    if (settings_.quiet) return;
    const auto now = std::chrono::steady_clock::now();
    const bool last = frame + 1 == settings_.frames;
    if (!last && now - told_ < std::chrono::milliseconds(terminal_ ? 80 : 5000)) return;
    told_ = now;
    constexpr uint32_t width = 30;
    const uint32_t done = (frame + 1) * width / settings_.frames;
    std::string bar;
    for (uint32_t i = 0; i < width; ++i) bar += i < done ? "━" : "╌";
    if (terminal_)
      understudy::complain("\r{} frame {} of {}{}\x1b[K{}", bar, frame + 1, settings_.frames,
                           struck ? fmt::format(", {} struck at {}:{}", facts(settings_.fault).text,
                                                settings_.frame, settings_.line)
                                  : std::string(),
                           last ? "\r\x1b[K" : "");
    else
      understudy::complain("frame {} of {}\n", frame + 1, settings_.frames);
  }
  void clear() const {
    if (terminal_ && !settings_.quiet) understudy::complain("\r\x1b[K");
  }

 private:
  const Settings& settings_;
  const bool terminal_;
  std::chrono::steady_clock::time_point told_;
};

std::expected<void, Error> write_report(const Run& run) {
  const fs::path folder = run.settings.report;
  if (auto ok = write_file(folder / "report.json", report_json(run).dump(2) + "\n"); !ok) return ok;
  if (auto ok = write_file(folder / "events.jsonl", as_lines(run.records)); !ok) return ok;
  return write_file(folder / "report.html", report_html(run));
}

int play(const Settings& settings, int interrupt) {
  if (auto ok = check_report(settings); !ok) return tell(ok.error());
  Progress progress(settings);
  const auto done =
      perform(settings, {interrupt, [&](uint32_t frame, bool struck) { progress(frame, struck); }});
  progress.clear();
  if (!done) return tell(done.error());
  for (const auto& line : summary(done->run)) understudy::print("{}\n", line);
  int code = done->run.outcome.complaints.empty() ? exit_right : exit_wrong;
  if (settings.report.empty()) return code;
  const auto written = write_report(done->run);
  if (!written || !done->unwritten.empty()) {
    understudy::complain("understudy-demo: the report is not whole: {}\n",
                         written ? done->unwritten : written.error().text);
    return code == exit_right ? exit_report : code;
  }
  understudy::print("report     {}\n",
                    (fs::absolute(settings.report) / "report.html").lexically_normal().string());
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  auto command = read_options(argc, argv);
  if (!command) return tell(command.error());
  const Descriptor interrupt = stop_signals();
  int code = exit_right;
  if (const auto* settings = std::get_if<Settings>(&*command))
    code = play(*settings, interrupt.get());
  else if (const auto* campaign = std::get_if<CampaignSettings>(&*command))
    code = run_campaign(*campaign, interrupt.get());
  return understudy::output_is_out("understudy-demo") || code != exit_right ? code : exit_report;
}
