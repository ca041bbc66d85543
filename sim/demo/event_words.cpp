// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/event_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/events.hpp"
#include "protocol/states.hpp"

namespace understudy::demo {
namespace {

using protocol::EventKind;

// Said elsewhere in the row, or for programs only.
constexpr std::array<const char*, 8> unsaid{"time", "who",    "kind",     "text",
                                            "data", "server", "severity", "sequence"};

/// The gate's `data` by what it means for that kind (protocol/events.hpp); empty: nothing.
std::string data_words(const std::string& kind, uint32_t data) {
  const auto is = [&](EventKind k) { return kind == protocol::to_text(k); };
  if (is(EventKind::start)) return fmt::format("protocol version {}", data);
  if (is(EventKind::rescued_lines) || is(EventKind::lost_lines) || is(EventKind::picture_bad))
    return fmt::format("{} line{}", data, data == 1 ? "" : "s");
  if (is(EventKind::diverged)) return fmt::format("checksums differ by {:#010x}", data);
  if (is(EventKind::protected_on)) return fmt::format("{} equal frames", data);
  if (is(EventKind::link_error)) return fmt::format("{} bad messages so far", data);
  if (is(EventKind::events_lost)) return fmt::format("{} events", data);
  if (is(EventKind::freeze)) return fmt::format("{} frames", data);
  if (is(EventKind::black)) return fmt::format("brightest value {}", data);
  return "";
}

std::string value_words(const std::string& key, const Json& value) {
  const bool alarms = key == "alarms" || key == "before";
  if (alarms && value.is_number_unsigned()) return alarm_words(value.get<uint32_t>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string alarm_words(uint32_t alarms) {
  std::string out;
  for (uint32_t bit = 0; bit < protocol::alarm_bits; ++bit)
    if (alarms >> bit & 1)
      out += fmt::format("{}{}", out.empty() ? "" : " + ", protocol::alarm_names[bit]);
  return out.empty() ? "none" : out;
}

std::string fact_words(const Json& record) {
  std::string out;
  const auto add = [&](const std::string& words) {
    if (!words.empty()) out += (out.empty() ? "" : ", ") + words;
  };
  for (const auto& [key, value] : record.items())
    if (std::find(unsaid.begin(), unsaid.end(), key) == unsaid.end())
      add(key + " " + value_words(key, value));
  if (record.value("who", "") == "gate")
    add(data_words(record.value("kind", ""), record.value("data", 0u)));
  return out;
}

}  // namespace understudy::demo
