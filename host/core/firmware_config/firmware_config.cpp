// SPDX-License-Identifier: Apache-2.0
#include "host/core/firmware_config/firmware_config.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "host/core/nearest_word.hpp"

namespace understudy::core {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(at, from), text.size());
    parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r";
  const auto from = text.find_first_not_of(space);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(space) - from + 1);
}

std::optional<uint32_t> number(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<FirmwareValue> read_firmware_values(std::string_view answer) {
  std::vector<FirmwareValue> values;
  for (const auto line : split(answer, '\n')) {
    const auto words = split(trimmed(line), ' ');
    if (words.size() != 2) continue;
    if (const auto value = number(words[1])) values.push_back({std::string(words[0]), *value});
  }
  return values;
}

std::vector<FirmwareRange> read_firmware_ranges(std::string_view answer) {
  std::vector<FirmwareRange> ranges;
  for (const auto line : split(answer, '\n')) {
    const auto words = split(trimmed(line), ' ');
    if (words.size() != 3) continue;
    const auto least = number(words[1]), most = number(words[2]);
    if (least && most) ranges.push_back({std::string(words[0]), *least, *most});
  }
  return ranges;
}

std::string write_config_file(const std::vector<FirmwareValue>& values,
                              const std::vector<FirmwareRange>& ranges) {
  std::string out =
      "# Configuration of an Understudy appliance; back with: understudy config import\n";
  for (const auto& [name, value] : values) {
    out += name + " = " + std::to_string(value);
    const auto range = std::ranges::find(ranges, name, &FirmwareRange::name);
    if (range != ranges.end())
      out += "  # " + std::to_string(range->least) + " to " + std::to_string(range->most);
    out += '\n';
  }
  return out;
}

std::expected<std::vector<FirmwareValue>, std::vector<std::string>> read_config_file(
    std::string_view text, const std::vector<FirmwareRange>& ranges) {
  std::vector<FirmwareValue> values;
  std::vector<std::string> errors, names;
  std::set<std::string_view> seen;
  for (const auto& range : ranges) names.push_back(range.name);
  size_t at = 0;
  for (const auto raw : split(text, '\n')) {
    const auto wrong = [&](const std::string& what) {
      errors.push_back(std::to_string(at) + ": " + what);
    };
    ++at;
    const auto line = trimmed(raw.substr(0, raw.find('#')));
    if (line.empty()) continue;
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, equals));
    if (equals == line.npos || name.empty()) {
      wrong("write NAME = VALUE");
      continue;
    }
    const auto range = std::ranges::find(ranges, name, &FirmwareRange::name);
    if (range == ranges.end()) {
      const auto near = nearest_word(name, names);
      wrong("this appliance has no value " + std::string(name) +
            (near.empty() ? "" : "; did you mean " + near + "?"));
      continue;
    }
    const auto value = number(trimmed(line.substr(equals + 1)));
    if (!seen.insert(range->name).second)
      wrong(range->name + " stands here for the second time");
    else if (!value || *value < range->least || *value > range->most)
      wrong(range->name + " is a whole number from " + std::to_string(range->least) + " to " +
            std::to_string(range->most));
    else
      values.push_back({range->name, *value});
  }
  if (errors.empty() && values.empty()) errors.push_back("1: there is no value in it");
  if (!errors.empty()) return std::unexpected(errors);
  return values;
}

}  // namespace understudy::core
