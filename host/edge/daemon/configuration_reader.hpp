// SPDX-License-Identifier: Apache-2.0
// Every key of the configuration, and the reader that finds, checks and complains: each error has a
// place, the key, what is wrong and what is allowed.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "host/core/nearest_word.hpp"
#include "host/edge/daemon/configuration.hpp"

namespace understudy::edge {

struct KeyHelp {
  std::string_view key, allowed, meaning;
};

inline constexpr std::array keys = {
    KeyHelp{"server.name", "1 to 31 of letters, digits, - _ .",
            "this server's identity; the peer's must differ"},
    KeyHelp{"server.run_dir", "a directory, at most 90 bytes",
            "holds the sockets `applications` and `control`"},
    KeyHelp{"server.events", "a file", "the event log, a JSON object a line; absent: none"},
    KeyHelp{"server.log_level", "trace, debug, info, warning or error", "what stderr shows"},
    KeyHelp{"appliance.uri", appliance_uri_forms, "how to reach the appliance"},
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
    KeyHelp{"address.interface", "a network interface", "where service and monitor address live"},
    KeyHelp{"address.service", "a list of 1 to 4 addresses with prefix, as 192.0.2.10/32",
            "the service address: clients use it, the server on air holds it"},
    KeyHelp{"address.monitor", "a list of 0 to 4 addresses with prefix",
            "the monitor address: the server that stands by holds it"},
    KeyHelp{"address.lease_ms", "40 to 60000, and at least 4 frames",
            "the longest that an address outlives the last word that allowed it"},
    KeyHelp{"address.announce", "1 to 20", "how often the neighbours are told of a new place"},
    KeyHelp{"ping.period_ms", "5 to 60000", "between two echo requests of the monitor"},
    KeyHelp{"ping.timeout_ms", "5 to 60000", "an echo request is unanswered after this"},
    KeyHelp{"ping.misses", "1 to 100", "so many unanswered in a row: the other is booted"},
    KeyHelp{"ping.second_period_ms", "20 to 600000",
            "how long a started server asks the monitor address"},
    KeyHelp{"ping.copy_every", "0 to 1000000",
            "answered echoes between two copies of the state; 0: none"},
    KeyHelp{"ping.before_first_reply", "wait or boot",
            "what to do about a server that has not answered since this one monitors"},
    KeyHelp{
        "fence.kernel", "true or false",
        "the kernel itself ends a lease; false only on a kernel without egress hooks (older than "
        "5.16): a daemon that stands still is then not silenced"},
    KeyHelp{"fence.guarded_ports", "a list of at most 16 ports",
            "service ports whose FIN and RST leave only when marked as an orderly close"},
    KeyHelp{"boot.device", "none, command, ipmi, wol or relay", "how the other server is booted"},
    KeyHelp{"boot.command", "a list of words: a program and its arguments",
            "exit status 0 is its word that the other was off or has restarted"},
    KeyHelp{"boot.host", "a name or address", "ipmi: the other server's management controller"},
    KeyHelp{"boot.port", "1 to 65535", "ipmi: its port"},
    KeyHelp{"boot.user", "a name", "ipmi: the user"},
    KeyHelp{"boot.password_file", "a file", "ipmi: holds the password"},
    KeyHelp{"boot.cipher_suite", "a number, as ipmitool's -C", "ipmi: the cipher suite"},
    KeyHelp{"boot.mac", "a hardware address, as 02:00:5e:10:00:01", "wol: the other server's"},
    KeyHelp{"boot.broadcast", "an IPv4 address", "wol: where the magic packet is sent"},
    KeyHelp{"boot.timeout_ms", "100 to 600000", "a boot that takes longer has failed"},
    KeyHelp{"boot.hold_ms", "0 to 3600000", "the least time between two boots"},
    KeyHelp{"overburdening.run_queue", "1 to 100000",
            "so many threads that want a processor are too much (average of a second)"},
    KeyHelp{"overburdening.run_queue_file", "a file with a line as /proc/loadavg has it",
            "where their number is read"},
    KeyHelp{"overburdening.cpu_pressure", "1 to 100",
            "percent of ten seconds in which some waited for a processor"},
    KeyHelp{"overburdening.cpu_pressure_file", "a file with a line as /proc/pressure/cpu has it",
            "where that is read: a control group's cpu.pressure, for instance"},
    KeyHelp{"overburdening.lateness_ms", "1 to 60000",
            "what an application does, a frame for instance, comes so late"},
    KeyHelp{"overburdening.backlog_kib", "1 to 1073741824",
            "an application has so much output waiting"},
    KeyHelp{"overburdening.hold_ms", "100 to 86400000",
            "a figure at or over its number for so long: this server hands over"},
    KeyHelp{"overburdening.low_percent", "1 to 99",
            "a figure below this part of its number is low"},
    KeyHelp{"overburdening.rest_ms", "100 to 86400000",
            "all figures low for so long: this server may be handed to again"},
    KeyHelp{"overburdening.serve_ms", "1000 to 86400000",
            "the least time on air before this server hands over by itself"},
};

inline std::string section_of(std::string_view key) {
  return std::string(key.substr(0, key.find('.')));
}

inline std::string join(const std::vector<std::string>& words) {
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

  void flag(std::string_view key, bool& out) {
    const auto* node = find(key);
    if (!node) return;
    if (const auto value = node->value_exact<bool>())
      out = *value;
    else
      wrong(key, node, fmt::format("is {}, not true or false", kind_of(*node)));
  }

  /// Each entry of a list, at most so many; `take` says what is wrong with one, or nothing.
  template <class T, class Take>
  void list(std::string_view key, size_t most, Take take) {
    const auto* node = find(key);
    if (!node) return;
    const auto* all = node->as_array();
    if (!all) return wrong(key, node, fmt::format("is {}, not a list", kind_of(*node)));
    if (all->size() > most) return wrong(key, node, fmt::format("has {} entries", all->size()));
    for (const auto& entry : *all) {
      const auto value = entry.value_exact<T>();
      if (!value)
        wrong(key, &entry, fmt::format("holds {}", kind_of(entry)));
      else if (const std::string why = take(*value); !why.empty())
        wrong(key, &entry, why);
    }
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

}  // namespace understudy::edge
