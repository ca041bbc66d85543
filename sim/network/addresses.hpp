// SPDX-License-Identifier: Apache-2.0
// Who has which address on the demo's network, in IPv4 or IPv6. The servers' own wire is IPv4
// always, and their host's loopback where they share one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace understudy::network {

inline constexpr uint16_t http_port = 80, rtsp_port = 554;

struct ServiceAddress {
  std::string text;
  bool six() const { return text.find(':') != std::string::npos; }
  std::string in_url() const { return six() ? "[" + text + "]" : text; }
  /// For one host alone, as configuration says it.
  std::string with_prefix() const { return text + (six() ? "/128" : "/32"); }
};

struct Addresses {
  ServiceAddress service{"10.0.0.100"}, monitor{"10.0.0.101"};
  std::array<std::string, 2> servers{"10.0.0.1/24", "10.0.0.2/24"};
  std::string client = "10.0.0.9/24";
  std::string group = "239.9.9.9:20000";
  std::array<std::string, 2> wire{"10.1.0.1", "10.1.0.2"};
  std::string host = "10.0.0.3/24";  // with both servers on it: its own
};

inline Addresses addresses_six() {
  return {.service = {"fd00:9::100"},
          .monitor = {"fd00:9::101"},
          .servers = {"fd00:9::1/64", "fd00:9::2/64"},
          .client = "fd00:9::9/64",
          .group = "[ff15::9:9:9]:20000",
          .host = "fd00:9::3/64"};
}

}  // namespace understudy::network
