// SPDX-License-Identifier: Apache-2.0
#include "host/core/overburdening/burden.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::core {
namespace {

constexpr auto oldest = std::chrono::milliseconds(protocol::limits::burden_age_ms);
constexpr int64_t share_max = 0xFFFE;  // one less than "not known" on the wire

/// `value` in units of `unit`, with so many decimals.
std::string decimal(int64_t value, int64_t unit, int decimals) {
  std::string out = std::to_string(value / unit);
  int64_t rest = value % unit;
  for (int i = 0; i < decimals; ++i) {
    rest *= 10;
    out += i == 0 ? "." : "";
    out += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  return out;
}

}  // namespace

std::string to_text(Figure f, int64_t value) {
  switch (f) {
    case Figure::run_queue:
      return decimal(value, 100, 2);
    case Figure::cpu_pressure:
      return decimal(value, 100, 2) + " %";
    case Figure::lateness:
      return decimal(value, 1000, 1) + " ms";
    case Figure::backlog:
      break;
  }
  return decimal(value, 1024, 0) + " KiB";
}

std::string Overload::text() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(lasted).count();
  return std::string(to_text(figure)) + " " + to_text(figure, value) + " at or over " +
         to_text(figure, threshold) + " for " + decimal(seconds, 1000, 1) + " s";
}

bool Burden::known(const Gauge& g, Instant now) const {
  return g.at && now - *g.at <= oldest;
}

uint16_t Burden::share(size_t f) const {
  const int64_t most = share_max * options_.thresholds[f] / 1000;
  return static_cast<uint16_t>(std::min(gauges_[f].value, most) * 1000 / options_.thresholds[f]);
}

void Burden::measured(Figure f, int64_t value, Instant now) {
  Gauge& g = gauges_[static_cast<size_t>(f)];
  const int64_t threshold = options_.thresholds[static_cast<size_t>(f)];
  if (threshold == 0) return;
  if (!known(g, now) || value < threshold) g.over_since.reset();
  g.value = std::max<int64_t>(value, 0);
  g.at = now;
  if (value >= threshold && !g.over_since) g.over_since = now;
  advance(now);
}

void Burden::advance(Instant now) {
  if (overload(now)) {
    burdened_ = true;
    low_since_.reset();
  }
  if (!burdened_) return;
  if (!all_low(now))
    low_since_.reset();
  else if (!low_since_)
    low_since_ = now;
  if (low_since_ && now - *low_since_ >= options_.rest) {
    burdened_ = false;
    low_since_.reset();
  }
}

/// A figure that was told and no longer is may be anything.
bool Burden::all_low(Instant now) const {
  bool any = false;
  for (size_t f = 0; f < figures; ++f) {
    const Gauge& g = gauges_[f];
    if (options_.thresholds[f] == 0 || !g.at) continue;
    if (!known(g, now) || share(f) >= 10 * options_.low_percent) return false;
    any = true;
  }
  return any;
}

std::optional<uint16_t> Burden::load(Instant now) const {
  std::optional<uint16_t> out;
  for (size_t f = 0; f < figures; ++f)
    if (options_.thresholds[f] != 0 && known(gauges_[f], now))
      out = std::max(out.value_or(0), share(f));
  return out;
}

std::optional<Overload> Burden::overload(Instant now) const {
  std::optional<Overload> out;
  uint16_t worst = 0;
  for (size_t f = 0; f < figures; ++f) {
    const Gauge& g = gauges_[f];
    if (options_.thresholds[f] == 0 || !known(g, now) || !g.over_since) continue;
    if (now - *g.over_since < options_.hold || (out && share(f) <= worst)) continue;
    worst = share(f);
    out = Overload{static_cast<Figure>(f), g.value, options_.thresholds[f], now - *g.over_since};
  }
  return out;
}

}  // namespace understudy::core
