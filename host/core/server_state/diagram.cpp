// SPDX-License-Identifier: Apache-2.0
#include "host/core/server_state/diagram.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace understudy::core {
namespace {

using enum ServerState;
using protocol::to_text;

constexpr int box_width = 190, box_height = 44, line_height = 15;

struct Point {
  int x, y;
};
struct Place {
  ServerState state;
  Point centre;
};
constexpr Place places[] = {
    {primary_offline, {120, 100}},
    {primary_no_secondary, {450, 100}},
    {primary, {800, 100}},
    {secondary_offline, {120, 240}},
    {secondary_no_primary, {450, 240}},
    {secondary, {800, 240}},
    {secondary_synchronizing, {800, 375}},
    {failed, {450, 510}},
    {secondary_synchronized, {800, 510}},
};

struct Frame {
  std::string_view name;
  std::vector<ServerState> states;
  Point from, to;  // corners; an empty one is not drawn
};
const std::vector<Frame>& frames() {
  static const std::vector<Frame> all{
      {"delivers", {primary, primary_no_secondary}, {338, 55}, {915, 132}},
      {"has a primary",
       {secondary, secondary_synchronizing, secondary_synchronized},
       {688, 205},
       {1050, 542}},
  };
  return all;
}

/// Who has a way of its own: where it goes, and where its words stand.
struct Way {
  std::vector<ServerState> from;
  ServerState to;
  std::vector<Point> points;
  Point label;  // baseline of the first line
  std::string_view anchor = "middle";
};
const std::vector<Way>& ways() {
  static const std::vector<Way> all{
      {{primary}, primary_no_secondary, {{705, 110}, {545, 110}}, {625, 125}},
      {{primary_no_secondary}, primary, {{545, 88}, {705, 88}}, {625, 82}},
      {{primary}, secondary, {{785, 122}, {785, 218}}, {779, 172}, "end"},
      {{primary_no_secondary}, secondary_no_primary, {{430, 122}, {430, 218}}, {424, 172}, "end"},
      {{secondary_no_primary}, primary_no_secondary, {{470, 218}, {470, 122}}, {476, 172}, "start"},
      {{primary_offline}, secondary_offline, {{80, 122}, {80, 218}}, {86, 155}, "start"},
      {{secondary_offline}, primary_offline, {{180, 218}, {180, 122}}, {186, 190}, "start"},
      {{primary_offline}, primary_no_secondary, {{215, 112}, {355, 112}}, {276, 128}},
      {{secondary_offline}, secondary_no_primary, {{215, 252}, {355, 252}}, {284, 268}},
      {{secondary_no_primary}, secondary_offline, {{355, 230}, {215, 230}}, {284, 224}},
      {{secondary_no_primary}, secondary, {{545, 240}, {705, 240}}, {615, 234}},
      {{secondary}, secondary_synchronizing, {{785, 262}, {785, 353}}, {779, 312}, "end"},
      {{secondary_synchronizing}, secondary, {{815, 353}, {815, 262}}, {821, 297}, "start"},
      {{secondary_synchronizing},
       secondary_synchronized,
       {{785, 397}, {785, 488}},
       {779, 447},
       "end"},
      {{secondary_synchronized},
       secondary_synchronizing,
       {{815, 488}, {815, 397}},
       {821, 440},
       "start"},
      {{secondary_synchronized},
       secondary,
       {{895, 510}, {941, 510}, {941, 240}, {895, 240}},
       {947, 372},
       "start"},
      {{failed}, secondary_no_primary, {{430, 488}, {430, 262}}, {424, 410}, "end"},
      {frames()[0].states, primary_offline, {{338, 88}, {215, 88}}, {280, 82}},
      {frames()[0].states,
       failed,
       {{915, 100}, {1076, 100}, {1076, 575}, {450, 575}, {450, 532}},
       {995, 94}},
      {frames()[1].states, primary, {{815, 205}, {815, 122}}, {821, 172}, "start"},
      {frames()[1].states, secondary_no_primary, {{688, 300}, {500, 300}, {500, 262}}, {590, 294}},
      {frames()[1].states, secondary_offline, {{688, 335}, {120, 335}, {120, 262}}, {276, 329}},
      {{}, failed, {{225, 510}, {355, 510}}, {290, 504}},
  };
  return all;
}

std::string number(int n) {
  return std::to_string(n);
}
std::string at(Point p) {
  return number(p.x) + " " + number(p.y);
}
Point centre_of(ServerState s) {
  return std::ranges::find(places, s, &Place::state)->centre;
}

bool every_other(const StateArrow& a) {
  return a.from.size() == std::size(places) - 1;
}
const Way* way_of(const StateArrow& a) {
  const auto from = every_other(a) ? std::vector<ServerState>{} : a.from;
  const auto it =
      std::ranges::find_if(ways(), [&](const Way& w) { return w.from == from && w.to == a.to; });
  return it == ways().end() ? nullptr : &*it;
}

/// The one state to which all of `group` go with this event.
std::optional<ServerState> common_target(const std::vector<ServerState>& group, StateEvent on) {
  std::optional<ServerState> to;
  for (const auto s : group) {
    const StateRow* row = find_row(s, on);
    if (row == nullptr || (to && row->to != *to)) return std::nullopt;
    to = row->to;
  }
  if (std::ranges::find(group, *to) != group.end()) return std::nullopt;
  return to;
}

std::vector<std::vector<ServerState>> groups() {
  std::vector<std::vector<ServerState>> all;
  for (const auto& target : places) {  // every state but this one
    all.emplace_back();
    for (const auto& p : places)
      if (p.state != target.state) all.back().push_back(p.state);
  }
  for (const auto& f : frames()) all.push_back(f.states);
  return all;
}

std::string text(Point p, std::string_view anchor, std::string_view kind, std::string_view words) {
  return "<text class=\"" + std::string(kind) + "\" x=\"" + number(p.x) + "\" y=\"" + number(p.y) +
         "\" text-anchor=\"" + std::string(anchor) + "\">" + std::string(words) + "</text>\n";
}

std::string rectangle(Point from, int width, int height, std::string_view kind) {
  return "<rect class=\"" + std::string(kind) + "\" x=\"" + number(from.x) + "\" y=\"" +
         number(from.y) + "\" width=\"" + number(width) + "\" height=\"" + number(height) +
         "\" rx=\"8\"/>\n";
}

std::string line(const std::vector<Point>& points) {
  std::string d = "M" + at(points[0]);
  for (size_t i = 1; i < points.size(); ++i) d += " L" + at(points[i]);
  return "<path class=\"way\" d=\"" + d + "\"/>\n";
}

std::string drawn(const StateArrow& a) {
  Way way;
  if (const Way* known = way_of(a)) {
    way = *known;
  } else {
    const Point f = centre_of(a.from[0]), t = centre_of(a.to);
    way.points = {f, t};
    way.label = {(f.x + t.x) / 2, (f.y + t.y) / 2};
  }
  std::string out = line(way.points);
  for (const auto on : a.on) {
    const bool more = on != a.on.back();
    out += text(way.label, way.anchor, "on", std::string(to_text(on)) + (more ? "," : ""));
    way.label.y += line_height;
  }
  return out;
}

std::string_view look(ServerState s) {
  return s == failed                   ? "box failed"
         : s == secondary_synchronized ? "box proven"
         : delivers(s)                 ? "box delivers"
                                       : "box";
}

constexpr std::string_view head =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1100 600" font-family="DejaVu Sans, Helvetica, Arial, sans-serif">
<!-- SPDX-License-Identifier: Apache-2.0. Drawn from the table in server_state.cpp by state_table; do not edit. -->
<style>
.box{fill:#fff;stroke:#334;stroke-width:2} .delivers{fill:#dff3df} .proven{fill:#e3f0ff} .failed{fill:#fde2e0}
.frame{fill:none;stroke:#889;stroke-width:1.5;stroke-dasharray:6 4}
.way{fill:none;stroke:#334;stroke-width:1.8;marker-end:url(#m)}
.name{fill:#112;font-size:13px;font-weight:bold} .on{fill:#223;font-size:12.5px} .note{fill:#667;font-size:12.5px;font-style:italic}
</style>
<defs><marker id="m" markerWidth="9" markerHeight="9" refX="8" refY="4.5" orient="auto"><path d="M0 0 L9 4.5 L0 9z" fill="#334"/></marker></defs>
<rect x="0" y="0" width="1100" height="600" fill="#fafbfc"/>
)";

}  // namespace

std::vector<StateArrow> state_arrows() {
  std::vector<StateArrow> out;
  const auto add = [&](const std::vector<ServerState>& from, ServerState to, StateEvent on) {
    const auto it = std::ranges::find_if(
        out, [&](const StateArrow& a) { return a.from == from && a.to == to; });
    if (it == out.end())
      out.push_back({from, to, {on}});
    else
      it->on.push_back(on);
  };
  std::vector<std::pair<ServerState, StateEvent>> taken;
  const auto is_taken = [&](ServerState s, StateEvent on) {
    return std::ranges::find(taken, std::pair(s, on)) != taken.end();
  };
  for (const auto& group : groups())
    for (size_t e = 0; e < state_event_count; ++e) {
      const auto on = StateEvent(e);
      const auto to = common_target(group, on);
      if (!to || is_taken(group[0], on)) continue;
      add(group, *to, on);
      for (const auto s : group) taken.emplace_back(s, on);
    }
  for (const auto& row : state_table())
    if (!is_taken(row.from, row.on)) add({row.from}, row.to, row.on);
  for (auto& a : out) a.drawn_by_hand = way_of(a) != nullptr;
  return out;
}

std::string states_svg() {
  std::string out(head);
  out += text({24, 30}, "start", "note",
              "green: what it plays is to be delivered; blue: proven equal, ready to take over");
  for (const auto& f : frames()) {
    out += rectangle(f.from, f.to.x - f.from.x, f.to.y - f.from.y, "frame");
    out += text({f.to.x - 8, f.from.y + 16}, "end", "note", f.name);
  }
  for (const auto& a : state_arrows()) out += drawn(a);
  out += text({215, 515}, "end", "note", "every other state");
  const Point first = centre_of(initial_state);
  out += "<circle cx=\"" + number(first.x - 70) + "\" cy=\"" + number(first.y + 58) +
         "\" r=\"6\" fill=\"#334\"/>\n";
  out += line({{first.x - 70, first.y + 52}, {first.x - 70, first.y + box_height / 2}});
  out += text({first.x - 80, first.y + 62}, "end", "note", "start");
  for (const auto& p : places) {
    out += rectangle({p.centre.x - box_width / 2, p.centre.y - box_height / 2}, box_width,
                     box_height, look(p.state));
    out += text({p.centre.x, p.centre.y + 5}, "middle", "name", to_text(p.state));
  }
  return out + "</svg>\n";
}

}  // namespace understudy::core
