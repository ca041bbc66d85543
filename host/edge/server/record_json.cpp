// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/record_json.hpp"

#include <fmt/format.h>

namespace understudy::edge {
namespace {

constexpr uint32_t before_the_first = 0xFFFFFFFF;

std::string words(const RecordValue& value) {
  if (const auto* b = std::get_if<bool>(&value)) return *b ? "yes" : "no";
  if (const auto* n = std::get_if<int64_t>(&value)) return std::to_string(*n);
  return std::get<std::string>(value);
}

}  // namespace

void add_fields(nlohmann::ordered_json& out, const std::vector<RecordField>& fields) {
  for (const auto& [name, value] : fields) {
    const auto key = out.contains(name) ? "at_" + name : name;
    std::visit([&](const auto& v) { out[key] = v; }, value);
  }
}

std::string text_of(const Record& record) {
  std::string out;
  for (const auto& [name, value] : record.fields) {
    if (name == "text") return words(value);
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, words(value));
  }
  return out;
}

nlohmann::ordered_json to_json(const Record& record, std::string_view server,
                               std::string_view clock) {
  nlohmann::ordered_json out;
  out["time"] = record.at.time_since_epoch().count();
  out["clock"] = clock;
  out["frame"] = record.frame.value == before_the_first ? int64_t{-1} : int64_t{record.frame.value};
  out["term"] = record.term.value;
  out["server"] = server;
  out["severity"] = to_text(record.severity);
  out["kind"] = record.kind;
  add_fields(out, record.fields);
  out["text"] = text_of(record);
  return out;
}

}  // namespace understudy::edge
