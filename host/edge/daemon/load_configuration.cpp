// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/load_configuration.hpp"

namespace understudy::edge {
namespace {

using core::Figure;

constexpr uint32_t day_ms = 86'400'000;

struct Threshold {
  Figure figure;
  const char* key;
  uint32_t most;
  int64_t unit;
};
constexpr Threshold thresholds[] = {
    {Figure::run_queue, "overburdening.run_queue", 100'000, 100},
    {Figure::cpu_pressure, "overburdening.cpu_pressure", 100, 100},
    {Figure::lateness, "overburdening.lateness_ms", 60'000, 1000},
    {Figure::backlog, "overburdening.backlog_kib", 1u << 30, 1024},
};

void read_duration(Reader& r, const char* key, uint32_t low, Duration& out) {
  auto ms = static_cast<uint32_t>(out / std::chrono::milliseconds(1));
  r.number(key, low, day_ms, ms);
  out = std::chrono::milliseconds(ms);
}

void read_file(Reader& r, const char* key, bool used, std::string& out) {
  const auto text = r.text(key);
  if (!text) return;
  out = *text;
  if (used) return;
  const std::string figure = std::string(key).substr(0, std::string(key).size() - 5);
  r.wrong(key, r.find(key), "has no use without " + figure);
}

}  // namespace

void read_overburdening(Reader& r, Configuration& c) {
  if (!r.has_section("overburdening")) return;
  OverburdeningConfiguration o;
  const size_t errors = r.errors.size();
  for (const auto& t : thresholds) {
    uint32_t value = 0;
    r.number(t.key, 1, t.most, value);
    o.options.thresholds[static_cast<size_t>(t.figure)] = value * t.unit;
  }
  const auto given = [&](Figure f) { return o.options.thresholds[static_cast<size_t>(f)] != 0; };
  read_file(r, "overburdening.run_queue_file", given(Figure::run_queue), o.run_queue_file);
  read_file(r, "overburdening.cpu_pressure_file", given(Figure::cpu_pressure), o.cpu_pressure_file);
  read_duration(r, "overburdening.hold_ms", 100, o.options.hold);
  read_duration(r, "overburdening.rest_ms", 100, o.options.rest);
  read_duration(r, "overburdening.serve_ms", 1000, o.options.serve);
  r.number("overburdening.low_percent", 1, 99, o.options.low_percent);
  if (r.errors.size() == errors && !o.options.looks())
    r.wrong("overburdening", nullptr,
            "names no figure: set one of run_queue, cpu_pressure, lateness_ms, backlog_kib");
  if (c.appliance.kind == ApplianceUri::Kind::none && !c.appliance_text.empty())
    r.wrong("overburdening", nullptr,
            "needs an appliance: without one nobody proves that the other server could take over "
            "without harm");
  if (!c.peer) r.wrong("overburdening", nullptr, "needs the section [peer]");
  c.overburdening = std::move(o);
}

}  // namespace understudy::edge
