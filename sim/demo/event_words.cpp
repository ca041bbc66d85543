// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/event_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "host/core/gate_event/gate_event.hpp"
#include "protocol/states.hpp"

namespace understudy::demo {
namespace {

// Said elsewhere in the row, or for programs only.
constexpr std::array<const char*, 8> unsaid{"time", "who",    "kind",     "text",
                                            "data", "server", "severity", "sequence"};

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
    if (const auto kind = core::gate_event_named(record.value("kind", "")))
      add(core::gate_event_amount(*kind, record.value("data", 0u)));
  return out;
}

}  // namespace understudy::demo
