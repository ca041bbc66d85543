// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/play_range.hpp"

#include <charconv>
#include <cstdio>

#include "host/core/rtsp/request.hpp"

namespace understudy::rtsp {
namespace {

constexpr int64_t second = 90'000;
constexpr uint32_t seconds_max = 100'000'000;

std::optional<uint32_t> read_number(std::string_view s) {
  uint32_t v = 0;
  const auto [end, wrong] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || wrong != std::errc() || end != s.data() + s.size() || v > seconds_max)
    return std::nullopt;
  return v;
}

/// "5", "5.25", "1:02:03.5"; ticks.
std::optional<int64_t> read_time(std::string_view s) {
  int64_t fraction = 0;
  if (const size_t dot = s.find('.'); dot != s.npos) {
    int64_t unit = second;
    for (const char c : s.substr(dot + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      // Nine digits say more than a tick can.
      fraction = fraction * 10 + (c - '0');
      unit *= 10;
      if (unit == second * 1'000'000'000) break;
    }
    fraction = unit == second ? 0 : fraction * second / (unit / second);
    s = s.substr(0, dot);
  }
  int64_t whole = 0;
  for (int parts = 1;; ++parts) {
    const size_t colon = s.find(':');
    const auto n = read_number(s.substr(0, colon));
    if (!n || parts > 3) return std::nullopt;
    whole = whole * 60 + *n;
    if (colon == s.npos) break;
    s = s.substr(colon + 1);
  }
  return whole <= seconds_max ? std::optional(whole * second + fraction) : std::nullopt;
}

std::string write_time(int64_t ticks) {
  char text[40];
  const long long milliseconds = ticks / 90;
  std::snprintf(text, sizeof text, "%lld.%03lld", milliseconds / 1000, milliseconds % 1000);
  return text;
}

}  // namespace

std::optional<PlayRange> read_range(std::string_view field) {
  field = trimmed(field.substr(0, field.find(';')));  // a time= parameter is not heeded
  if (field.empty()) return PlayRange{};
  if (!field.starts_with("npt=")) return std::nullopt;
  field.remove_prefix(4);
  const size_t dash = field.find('-');
  if (dash == field.npos) return std::nullopt;
  const auto from = trimmed(field.substr(0, dash)), to = trimmed(field.substr(dash + 1));
  PlayRange out;
  if (from != "now" && !from.empty() && !(out.from = read_time(from))) return std::nullopt;
  if (!to.empty() && !(out.to = read_time(to))) return std::nullopt;
  if ((from.empty() && to.empty()) || (out.to && *out.to <= out.from.value_or(0)))
    return std::nullopt;
  return out;
}

std::string write_range(int64_t from, std::optional<int64_t> to) {
  return "npt=" + write_time(from) + "-" + (to ? write_time(*to) : "");
}

}  // namespace understudy::rtsp
