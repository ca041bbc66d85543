// SPDX-License-Identifier: Apache-2.0
// A drawing (SVG) whose x axis is time: bars, marks and words in it. Colours come from the page's
// style by class.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace understudy::demo {

inline constexpr double label_width = 118, drawing_width = 1000;

/// Text made safe for HTML and SVG.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

/// Times (of any unit) to x, and the drawing so far.
class Drawing {
 public:
  Drawing(double begin, double end, double height) : begin_(begin), end_(end), height_(height) {}

  double x(double clock) const {
    const double part = (clock - begin_) / (end_ - begin_);
    return label_width + std::clamp(part, 0.0, 1.0) * (drawing_width - label_width);
  }
  bool shows(double clock) const { return clock >= begin_ && clock <= end_; }
  void bar(double from, double to, double y, double h, std::string_view style,
           std::string_view title = "") {
    if (to <= begin_ || from >= end_) return;
    body_ +=
        fmt::format(R"(<rect class="{}" x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}">)",
                    style, x(from), y, std::max(0.4, x(to) - x(from)), h);
    if (!title.empty()) body_ += fmt::format("<title>{}</title>", escaped(title));
    body_ += "</rect>";
  }
  void mark(double clock, double y0, double y1, std::string_view style) {
    if (!shows(clock)) return;
    body_ += fmt::format(R"(<line class="{}" x1="{:.2f}" x2="{:.2f}" y1="{:.1f}" y2="{:.1f}"/>)",
                         style, x(clock), x(clock), y0, y1);
  }
  void text(double px, double y, std::string_view words, std::string_view style = "",
            std::string_view anchor = "start") {
    body_ += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)",
                         style, px, y, anchor, escaped(words));
  }
  void label(double y, std::string_view words) { text(label_width - 10, y, words, "label", "end"); }
  std::string done(std::string_view title) const {
    return fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>)",
                       drawing_width, height_, escaped(title), body_);
  }

 private:
  double begin_, end_, height_;
  std::string body_;
};

}  // namespace understudy::demo
