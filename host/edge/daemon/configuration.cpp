// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/configuration.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include "host/edge/daemon/configuration_reader.hpp"
#include "host/edge/daemon/load_configuration.hpp"
#include "host/edge/daemon/network_configuration.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using core::Initiator;
using core::Policy;
using core::Recovery;
using protocol::limits::application_name_max;
using protocol::limits::applications_max;

constexpr size_t socket_path_max = 107;  // sockaddr_un.sun_path less its closing zero
constexpr size_t name_max = 31;
constexpr size_t line_bytes_max = 1024;  // keys nest by recursion in the parser

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= name_max && std::ranges::all_of(s, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void read_server(Reader& r, Configuration& c) {
  if (auto name = r.text("server.name", true)) {
    if (is_name(*name))
      c.name = *name;
    else
      r.wrong("server.name", r.find("server.name"), fmt::format("is \"{}\"", *name));
  }
  if (auto dir = r.text("server.run_dir", true)) {
    if (dir->size() + std::string_view("/applications").size() > socket_path_max)
      r.wrong("server.run_dir", r.find("server.run_dir"),
              fmt::format("has {} bytes, too long for a socket in it", dir->size()));
    else
      c.run_dir = *dir;
  }
  if (auto events = r.text("server.events")) c.events = *events;
  r.choice<std::string>("server.log_level",
                        {{"trace", "trace"},
                         {"debug", "debug"},
                         {"info", "info"},
                         {"warning", "warning"},
                         {"error", "error"}},
                        c.log_level);
}

void read_links(Reader& r, Configuration& c) {
  if (auto uri = r.text("appliance.uri", true)) {
    if (auto parsed = parse_appliance_uri(*uri))
      c.appliance = *parsed, c.appliance_text = *uri;
    else
      r.wrong("appliance.uri", r.find("appliance.uri"), parsed.error().text);
  }
  if (!r.has_section("peer")) return;
  PeerConfiguration peer;
  const auto endpoint = [&](const char* key, Endpoint& out) {
    auto text = r.text(key, true);
    if (!text) return;
    if (auto parsed = parse_endpoint(*text))
      out = *parsed;
    else
      r.wrong(key, r.find(key), parsed.error().text);
  };
  endpoint("peer.listen", peer.listen);
  endpoint("peer.address", peer.address);
  if (peer.listen.port && peer.listen.port == peer.address.port &&
      peer.listen.address == peer.address.address)
    r.wrong("peer.address", r.find("peer.address"), "is the same as peer.listen");
  if (auto file = r.text("peer.key_file", true)) peer.key_file = *file;
  c.peer = std::move(peer);
}

void read_applications(Reader& r, Configuration& c) {
  r.choice<Policy>("applications.policy", {{"any", Policy::any}, {"all", Policy::all}}, c.policy);
  r.choice<Recovery>(
      "applications.recovery",
      {{"registration", Recovery::by_registration}, {"operator", Recovery::by_operator}},
      c.recovery);
  const auto* node = r.find("applications.required");
  const auto* list = node ? node->as_array() : nullptr;
  if (node && !list) r.wrong("applications.required", node, "is not a list");
  if (list && list->size() > applications_max)
    r.wrong("applications.required", node, fmt::format("has {} names", list->size()));
  if (list)
    for (const auto& entry : *list) {
      const auto name = entry.value_exact<std::string>();
      if (!name || name->empty() || name->size() > application_name_max)
        r.wrong("applications.required", &entry, "holds something that is not a name");
      else if (std::ranges::find(c.required, *name) != c.required.end())
        r.wrong("applications.required", &entry, fmt::format("names \"{}\" twice", *name));
      else
        c.required.push_back(*name);
    }
}

}  // namespace

std::string to_text(const ConfigurationError& e, std::string_view file) {
  return fmt::format("{}:{}:{}: {}{}{}", file, e.line, e.column, e.key, e.key.empty() ? "" : " ",
                     e.what);
}

std::expected<Configuration, std::vector<ConfigurationError>> parse_configuration(
    std::string_view text) {
  if (text.size() > configuration_bytes_max)
    return std::unexpected(std::vector<ConfigurationError>{
        {1, 1, "", fmt::format("has {} bytes; at most {}", text.size(), configuration_bytes_max)}});
  uint32_t line = 1;
  for (size_t begin = 0; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (end - begin > line_bytes_max)
      return std::unexpected(std::vector<ConfigurationError>{
          {line, 1, "",
           fmt::format("a line of {} bytes; at most {}", end - begin, line_bytes_max)}});
    begin = end + 1;
  }
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    return std::unexpected(
        std::vector<ConfigurationError>{{at.line, at.column, "", std::string(e.description())}});
  }
  Reader r(root);
  Configuration c;
  read_server(r, c);
  read_links(r, c);
  c.beats_per_frame = default_beats_per_frame(c.appliance.kind);
  r.number("heartbeat.per_frame", 2, 64, c.beats_per_frame);
  r.number("heartbeat.frames_per_second", 1, 240, c.frames_per_second);
  r.choice<Initiator>("synchronization.initiator",
                      {{"second", Initiator::second},
                       {"first", Initiator::first},
                       {"component", Initiator::component}},
                      c.initiator);
  r.number("synchronization.equal_frames", 1, 65535, c.equal_frames);
  read_applications(r, c);
  read_network(r, c);
  read_overburdening(r, c);
  if (r.errors.empty()) return c;
  std::ranges::sort(r.errors, {}, [](const auto& e) { return std::tie(e.line, e.column, e.key); });
  return std::unexpected(std::move(r.errors));
}

std::string configuration_help() {
  std::string out;
  for (const auto& k : keys) out += fmt::format("  {:<30} {} ({})\n", k.key, k.meaning, k.allowed);
  return out;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return failure(fmt::format("\"{}\" has no port", text));
  auto address = text.substr(0, colon);
  const auto port_text = text.substr(colon + 1);
  const bool six = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (six) address = address.substr(1, address.size() - 2);
  uint32_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() || port == 0 ||
      port > 65535)
    return failure(fmt::format("\"{}\" is no port (1 to 65535)", port_text));
  Endpoint out{std::string(address), static_cast<uint16_t>(port)};
  in6_addr scratch{};
  if (inet_pton(six ? AF_INET6 : AF_INET, out.address.c_str(), &scratch) != 1)
    return failure(fmt::format(
        "\"{}\" is no numeric address (as 192.0.2.1:7701 or [2001:db8::1]:7701)", out.address));
  return out;
}

}  // namespace understudy::edge
