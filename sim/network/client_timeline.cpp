// SPDX-License-Identifier: Apache-2.0
#include "sim/network/client_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/demo/drawing.hpp"

namespace understudy::network {
namespace {

constexpr double before = 300, after = 700;  // ms around the fault, at least
constexpr size_t bins = 220;
constexpr double row = 74, bar = 46, top = 40;

struct Bins {
  std::array<std::array<double, bins>, 2> bytes{};  // of the first server, of the second
  double most = 1;
};

class Drawer {
 public:
  Drawer(const Outcome& o, double begin, double end)
      : o_(o), begin_(begin), end_(end), d_(begin, end, height()) {}

  std::string draw() {
    double y = top;
    for (const auto& c : o_.clients) client(c, y), y += row;
    mark(0, "fault", "fault", 14);
    if (o_.voices.second_speaks)
      mark(o_.after_fault(*o_.voices.second_speaks), "first", "the second server speaks", 30);
    for (double t = std::ceil(begin_ / 100) * 100; t <= end_; t += 100) {
      d_.mark(t, y, y + 6, "ruler");
      d_.text(d_.x(t) + 3, y + 14, fmt::format("{:+.0f} ms", t), "ruler-words");
    }
    return d_.done("bytes for each client over time");
  }

 private:
  double height() const { return top + row * static_cast<double>(o_.clients.size()) + 24; }

  void mark(double at, std::string_view style, std::string_view words, double y) {
    if (!d_.shows(at)) return;
    d_.mark(at, y - 8, height() - 22, fmt::format("mark {}", style));
    d_.text(d_.x(at) + 5, y, words, fmt::format("words {}", style));
  }

  Bins bins_of(const Flow& flow) const {
    Bins out;
    News news(flow);
    for (const auto& h : o_.heard) {
      const auto bytes = news.take(h);
      const double part = (o_.after_fault(h.at) - begin_) / (end_ - begin_);
      if (bytes == 0 || part < 0 || part >= 1) continue;
      auto& bin = out.bytes[h.from == o_.second][static_cast<size_t>(part * bins)];
      bin += bytes;
      out.most = std::max(out.most, bin);
    }
    return out;
  }

  void client(const ClientOutcome& c, double y) {
    d_.label(y + 18, c.name);
    if (!c.flow) return;
    if (const auto& s = c.stream.over_change) {
      const double from = o_.after_fault(s->from), to = o_.after_fault(s->to);
      d_.bar(from, to, y, bar, "state bad");
      const double room = d_.x(to) - d_.x(from);
      d_.text(d_.x(from) + (room > 60 ? room / 2 : -4), y + 12,
              fmt::format("{:.1f} ms", s->milliseconds()), "state-words",
              room > 60 ? "middle" : "end");
    }
    const auto all = bins_of(*c.flow);
    const double width = (end_ - begin_) / bins;
    for (size_t server = 0; server < 2; ++server)
      for (size_t i = 0; i < bins; ++i) {
        const double bytes = all.bytes[server][i], from = begin_ + width * static_cast<double>(i);
        if (bytes == 0) continue;
        const double high = std::max(1.5, bar * bytes / all.most);
        const bool a = (o_.before.server == "A") == (server == 0);
        d_.bar(from, from + width * 0.9, y + bar - high, high, a ? "a" : "b",
               fmt::format("{:.0f} bytes at {:+.1f} ms", bytes, from));
      }
  }

  const Outcome& o_;
  double begin_, end_;
  demo::Drawing d_;
};

}  // namespace

std::string client_timeline(const Outcome& o) {
  double end = after;
  for (const auto& c : o.clients)
    if (c.stream.first_after) end = std::max(end, o.after_fault(*c.stream.first_after) + before);
  return Drawer(o, -before, end).draw();
}

}  // namespace understudy::network
