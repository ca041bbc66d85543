// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <cerrno>
#include <cstring>

namespace understudy::demo {
namespace {

std::string plural(uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string quoted(const std::string& word) {
  if (word.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=-,+") ==
          std::string::npos &&
      !word.empty())
    return word;
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Json takeover_json(const Takeover& t) {
  Json j;
  j["frame"] = t.frame, j["line"] = t.line;
  j["latency_lines"] = t.latency_lines, j["latency_frames"] = t.latency_frames;
  j["from"] = to_text(t.from), j["to"] = to_text(t.to), j["term"] = t.term;
  j["reason"] = to_text(t.reason), j["clock"] = t.clock;
  j["first_line"] = {{"frame", t.first_frame}, {"line", t.first_line}, {"clock", t.first_clock}};
  return j;
}

Json fault_json(const Strike& s) {
  Json j;
  j["name"] = facts(s.fault).text;
  j["frame"] = s.frame, j["line"] = s.line, j["pixel"] = s.pixel;
  j["server"] = to_text(s.struck), j["clock"] = s.clock;
  return j;
}

}  // namespace

std::string command(const Settings& s) {
  std::string out = fmt::format("./dev demo --fault {} --at {}:{} --frames {} --seed {}",
                                facts(s.fault).text, s.frame, s.line, s.frames, s.seed);
  if (!s.video.empty()) out += " --video " + quoted(s.video);
  if (s.raster != "480p") out += " --raster " + s.raster;
  for (const auto& c : s.changes)
    out += " --set-parameter " + quoted(fmt::format("{}:{}={}", c.frame, c.key, c.value));
  if (s.hosts == Hosts::namespaces) out += " --hosts namespaces";
  if (s.wave) out += " --wave";
  if (s.keep_frames) out += " --keep-frames";
  return out;
}

std::string headline(const Run& run) {
  const auto& f = run.frames;
  const uint64_t bad = f.frames_lost + f.frames_repeated + f.frames_torn;
  std::string out = bad ? fmt::format("{} of {} frames damaged.", bad, run.settings.frames)
                        : fmt::format("0 of {} frames lost.", run.settings.frames);
  if (const auto& t = run.outcome.takeover) {
    const auto to = to_text(t->to);
    if (t->first_frame != t->frame)
      out += fmt::format(" {}'s lines went out {} after the fault; {} is on air from frame {}.", to,
                         plural(t->latency_lines, "line"), to, t->frame);
    else
      out += fmt::format(" {} is on air from frame {}, {} after the fault.", to, t->frame,
                         plural(t->latency_frames, "frame"));
  } else if (run.outcome.diverged) {
    out += " The pictures differ: alarm, no switch.";
  } else {
    out += " Nobody had to take over.";
  }
  return out;
}

std::vector<std::string> summary(const Run& run) {
  const auto& f = run.frames;
  const auto& o = run.outcome;
  std::vector<std::string> out;
  out.push_back(headline(run));
  out.push_back(fmt::format(
      "fault      {}{}", facts(run.strike.fault).words,
      run.strike.fault == FaultName::none
          ? std::string()
          : fmt::format(" on {} at frame {}, line {}, pixel {}", to_text(run.strike.struck),
                        run.strike.frame, run.strike.line, run.strike.pixel)));
  if (o.detected_clock)
    out.push_back(fmt::format("known by   {}, {:.1f} lines later", o.detected_by,
                              double(*o.detected_clock - run.strike.clock) / run.gate.h_total));
  if (o.takeover)
    out.push_back(fmt::format("takeover   {} to {}, reason {}, term {}, {} / {} after the fault",
                              to_text(o.takeover->from), to_text(o.takeover->to),
                              to_text(o.takeover->reason), o.takeover->term,
                              plural(o.takeover->latency_lines, "line"),
                              plural(o.takeover->latency_frames, "frame")));
  out.push_back(fmt::format("frames     {} out, {} right, {} lost, {} repeated, {} torn",
                            f.frames_out, f.frames_right, f.frames_lost, f.frames_repeated,
                            f.frames_torn));
  out.push_back(fmt::format("pixels     {} wrong of {}", f.pixels_wrong,
                            f.frames_out * run.raster.h_active * run.raster.v_active));
  out.push_back(fmt::format("lines      {} taken from the other server, {} lost", o.lines_rescued,
                            o.lines_lost));
  out.push_back(fmt::format("speed      {:.2f} times real time ({:.1f} s)", run.realtime_factor,
                            run.run_seconds));
  for (const auto& note : run.notes) out.push_back("note       " + note);
  for (const auto& complaint : o.complaints) out.push_back("WRONG      " + complaint);
  out.push_back(o.complaints.empty() ? "result     as it should be"
                                     : "result     NOT as it should be");
  return out;
}

Json report_json(const Run& run) {
  const auto& f = run.frames;
  const auto& o = run.outcome;
  Json j;
  j["headline"] = headline(run);
  j["right"] = o.complaints.empty();
  j["complaints"] = o.complaints;
  j["frames"] = run.settings.frames;
  j["frames_out"] = f.frames_out, j["frames_right"] = f.frames_right;
  j["frames_lost"] = f.frames_lost, j["frames_repeated"] = f.frames_repeated;
  j["frames_torn"] = f.frames_torn, j["pixels_wrong"] = f.pixels_wrong;
  j["lines_rescued"] = o.lines_rescued, j["lines_lost"] = o.lines_lost;
  j["wrong_frames"] = Json::array();
  for (const auto& w : run.wrong)
    j["wrong_frames"].push_back(
        {{"frame", w.frame}, {"verdict", to_text(w.verdict)}, {"pixels", w.pixels}});
  j["fault"] = fault_json(run.strike);
  j["takeover"] = o.takeover ? takeover_json(*o.takeover) : Json();
  j["takeovers"] = o.takeovers;
  j["detected"] = Json();
  if (o.detected_clock) j["detected"] = {{"clock", *o.detected_clock}, {"by", o.detected_by}};
  j["diverged"] = o.diverged;
  j["protected_since_frame"] = o.protected_frame ? Json(*o.protected_frame) : Json();
  j["raster"] = {{"name", run.raster.name},
                 {"width", run.raster.h_active},
                 {"height", run.raster.v_active},
                 {"fps", sim::frames_per_second}};
  j["gate"] = {{"h_total", run.gate.h_total},
               {"v_total", run.gate.v_total},
               {"beats_missed", run.gate.beats_missed},
               {"beat_window", run.gate.beat_window},
               {"beat_period_clocks", run.gate.beat_period}};
  j["parameters"] = Json::array();
  for (const auto& c : run.changes)
    j["parameters"].push_back({{"frame", c.frame}, {"key", c.key}, {"value", c.value}});
  j["hosts"] = run.settings.hosts == Hosts::same ? "same" : "namespaces";
  j["notes"] = run.notes;
  j["seed"] = run.settings.seed;
  j["command"] = command(run.settings);
  j["realtime_factor"] = run.realtime_factor;
  j["wall"] = {{"seconds", run.wall_seconds},
               {"run_seconds", run.run_seconds},
               {"realtime_factor", run.realtime_factor}};
  return j;
}

std::expected<void, Error> write_file(const std::filesystem::path& file, std::string_view text) {
  const auto failed = [&] {
    return error("cannot write " + file.string() + ": " + std::strerror(errno));
  };
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return failed();
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const auto why = failed();
      ::close(fd);
      return why;
    }
    done += size_t(n);
  }
  if (::close(fd) != 0) return failed();
  return {};
}

}  // namespace understudy::demo
