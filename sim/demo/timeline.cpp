// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/timeline.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "sim/demo/drawing.hpp"

namespace understudy::demo {
namespace {

constexpr std::string_view colour[] = {"a", "b", "slate"};

std::string_view input_style(const Recording::Choice& c, int server) {
  if (!(c.good >> server & 1)) return "bad";
  return c.differ ? "differ" : colour[server];
}

struct Moment {
  uint64_t clock;
  std::string words;
  std::string_view style;
};

std::vector<Moment> moments(const Run& run) {
  std::vector<Moment> out;
  if (run.strike.fault != FaultName::none)
    out.push_back({run.strike.clock, std::string(facts(run.strike.fault).text), "fault"});
  if (run.outcome.detected_clock)
    out.push_back({*run.outcome.detected_clock, "known: " + run.outcome.detected_by, "known"});
  if (const auto& t = run.outcome.takeover) {
    if (t->first_frame != t->frame)
      out.push_back({t->first_clock, fmt::format("first line from {}", to_text(t->to)), "first"});
    out.push_back({t->clock, fmt::format("{} on air, term {}", to_text(t->to), t->term), "switch"});
  }
  return out;
}

/// The marks' words, each on a row of its own so that none hides another.
double draw_moments(Drawing& d, const Run& run, double bottom) {
  double y = 14;
  for (const auto& m : moments(run)) {
    if (!d.shows(double(m.clock))) continue;
    const double at = d.x(double(m.clock));
    const bool right = at > drawing_width * 0.7;
    d.mark(double(m.clock), y - 9, bottom, fmt::format("mark {}", m.style));
    d.text(at + (right ? -5 : 5), y, m.words, fmt::format("words {}", m.style),
           right ? "end" : "start");
    y += 16;
  }
  return y;
}

void draw_beats(Drawing& d, const Run& run, int server, double y) {
  d.label(y + 11, fmt::format("{} beats", server ? "B" : "A"));
  for (const auto& b : run.recording.beats)
    if (b.server == server)
      d.mark(double(b.clock), y, y + 14, fmt::format("beat {}", colour[server]));
}

/// Runs of lines of one kind become one bar.
template <class Kind>
void draw_lines(Drawing& d, const Run& run, double y, double h, Kind kind) {
  const auto& all = run.recording.choices;
  for (size_t i = 0; i < all.size();) {
    const std::string style(kind(all[i]));
    size_t n = i + 1;
    while (n < all.size() && all[n].frame == all[i].frame && kind(all[n]) == style) ++n;
    const auto& last = all[n - 1];
    d.bar(double(run.raster.output_clock(all[i].frame, all[i].line)),
          double(run.raster.output_clock(last.frame, last.line + 1)), y, h, style,
          fmt::format("frame {}, lines {} to {}", all[i].frame, all[i].line, last.line));
    i = n;
  }
}

void draw_states(Drawing& d, const Run& run, int server, uint64_t end, double y) {
  d.label(y + 11, fmt::format("{} state", server ? "B" : "A"));
  std::vector<std::pair<uint64_t, std::string>> changes{{0, "unknown"}};
  for (const auto& e : run.events) {
    if (e.source != server) continue;
    if (e.kind == EventKind::server_state)
      changes.emplace_back(e.clock, protocol::to_text(protocol::ServerState(e.data & 0xFF)));
    else if (e.kind == EventKind::beats_lost)
      changes.emplace_back(e.clock, "no beats");
  }
  for (size_t i = 0; i < changes.size(); ++i) {
    const double from = double(changes[i].first);
    const double to = double(i + 1 < changes.size() ? changes[i + 1].first : end);
    const bool bad = changes[i].second == "no beats" || changes[i].second == "Failed";
    d.bar(from, to, y, 15, bad ? "state bad" : "state", changes[i].second);
    const double width = d.x(to) - d.x(from);
    if (width > 6.0 * double(changes[i].second.size()))
      d.text(d.x(from) + 4, y + 11, changes[i].second, "state-words");
  }
}

}  // namespace

std::string frames_timeline(const Run& run) {
  const auto& r = run.raster;
  const uint32_t f = run.strike.frame;
  const uint32_t last = run.outcome.takeover ? std::max(run.outcome.takeover->frame, f) : f;
  const uint64_t begin = r.output_clock(f > 0 ? f - 1 : 0) - r.h_total * 3;
  const uint64_t end = r.output_clock(std::min(last, f + 2) + 1) + r.frame_clocks() / 5;
  Drawing d(double(begin), double(end), 294);
  double y = draw_moments(d, run, 268) + 4;
  d.label(y + 11, "A lines good");
  draw_lines(d, run, y, 15, [](auto& c) { return input_style(c, 0); });
  draw_beats(d, run, 0, y + 21);
  draw_states(d, run, 0, end, y + 41);
  y += 72;
  d.label(y + 11, "B lines good");
  draw_lines(d, run, y, 15, [](auto& c) { return input_style(c, 1); });
  draw_beats(d, run, 1, y + 21);
  draw_states(d, run, 1, end, y + 41);
  y += 72;
  d.label(y + 15, "video out");
  draw_lines(d, run, y, 22,
             [](auto& c) { return std::string(colour[std::min<int>(c.choice, 2)]); });
  for (uint32_t k = f > 1 ? f - 1 : 0; k <= last + 2; ++k) {
    const double clock = double(r.output_clock(k));
    d.mark(clock, 262, 274, "ruler");
    if (d.shows(clock) && d.x(clock) < drawing_width - 60)
      d.text(d.x(clock) + 3, 286, fmt::format("frame {}", k), "ruler-words");
  }
  return d.done("Lines, heartbeats, states and the switch, in pixel clocks");
}

std::string lines_timeline(const Run& run) {
  const auto& r = run.raster;
  const uint32_t f = run.strike.frame;
  const uint32_t from = run.strike.line - std::min(run.strike.line, 3u), count = 11;
  const uint64_t begin = r.source_clock(f, from), end = begin + uint64_t{count} * r.h_total;
  Drawing d(double(begin), double(end), 190);
  double y = draw_moments(d, run, 164) + 6;
  const auto choice = [&](uint32_t line) -> const Recording::Choice* {
    for (const auto& c : run.recording.choices)
      if (c.frame == f && c.line == line) return &c;
    return nullptr;
  };
  for (int row = 0; row < 3; ++row) {
    d.label(y + 14, row == 0 ? "A at the pins" : row == 1 ? "B at the pins" : "video out");
    for (uint32_t line = from > 2 ? from - 2 : 0; line < std::min(from + count, r.v_active);
         ++line) {
      const auto* c = choice(line);
      if (!c) continue;
      const uint64_t at = row < 2 ? r.source_clock(f, line) : r.output_clock(f, line);
      if (at < begin) continue;
      const auto style = row < 2 ? input_style(*c, row) : colour[std::min<int>(c->choice, 2)];
      d.bar(double(at), double(at + r.h_active), y, 22, style,
            fmt::format("line {}, clocks {} to {}", line, at, at + r.h_active));
      if (at + r.h_active <= end)
        d.text(d.x(double(at)) + 5, y + 15, std::to_string(line), "on-bar");
    }
    y += 30;
  }
  for (uint32_t i = 0; i <= count; i += 2) {
    const uint64_t clock = begin + uint64_t{i} * r.h_total;
    d.mark(double(clock), 160, 168, "ruler");
    if (i + 1 < count)
      d.text(d.x(double(clock)) + 3, 181, fmt::format("clock {}", clock), "ruler-words");
  }
  return d.done("The lines around the fault, in pixel clocks");
}

}  // namespace understudy::demo
