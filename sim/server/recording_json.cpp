// SPDX-License-Identifier: Apache-2.0
#include "sim/server/recording_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocol/events.hpp"

namespace understudy::sim {
namespace {

using nlohmann::json;

std::string base64(const std::vector<uint8_t>& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t v = 0;
    for (size_t k = 0; k < 3; ++k) v = v << 8 | (k < n ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

json lines_of(const std::vector<RecordedLine>& lines) {
  json list = json::array();
  for (const RecordedLine& line : lines)
    list.push_back({{"line", line.line},
                    {"clock", line.clock},
                    {"pixels", line.pixels},
                    {"rgb", base64(line.rgb)}});
  return list;
}

}  // namespace

std::string to_json(const Recording& recording, const Raster& raster) {
  constexpr const char* sources[] = {"A", "B", "gate"};
  constexpr const char* choices[] = {"A", "B", "slate", "?"};
  json out{{"frame", recording.request().frame},
           {"line", recording.request().line},
           {"raster",
            {{"name", raster.name},
             {"width", raster.h_active},
             {"height", raster.v_active},
             {"clocks_a_line", raster.h_total},
             {"lines_a_frame", raster.v_total},
             {"clocks_a_second", raster.clocks_per_second()}}},
           {"lines",
            {{"a", lines_of(recording.lines[0])},
             {"b", lines_of(recording.lines[1])},
             {"output", lines_of(recording.lines[2])}}}};
  if (!recording.wave_trouble.empty()) out["wave_trouble"] = recording.wave_trouble;
  json& chosen = out["choices"] = json::array();
  for (const Choice& c : recording.choices)
    chosen.push_back({{"frame", c.frame},
                      {"line", c.line},
                      {"choice", choices[c.choice & 3]},
                      {"good_a", bool(c.good & 1)},
                      {"good_b", bool(c.good & 2)},
                      {"crc_a", c.crc[0]},
                      {"crc_b", c.crc[1]}});
  json& beats = out["beats"] = json::array();
  for (const Beat& b : recording.beats)
    beats.push_back({{"clock", b.clock}, {"source", sources[b.server & 1]}});
  json& ticks = out["ticks"] = json::array();
  for (const RecordedTick& t : recording.ticks)
    ticks.push_back({{"clock", t.clock},
                     {"frame", t.frame},
                     {"term", t.term},
                     {"on_air", sources[t.on_air & 1]},
                     {"alive_a", bool(t.alive & 1)},
                     {"alive_b", bool(t.alive & 2)}});
  json& events = out["events"] = json::array();
  for (const GateEvent& e : recording.events)
    events.push_back({{"kind", to_text(protocol::EventKind(e.kind))},
                      {"source", sources[std::min<size_t>(e.source, 2)]},
                      {"frame", e.frame},
                      {"line", e.line},
                      {"clock", e.clock},
                      {"term", e.term},
                      {"data", e.data}});
  return out.dump();
}

}  // namespace understudy::sim
