// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/configuration.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <toml++/toml.h>

#include "host/core/nearest_word.hpp"
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
constexpr size_t configuration_bytes_max = 1 << 20;

struct KeyHelp {
  std::string_view key, allowed, meaning;
};

constexpr std::array keys = {
    KeyHelp{"server.name", "1 to 31 of letters, digits, - _ .",
            "this server's identity; the peer's must differ"},
    KeyHelp{"server.run_dir", "a directory, at most 90 bytes",
            "holds the sockets `applications` and `control`"},
    KeyHelp{"server.events", "a file", "the event log, a JSON object a line; absent: none"},
    KeyHelp{"server.log_level", "trace, debug, info, warning or error", "what stderr shows"},
    KeyHelp{"appliance.uri", "none or sim:unix:PATH", "how to reach the appliance"},
    KeyHelp{"peer.listen", "ADDRESS:PORT", "where this server's daemon hears the other"},
    KeyHelp{"peer.address", "ADDRESS:PORT", "where the other server's daemon listens"},
    KeyHelp{"peer.key_file", "a file of 64 hex digits, mode 0600",
            "the shared key; `understudy key FILE` makes one"},
    KeyHelp{"heartbeat.per_frame", "2 to 64", "heartbeats a frame"},
    KeyHelp{"heartbeat.frames_per_second", "1 to 240", "the frame rate where no appliance says it"},
    KeyHelp{"synchronization.initiator", "second, first or component",
            "who starts the synchronisation"},
    KeyHelp{"synchronization.equal_frames", "1 to 65535", "equal frames that the gate must show"},
    KeyHelp{
        "applications.policy", "any or all",
        "the server fails when any of `required` (empty: of those registered) dies, or when all "
        "have"},
    KeyHelp{"applications.recovery", "registration or operator",
            "what ends a failure: the application registers again, or an operator's `online` after "
            "that"},
    KeyHelp{"applications.required", "a list of at most 32 names of 1 to 48 bytes",
            "the set that counts; must be registered before the server is healthy"},
};

std::string section_of(std::string_view key) {
  return std::string(key.substr(0, key.find('.')));
}

std::string join(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

class Reader {
 public:
  explicit Reader(const toml::table& root) : root_(root) { refuse_unknown(); }
  std::vector<ConfigurationError> errors;

  const toml::node* find(std::string_view key) const {
    const auto* section = root_[section_of(key)].as_table();
    return section ? section->get(key.substr(key.find('.') + 1)) : nullptr;
  }
  bool has_section(std::string_view name) const { return root_.contains(name); }

  void wrong(std::string_view key, const toml::node* node, std::string what) {
    if (!node) node = root_.get(section_of(key));
    const auto at = node ? node->source().begin : toml::source_position{1, 1};
    const auto it = std::ranges::find(keys, key, &KeyHelp::key);
    if (it != keys.end()) what += fmt::format("; allowed: {}", it->allowed);
    errors.push_back({at.line, at.column, std::string(key), std::move(what)});
  }

  /// The text there, or nothing (and an error when it is not a text, or missing and required).
  std::optional<std::string> text(std::string_view key, bool required = false) {
    const auto* node = find(key);
    if (!node) {
      if (required) wrong(key, nullptr, "is missing");
      return std::nullopt;
    }
    const auto value = node->value_exact<std::string>();
    if (!value) {
      wrong(key, node, fmt::format("is {}, not a text in quotes", kind_of(*node)));
      return std::nullopt;
    }
    if (value->empty() || value->find('\0') != std::string::npos) {
      wrong(key, node, value->empty() ? "is empty" : "holds a zero byte");
      return std::nullopt;
    }
    return value;
  }

  void number(std::string_view key, uint32_t low, uint32_t high, uint32_t& out) {
    const auto* node = find(key);
    if (!node) return;
    const auto value = node->value_exact<int64_t>();
    if (!value)
      wrong(key, node, fmt::format("is {}, not a whole number", kind_of(*node)));
    else if (*value < low || *value > high)
      wrong(key, node, fmt::format("is {}", *value));
    else
      out = static_cast<uint32_t>(*value);
  }

  template <class T>
  void choice(std::string_view key, std::initializer_list<std::pair<const char*, T>> of, T& out) {
    const auto value = text(key);
    if (!value) return;
    for (const auto& [word, meaning] : of)
      if (*value == word) {
        out = meaning;
        return;
      }
    std::vector<std::string> words;
    for (const auto& [word, meaning] : of) words.emplace_back(word);
    const auto near = nearest_word(*value, words);
    wrong(key, find(key),
          fmt::format("is \"{}\"{}", *value, near.empty() ? "" : ", did you mean " + near + "?"));
  }

 private:
  static std::string kind_of(const toml::node& node) {
    switch (node.type()) {
      case toml::node_type::table:
        return "a table";
      case toml::node_type::array:
        return "a list";
      case toml::node_type::string:
        return "a text";
      case toml::node_type::integer:
        return "a whole number";
      case toml::node_type::floating_point:
        return "a number with a fraction";
      case toml::node_type::boolean:
        return "true or false";
      default:
        return "a date or time";
    }
  }
  void refuse_unknown() {
    std::vector<std::string> sections;
    for (const auto& k : keys)
      if (const auto s = section_of(k.key); std::ranges::find(sections, s) == sections.end())
        sections.push_back(s);
    for (const auto& [section, node] : root_) {
      const std::string name(section.str());
      if (std::ranges::find(sections, name) == sections.end()) {
        unknown(name, section.source(), name, sections, "section");
        continue;
      }
      const auto* table = node.as_table();
      if (!table) {
        const auto at = section.source().begin;
        errors.push_back({at.line, at.column, name, "is a section: write [" + name + "]"});
        continue;
      }
      std::vector<std::string> known;
      for (const auto& k : keys)
        if (section_of(k.key) == name) known.emplace_back(k.key.substr(name.size() + 1));
      for (const auto& [key, value] : *table)
        if (const std::string k(key.str()); std::ranges::find(known, k) == known.end())
          unknown(name + "." + k, key.source(), k, known, "key");
    }
  }
  void unknown(std::string key, const toml::source_region& at, std::string_view word,
               const std::vector<std::string>& known, const char* what) {
    const auto near = nearest_word(word, known);
    errors.push_back({at.begin.line, at.begin.column, std::move(key),
                      near.empty() ? fmt::format("is no known {}; allowed: {}", what, join(known))
                                   : fmt::format("is no known {}, did you mean {}? allowed: {}",
                                                 what, near, join(known))});
  }
  const toml::table& root_;
};

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
  r.number("heartbeat.per_frame", 2, 64, c.beats_per_frame);
  r.number("heartbeat.frames_per_second", 1, 240, c.frames_per_second);
  r.choice<Initiator>("synchronization.initiator",
                      {{"second", Initiator::second},
                       {"first", Initiator::first},
                       {"component", Initiator::component}},
                      c.initiator);
  r.number("synchronization.equal_frames", 1, 65535, c.equal_frames);
  read_applications(r, c);
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

Result<ApplianceUri> parse_appliance_uri(std::string_view text) {
  constexpr std::string_view sim = "sim:unix:";
  if (text == "none") return ApplianceUri{};
  if (!text.starts_with(sim)) return failure(fmt::format("\"{}\" is no appliance", text));
  const auto path = text.substr(sim.size());
  if (path.empty() || path.size() > socket_path_max)
    return failure(
        fmt::format("the socket's path has {} bytes (1 to {})", path.size(), socket_path_max));
  return ApplianceUri{ApplianceUri::Kind::sim, std::string(path)};
}

}  // namespace understudy::edge
