// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/appliance_uri.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace understudy::edge {
namespace {

using Kind = ApplianceUri::Kind;

constexpr size_t socket_path_max = 107;  // sockaddr_un.sun_path less its closing zero
constexpr size_t place_max = 64;
constexpr uint32_t baud_least = 9600, baud_most = 12'000'000;

std::optional<uint32_t> number(std::string_view text) {
  uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool is_hex(std::string_view s, size_t digits) {
  return s.size() == digits && std::ranges::all_of(s, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// As the kernel writes it: 0000:01:00.0
bool is_slot(std::string_view s) {
  return s.size() == 12 && is_hex(s.substr(0, 4), 4) && s[4] == ':' && is_hex(s.substr(5, 2), 2) &&
         s[7] == ':' && is_hex(s.substr(8, 2), 2) && s[10] == '.' && s[11] >= '0' && s[11] <= '7';
}

/// As the kernel writes it: BUS-PORT[.PORT...]
bool is_place(std::string_view s) {
  return !s.empty() && s.size() <= place_max && s.find('-') != s.npos &&
         std::ranges::all_of(s,
                             [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t comma = text.find(',');
    out.push_back(text.substr(0, comma));
    if (comma == text.npos) return out;
    text.remove_prefix(comma + 1);
  }
}

Result<void> read_option(ApplianceUri& uri, std::string_view word) {
  const size_t equals = word.find('=');
  const auto key = word.substr(0, equals);
  const auto value = equals == word.npos ? "" : word.substr(equals + 1);
  const bool usb = uri.kind == Kind::usb, pci = uri.kind == Kind::pci;
  if (key == "baud" && !pci) {
    uri.baud = number(value);
    if (uri.baud && *uri.baud >= baud_least && *uri.baud <= baud_most) return {};
    return failure(fmt::format("baud \"{}\" is not {} to {}", value, baud_least, baud_most));
  }
  if (key == "interface" && usb) {
    if (value != "a" && value != "b")
      return failure(fmt::format("interface \"{}\" is not a or b", value));
    uri.interface = value[0];
    return {};
  }
  if (key == "bar" && pci) {
    uri.bar = number(value);
    if (uri.bar && *uri.bar <= 5) return {};
    return failure(fmt::format("bar \"{}\" is not 0 to 5", value));
  }
  return failure(fmt::format("\"{}\" is no option here ({})", word,
                             usb   ? "baud=N, interface=a|b"
                             : pci ? "bar=N"
                                   : "baud=N"));
}

Result<ApplianceUri> parse_usb(std::string_view head) {
  ApplianceUri uri{.kind = Kind::usb};
  if (head.starts_with("serial=")) {
    uri.serial = head.substr(7);
    if (uri.serial.empty() || uri.serial.size() > place_max)
      return failure(
          "the serial number is empty or longer than 64 characters; `understudy find` "
          "shows it");
    return uri;
  }
  if (head.starts_with("path=")) {
    uri.path = head.substr(5);
    if (is_place(uri.path)) return uri;
    return failure(fmt::format("\"{}\" is no place on USB (as 1-2 or 1-2.3)", uri.path));
  }
  return failure(
      fmt::format("\"usb:{}\" says neither serial=SERIAL nor path=BUS-PORT: two boards "
                  "must not be mixed up; `understudy find` lists them",
                  head));
}

}  // namespace

Result<ApplianceUri> parse_appliance_uri(std::string_view text) {
  if (text == "none") return ApplianceUri{};
  if (text.starts_with("sim:unix:")) {
    const auto path = text.substr(9);
    if (path.empty() || path.size() > socket_path_max)
      return failure(
          fmt::format("the socket's path has {} bytes (1 to {})", path.size(), socket_path_max));
    return ApplianceUri{.kind = Kind::sim, .path = std::string(path)};
  }
  const auto words = split(text);
  Result<ApplianceUri> uri;
  if (text.starts_with("usb:")) {
    uri = parse_usb(words[0].substr(4));
  } else if (text.starts_with("tty:")) {
    uri = ApplianceUri{.kind = Kind::tty, .path = std::string(words[0].substr(4))};
    if (!uri->path.starts_with('/'))
      return failure(fmt::format("\"{}\" is no device (as tty:/dev/ttyUSB0)", uri->path));
  } else if (text.starts_with("pci:")) {
    uri = ApplianceUri{.kind = Kind::pci, .path = std::string(words[0].substr(4))};
    if (!is_slot(uri->path))
      return failure(
          fmt::format("\"{}\" is no slot, written as 0000:01:00.0 (`understudy find` "
                      "lists them)",
                      uri->path));
  } else {
    return failure(
        fmt::format("\"{}\" is no appliance; write usb:serial=SERIAL, tty:/dev/NAME, "
                    "pci:0000:BB:DD.F or sim:unix:/PATH, as `understudy find` lists them",
                    text));
  }
  for (size_t i = 1; uri && i < words.size(); ++i)
    if (auto read = read_option(*uri, words[i]); !read) return std::unexpected(read.error());
  return uri;
}

}  // namespace understudy::edge
