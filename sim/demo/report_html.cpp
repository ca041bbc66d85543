// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "sim/demo/event_words.hpp"
#include "sim/demo/report.hpp"
#include "sim/demo/report_style.hpp"
#include "sim/demo/timeline.hpp"

namespace understudy::demo {
namespace {

constexpr uint32_t zoom = 8, zoom_pixels = 96;  // the close look at single pixels

std::string section(std::string_view title, std::string_view words, const std::string& inside) {
  return fmt::format("<section><h2>{}</h2><p class=\"lead\">{}</p>{}</section>", title, words,
                     inside);
}

/// Which server each line of an output frame came from, as a strip beside its picture.
std::string origin_strip(const Run& run, uint32_t frame) {
  std::string bars;
  const auto& all = run.recording.choices;
  constexpr std::array<std::string_view, 3> style{"a", "b", "slate"};
  for (size_t i = 0; i < all.size();) {
    size_t n = i + 1;
    while (n < all.size() && all[n].frame == all[i].frame && all[n].choice == all[i].choice) ++n;
    if (all[i].frame == frame)
      bars += fmt::format("<rect class=\"{}\" width=\"4\" y=\"{}\" height=\"{}\"/>",
                          style[std::min<size_t>(all[i].choice, 2)], all[i].line, n - i);
    i = n;
  }
  return fmt::format(
      "<svg class=\"origin\" viewBox=\"0 0 4 {}\" preserveAspectRatio=\"none\">{}</svg>",
      run.raster.v_active, bars);
}

std::string frame_caption(const Run& run, uint32_t frame) {
  uint32_t lines[3] = {};
  for (const auto& c : run.recording.choices)
    if (c.frame == frame) ++lines[std::min<size_t>(c.choice, 2)];
  std::string from;
  for (int s = 0; s < 3; ++s)
    if (lines[s])
      from += fmt::format("{}{} {}", from.empty() ? "" : ", ", lines[s],
                          s == 2 ? "slate"
                          : s    ? "from B"
                                 : "from A");
  return fmt::format("<b>{}</b> {}", frame, from);
}

std::string strip(const Run& run) {
  std::string out = "<div class=\"strip\">";
  for (const auto& [frame, picture] : run.strip) {
    const bool struck = frame == run.strike.frame && run.strike.fault != FaultName::none;
    const auto wrong =
        std::find_if(run.wrong.begin(), run.wrong.end(), [&](auto& w) { return w.frame == frame; });
    const std::string verdict = wrong == run.wrong.end()
                                    ? "<span class=\"ok\">equal to the reference</span>"
                                    : fmt::format("<span class=\"no\">{}, {} pixels wrong</span>",
                                                  to_text(wrong->verdict), wrong->pixels);
    out += fmt::format(
        "<figure{}><div class=\"shot\">{}<img src=\"{}\" alt=\"output frame {}\"></div>"
        "<figcaption>{}<br>{}</figcaption></figure>",
        struck ? " class=\"struck\"" : "", origin_strip(run, frame), png_address(picture), frame,
        frame_caption(run, frame), verdict);
  }
  return out + "</div>";
}

/// A few recorded lines as a picture; where nothing came, grey hatching.
Picture band(const std::vector<Recording::Line>& lines, uint32_t from, uint32_t count,
             uint32_t scale) {
  const auto height = uint32_t(lines.size());
  Picture p{count * scale, height * scale,
            std::vector<uint8_t>(size_t{3} * count * height * scale * scale)};
  for (uint32_t y = 0; y < p.height; ++y)
    for (uint32_t x = 0; x < p.width; ++x) {
      const auto& line = lines[y / scale];
      const uint32_t at = from + x / scale;
      uint8_t* to = p.pixel(x, y);
      if (at < line.pixels && size_t{3} * at + 2 < line.rgb.size()) {
        std::copy_n(line.rgb.data() + size_t{3} * at, 3, to);
      } else {
        const uint8_t shade = ((x + y) / 3) % 2 ? 96 : 128;
        to[0] = to[1] = to[2] = shade;
      }
    }
  return p;
}

std::string line_numbers(const Run& run) {
  std::string out = "<div class=\"numbers\">";
  for (const auto& line : run.recording.lines[2])
    out += fmt::format("<span{}>{}</span>", line.line == run.strike.line ? " class=\"hit\"" : "",
                       line.line);
  return out + "</div>";
}

/// How much there is to see in `shown` pixels: where the two inputs differ (but for the bits that
/// tags take), and where the picture changes.
uint32_t detail(const Run& run, uint32_t from, uint32_t shown) {
  uint32_t out = 0;
  const auto& [a, b, output] = run.recording.lines;
  for (size_t y = 0; y < std::min({a.size(), b.size(), output.size()}); ++y)
    for (size_t i = size_t{3} * (from + 1); i < size_t{3} * (from + shown); ++i) {
      if (i >= std::min({a[y].rgb.size(), b[y].rgb.size(), output[y].rgb.size()})) break;
      out += 4 * (a[y].rgb[i] >> 1 != b[y].rgb[i] >> 1) +
             (output[y].rgb[i] >> 3 != output[y].rgb[i - 3] >> 3);
    }
  return out;
}

/// The first pixel of the close look: around the struck one; where whole lines were struck, where
/// most is to be seen.
uint32_t close_look(const Run& run, uint32_t width, uint32_t shown) {
  const uint32_t middle = run.strike.pixel;
  if (run.strike.fault != FaultName::corrupt && run.strike.fault != FaultName::diverge)
    return std::min(middle - std::min(middle, shown / 2), width - shown);
  uint32_t best = 0, most = 0;
  for (uint32_t from = 0; from + shown <= width; from += 8)
    if (const uint32_t here = detail(run, from, shown); here > most) best = from, most = here;
  return best;
}

std::string lines_compared(const Run& run) {
  constexpr std::array<std::string_view, 3> names{"A at the gate's input", "B at the gate's input",
                                                  "what left the gate"};
  constexpr std::array<std::string_view, 3> style{"a", "b", "out"};
  const uint32_t width = run.raster.h_active, shown = std::min(width, zoom_pixels);
  const uint32_t middle = run.strike.pixel;
  const uint32_t from = close_look(run, width, shown);
  std::string whole, close;
  for (size_t i = 0; i < 3; ++i) {
    const auto& lines = run.recording.lines[i];
    if (lines.empty()) continue;
    const auto row = [&](const Picture& p, std::string_view kind) {
      return fmt::format(
          "<div class=\"band {}\"><h3><i class=\"{}\"></i>{}</h3><div class=\"with-numbers\">{}"
          "<img class=\"pixels\" src=\"{}\" alt=\"{}\"></div></div>",
          kind, style[i], names[i], line_numbers(run), png_address(p), names[i]);
    };
    close += row(band(lines, from, shown, zoom), "close");
    whole += row(band(lines, 0, width, width < 200 ? 8 : 2), "whole");
  }
  return fmt::format(
      "<h3 class=\"sub\">Pixels {} to {}, enlarged: a square is a pixel{}</h3>{}"
      "<details><summary>The whole lines, drawn higher than they are</summary>{}</details>",
      from, from + shown - 1,
      from <= middle && middle < from + shown ? fmt::format("; struck at pixel {}", middle) : "",
      close, whole);
}

std::string number_row(std::string_view name, const std::string& value) {
  return fmt::format("<tr><th>{}</th><td>{}</td></tr>", name, escaped(value));
}

std::string numbers(const Run& run) {
  const auto& f = run.frames;
  const auto& o = run.outcome;
  std::string t = "<table class=\"facts\">";
  t += number_row("frames out / right", fmt::format("{} / {}", f.frames_out, f.frames_right));
  t += number_row("frames lost, repeated, torn",
                  fmt::format("{}, {}, {}", f.frames_lost, f.frames_repeated, f.frames_torn));
  t += number_row("pixels wrong", std::to_string(f.pixels_wrong));
  t += number_row("lines taken from the other server", std::to_string(o.lines_rescued));
  t += number_row("lines lost", std::to_string(o.lines_lost));
  if (run.strike.fault != FaultName::none)
    t += number_row("fault", fmt::format("{} on {}: frame {}, line {}, pixel {}; pixel clock {}",
                                         facts(run.strike.fault).text, to_text(run.strike.struck),
                                         run.strike.frame, run.strike.line, run.strike.pixel,
                                         run.strike.clock));
  if (o.detected_clock)
    t += number_row("known by", fmt::format("{}, {} clocks after the fault", o.detected_by,
                                            *o.detected_clock - run.strike.clock));
  if (const auto& k = o.takeover) {
    t += number_row(
        "first line of the new server",
        fmt::format("frame {}, line {}; {} clocks ({} lines) after the fault", k->first_frame,
                    k->first_line, k->first_clock - run.strike.clock, k->latency_lines));
    t += number_row(
        "takeover",
        fmt::format("{} to {} from frame {}, term {}, reason {}; {} frame{} after the "
                    "fault's",
                    to_text(k->from), to_text(k->to), k->frame, k->term, to_text(k->reason),
                    k->latency_frames, k->latency_frames == 1 ? "" : "s"));
  }
  if (o.protected_frame)
    t += number_row("proven equal since", fmt::format("frame {}", *o.protected_frame));
  t += number_row("heartbeats",
                  fmt::format("{} of {} missed count as a failure; {} clocks apart at "
                              "most",
                              run.gate.beats_missed, run.gate.beat_window, run.gate.beat_period));
  t += number_row("raster", fmt::format("{}x{} of {}x{}, {} frames a second", run.raster.h_active,
                                        run.raster.v_active, run.raster.h_total, run.raster.v_total,
                                        sim::frames_per_second));
  for (const auto& c : run.changes)
    t += number_row("parameter", fmt::format("{} = {} from frame {}", c.key, c.value, c.frame));
  t += number_row("speed", fmt::format("{:.2f} times real time, {:.1f} s", run.realtime_factor,
                                       run.run_seconds));
  t += number_row("seed", std::to_string(run.settings.seed));
  return t + "</table>";
}

std::string event_table(const Run& run) {
  const uint64_t second = 1'000'000'000, strike = run.raster.nanoseconds(run.strike.clock);
  std::string rows;
  size_t shown = 0;
  for (const auto& r : run.records) {
    // What the gate tells the daemons is in the gate's own records already.
    if (r.record.value("kind", "") == "gate") continue;
    if (r.time + second / 4 < strike || r.time > strike + second / 2 || ++shown > 200) continue;
    rows += fmt::format("<tr><td>{:+.3f} ms</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                        (double(r.time) - double(strike)) / 1e6, escaped(r.record.value("who", "")),
                        escaped(r.record.value("kind", "")), escaped(fact_words(r.record)));
  }
  return "<details><summary>Events around the fault, by virtual time</summary><div "
         "class=\"scroll\"><table "
         "class=\"events\"><tr><th>after the "
         "fault</th><th>from</th><th>kind</th><th>facts</th></tr>" +
         rows + "</table></div></details>";
}

bool slate_shown(const Run& run) {
  return std::any_of(run.recording.choices.begin(), run.recording.choices.end(),
                     [](const auto& c) { return c.choice > 1; });
}

/// The colours of the two drawings that occur in this run.
std::string legend(const Run& run) {
  const auto& all = run.recording.choices;
  std::string out = "<i class=\"key a\"></i>A <i class=\"key b\"></i>B";
  if (std::any_of(all.begin(), all.end(), [](const auto& c) { return c.good != 3; }))
    out += " <i class=\"key bad\"></i>missing or wrong";
  if (std::any_of(all.begin(), all.end(), [](const auto& c) { return c.differ; }))
    out +=
        " <i class=\"key differ\"></i>both good by their own tags, and not equal: nobody can know "
        "who "
        "is right, so the gate stays";
  if (slate_shown(run)) out += " <i class=\"key slate\"></i>neither server";
  return out + ".";
}

/// Whether the fault changes what the servers send.
bool touches_picture(const Run& run) {
  const auto by = facts(run.strike.fault).detector;
  return by == Detector::picture || by == Detector::alarm;
}

std::string verdict(const Run& run) {
  if (run.outcome.complaints.empty()) return "<span class=\"pill good\">as it should be</span>";
  std::string out = "<span class=\"pill bad\">not as it should be</span><ul class=\"complaints\">";
  for (const auto& c : run.outcome.complaints) out += "<li>" + escaped(c) + "</li>";
  return out + "</ul>";
}

std::string glossary() {
  struct Word {
    std::string_view word, means;
  };
  constexpr std::array<Word, 9> words{{
      {"on air", "the server whose lines leave the gate"},
      {"tag",
       "40 pixels' lowest bits at the start of each line: which frame and line it is, and "
       "checksums of the line and of the tag itself"},
      {"rescued line",
       "one line taken from the other server, because that of the server on air "
       "was missing or wrong; nobody has changed yet"},
      {"takeover", "the change of the server on air, at the start of a frame"},
      {"term", "a number that grows by one with each takeover"},
      {"protected", "both servers are well and their pictures proven equal, line by line"},
      {"slate", "the picture that the gate shows when neither server has a good one"},
      {"heartbeat", "a short message of each server's daemon to the gate, several in a frame"},
      {"virtual time", "counted in the gate's pixel clocks; it waits for the simulation"},
  }};
  std::string rows;
  for (const auto& w : words) rows += number_row(w.word, std::string(w.means));
  return "<table class=\"facts\">" + rows + "</table>";
}

}  // namespace

std::string report_html(const Run& run) {
  const auto& s = run.strike;
  std::string what = std::string(facts(s.fault).words);
  if (s.fault != FaultName::none)
    what = fmt::format("At frame {}, line {}, pixel {}, {} on server {}.", s.frame, s.line, s.pixel,
                       facts(s.fault).words, to_text(s.struck));
  std::string page = fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Understudy: {}</title><style>{}</style></head><body>"
      "<main><header><p class=\"name\">Understudy <span>fault: {}</span></p><h1>{}</h1>"
      "<p class=\"what\">{}</p>{}</header>",
      facts(s.fault).text, report_style, facts(s.fault).text, escaped(headline(run)), escaped(what),
      verdict(run));
  page +=
      section("What left the gate",
              "Output frames around the fault. The bar on the left of each says which server each "
              "line came from: <i class=\"key a\"></i>A <i class=\"key b\"></i>B" +
                  std::string(slate_shown(run) ? " <i class=\"key slate\"></i>neither" : "") + ".",
              strip(run));
  if (s.fault != FaultName::none) {
    page +=
        section("The same lines in three places",
                std::string(touches_picture(run)
                                ? "Hatched: no pixel came."
                                : "This fault does not touch the picture: the three are alike.") +
                    " Servers' lines carry their tag in the lowest bits of the first 40 pixels; "
                    "the gate clears it on the way out.",
                lines_compared(run));
    page +=
        section("The lines around the fault",
                "One block a line: " + legend(run) +
                    " The output follows two lines behind its sources, so a line has been checked "
                    "before its first pixel leaves.",
                "<div class=\"drawing\">" + lines_timeline(run) + "</div>");
  }
  page += section(
      "The frames around it",
      "Lines, heartbeats and the servers' own word, and what was on the output: " + legend(run),
      "<div class=\"drawing\">" + frames_timeline(run) + "</div>");
  page +=
      section("Numbers",
              fmt::format("Clocks are the gate's pixel clocks: {} a line, {} lines a frame, {} "
                          "a second. Milliseconds are virtual time, counted by them; only the "
                          "speed is by the wall clock.",
                          run.raster.h_total, run.raster.v_total, run.raster.clocks_per_second()),
              numbers(run) + event_table(run));
  page += section("Words", "", glossary());
  page += section("Again", "The same seed gives the same run, to the pixel and to the event.",
                  "<pre>" + escaped(command(run.settings)) + "</pre>");
  return page + "</main></body></html>\n";
}

}  // namespace understudy::demo
