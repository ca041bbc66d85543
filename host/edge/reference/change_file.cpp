// SPDX-License-Identifier: Apache-2.0
#include "host/edge/reference/change_file.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

namespace understudy::reference {
namespace {

using Json = nlohmann::json;

std::optional<uint64_t> number(const Json& object, const char* member, uint64_t most) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto n = found->get<uint64_t>();
  return n <= most ? std::optional(n) : std::nullopt;
}

std::optional<std::string> text(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::expected<render::Change, Error> parse(const std::string& line) {
  const auto object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return error("is not a JSON object");
  const auto index = number(object, "index", UINT64_MAX);
  const auto frame = number(object, "frame", UINT32_MAX);
  const auto key = text(object, "key"), value = text(object, "value");
  if (!index || !frame || !key || !value)
    return error("needs index and frame (whole numbers from 0), key and value (texts)");
  return render::Change{*index, uint32_t(*frame), *key, *value};
}

}  // namespace

std::expected<render::ParameterTimeline, Error> read_changes(std::istream& in,
                                                             const std::string& name) {
  render::ParameterTimeline timeline;
  std::string line;
  for (size_t n = 1; std::getline(in, line); ++n) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto change = parse(line);
    const auto added = change ? timeline.add(*change) : std::unexpected(change.error());
    if (!added) return error(name + ":" + std::to_string(n) + ": " + added.error().text);
  }
  return timeline;
}

std::expected<render::ParameterTimeline, Error> read_change_file(
    const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return error("parameter file " + file.string() + ": cannot be read");
  return read_changes(in, file.string());
}

}  // namespace understudy::reference
