// SPDX-License-Identifier: Apache-2.0
#include "sim/network/sequence_diagram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/demo/drawing.hpp"

namespace understudy::network {
namespace {

using By = SequenceRow::By;
using Kind = Heard::Kind;

constexpr size_t rows_before = 3, rows_after = 5;
constexpr size_t alike_shown = 2;  // of rows that say the same kind of thing
constexpr double row_height = 26, top = 44, time_width = 108;
constexpr std::array<double, 3> lifelines{190, 560, 930};

std::string place(uint32_t from_begin) {
  return fmt::format("byte {}", from_begin);
}

/// A packet in words, and what kind of thing it says.
struct Words {
  std::string text;
  std::string_view kind;
};

class Teller {
 public:
  Teller(const Outcome& o, const Flow& flow) : o_(o), news_(flow) {}

  SequenceRow row(const Heard& h, std::string_view& kind) {
    const auto w = h.kind == Kind::neighbour ? neighbour(h) : segment(h);
    kind = w.kind;
    const By by = h.to_service ? By::client : h.from == o_.second ? By::second : By::first;
    return {h.at, by, w.text};
  }

 private:
  static Words neighbour(const Heard& h) {
    if (h.to_service) return {"who has the service address?", "asks"};
    return {"the service address is here now", "announces"};
  }

  Words segment(const Heard& h) {
    if (h.opens) (h.to_service ? client_begin_ : begin_) = h.sequence + 1;
    if (h.to_service) {
      if (h.opens) return {"SYN", "opens"};
      return {fmt::format("ACK: has all up to {}", place(h.acknowledged - begin_)), "acknowledges"};
    }
    const auto fresh = news_.take(h);
    const uint32_t at = h.sequence - begin_;
    if (h.reset) return {"RST", "reset"};
    if (fresh) return {fmt::format("new bytes: {} to {}", place(at), at + h.bytes - 1), "data"};
    if (h.bytes == 1) return {fmt::format("probe: {} again; how far are you?", place(at)), "probe"};
    if (h.bytes) return {fmt::format("{} to {} again", place(at), at + h.bytes - 1), "again"};
    return {fmt::format("ACK, no bytes, at {}", place(at)), "empty"};
  }

  const Outcome& o_;
  News news_;
  uint32_t begin_ = 0, client_begin_ = 0;
};

struct Told {
  SequenceRow row;
  std::string_view kind;
};

/// Everything of the download and of the address.
std::vector<Told> told(const Outcome& o, const Flow& flow) {
  std::vector<Told> out;
  Teller teller(o, flow);
  for (const auto& h : o.heard)
    if (flow.has(h) || h.kind == Kind::neighbour) {
      Told t;
      t.row = teller.row(h, t.kind);
      out.push_back(std::move(t));
    }
  return out;
}

/// Runs of one kind by one speaker: the first ones, and how many more.
std::vector<SequenceRow> condensed(const std::vector<Told>& all) {
  std::vector<SequenceRow> out;
  for (size_t i = 0; i < all.size();) {
    size_t n = i;
    while (n < all.size() && all[n].kind == all[i].kind && all[n].row.by == all[i].row.by) ++n;
    const size_t shown = std::min(n - i, alike_shown);
    for (size_t k = i; k < i + shown; ++k) out.push_back(all[k].row);
    if (const size_t more = n - i - shown; more > 0)
      out.back().words += fmt::format(" (and {} more like it)", more);
    i = n;
  }
  return out;
}

std::string arrow(const SequenceRow& r, double y) {
  const bool first = r.by == By::first;
  const size_t server = first ? 0 : 2;
  const double from = r.by == By::client ? lifelines[1] : lifelines[server],
               to = r.by == By::client ? lifelines[0] : lifelines[1];
  const double tip = to > from ? -7 : 7;
  return fmt::format(
      R"(<line class="arrow" x1="{:.0f}" x2="{:.0f}" y1="{:.0f}" y2="{:.0f}"/><path class="tip" d="M{:.0f} {:.0f}l{} -4v8z"/><text x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text>)",
      from, to, y, y, to, y, tip, (from + to) / 2, y - 5, demo::escaped(r.words));
}

}  // namespace

std::vector<SequenceRow> sequence_rows(const Outcome& o) {
  if (o.clients.empty() || !o.clients.front().flow) return {};
  const auto& curl = o.clients.front();
  const auto all = told(o, *curl.flow);
  const auto after_change = [&](const Told& t) {
    return !curl.stream.first_after || t.row.at >= *curl.stream.first_after;
  };
  const WallTime from = std::min(o.struck, curl.stream.last_before.value_or(o.struck));
  const auto begin = std::ranges::find_if(all, [&](auto& t) { return t.row.at >= from; });
  const auto end = std::find_if(begin, all.end(), after_change);
  const auto few = [](auto n, size_t most) { return std::min<ptrdiff_t>(n, ptrdiff_t(most)); };
  std::vector<SequenceRow> out;
  for (auto t = begin - few(begin - all.begin(), rows_before); t != begin; ++t)
    out.push_back(t->row);
  for (auto& r : condensed({begin, end})) out.push_back(std::move(r));
  for (auto t = end; t != end + few(all.end() - end, rows_after); ++t) out.push_back(t->row);
  out.push_back({o.struck, By::nobody, "the fault: " + o.fault});
  for (const auto& d : o.decisions) out.push_back({d.at, By::nobody, d.words});
  std::ranges::stable_sort(out, {}, &SequenceRow::at);
  return out;
}

std::string sequence_diagram(const Outcome& o) {
  const auto rows = sequence_rows(o);
  const double height = top + row_height * (static_cast<double>(rows.size()) + 1);
  const std::array<std::string, 3> names{"server " + o.before.server + " (first)", "the client",
                                         "server " + o.second_name + " (second)"};
  std::string body;
  for (size_t i = 0; i < lifelines.size(); ++i)
    body += fmt::format(
        R"(<line class="lifeline" x1="{0:.0f}" x2="{0:.0f}" y1="{1:.0f}" y2="{2:.0f}"/><text class="words" x="{0:.0f}" y="18" text-anchor="middle">{3}</text>)",
        lifelines[i], top - 18, height - 8, demo::escaped(names[i]));
  double y = top + row_height / 2;
  for (const auto& r : rows) {
    body +=
        fmt::format(R"(<text class="label" x="{}" y="{:.0f}" text-anchor="end">{:+.2f} ms</text>)",
                    time_width - 8, y + 4, o.after_fault(r.at));
    if (r.by != By::nobody)
      body += arrow(r, y);
    else
      body += fmt::format(
          R"(<line class="mark {2}" x1="{3:.0f}" x2="990" y1="{0:.0f}" y2="{0:.0f}"/><text class="words {2}" x="{4:.0f}" y="{5:.0f}" text-anchor="middle">{1}</text>)",
          y, demo::escaped(r.words), r.at == o.struck ? "fault" : "known", time_width + 2,
          lifelines[1], y - 5);
    y += row_height;
  }
  return fmt::format(
      R"(<svg viewBox="0 0 1000 {:.0f}" role="img" aria-label="who said what">{}</svg>)", height,
      body);
}

}  // namespace understudy::network
