// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/network_configuration.hpp"

#include <net/if.h>

#include "host/edge/boot/magic_packet.hpp"

namespace understudy::edge {
namespace {

constexpr size_t addresses_max = 4;
constexpr size_t ports_max = 16;
constexpr size_t words_max = 64;
constexpr uint32_t lease_frames_least = 4;

void read_addresses(Reader& r, const char* key, std::vector<IpAddress>& out) {
  r.list<std::string>(key, addresses_max, [&](const std::string& text) -> std::string {
    const auto parsed = IpAddress::parse(text);
    if (!parsed) return parsed.error().text;
    for (const auto& a : out)
      if (a.same_host(*parsed)) return fmt::format("names {} twice", a.text());
    out.push_back(*parsed);
    return {};
  });
}

void read_address(Reader& r, Configuration& c) {
  AddressConfiguration a;
  if (auto interface = r.text("address.interface", true)) {
    a.interface = *interface;
    const bool plain = interface->find_first_of("\"\\ /") == std::string::npos;
    if (interface->size() >= IFNAMSIZ || !plain)
      r.wrong("address.interface", r.find("address.interface"),
              fmt::format("is \"{}\"", *interface));
  }
  if (!r.find("address.service")) r.wrong("address.service", nullptr, "is missing");
  read_addresses(r, "address.service", a.service);
  read_addresses(r, "address.monitor", a.monitor);
  for (const auto& m : a.monitor)
    for (const auto& s : a.service)
      if (m.same_host(s))
        r.wrong("address.monitor", r.find("address.monitor"),
                fmt::format("{} is a service address too", m.text()));
  r.number("address.lease_ms", 40, 60'000, a.lease_ms);
  if (a.lease_ms * c.frames_per_second < lease_frames_least * 1000)
    r.wrong("address.lease_ms", r.find("address.lease_ms"),
            fmt::format("is {}, less than {} frames at {} a second", a.lease_ms, lease_frames_least,
                        c.frames_per_second));
  r.number("address.announce", 1, 20, a.announce);
  r.flag("fence.kernel", a.kernel_fence);
  r.list<int64_t>("fence.guarded_ports", ports_max, [&](int64_t port) -> std::string {
    if (port < 1 || port > 65535) return fmt::format("holds {}, no port (1 to 65535)", port);
    a.guarded_ports.push_back(static_cast<uint16_t>(port));
    return {};
  });
  c.address = std::move(a);
}

void read_ping(Reader& r, Configuration& c) {
  PingConfiguration p;
  r.number("ping.period_ms", 5, 60'000, p.period_ms);
  p.timeout_ms = p.period_ms;
  r.number("ping.timeout_ms", 5, 60'000, p.timeout_ms);
  r.number("ping.misses", 1, 100, p.misses);
  r.number("ping.second_period_ms", 20, 600'000, p.second_period_ms);
  r.number("ping.copy_every", 0, 1'000'000, p.copy_every);
  r.choice<bool>("ping.before_first_reply", {{"wait", false}, {"boot", true}}, p.boot_before_reply);
  if (!c.address)
    r.wrong("ping", nullptr, "needs the section [address] with service and monitor address");
  else if (c.address->monitor.empty())
    r.wrong("address.monitor", nullptr, "is missing; [ping] needs it");
  if (p.second_period_ms < p.timeout_ms)
    r.wrong("ping.second_period_ms", r.find("ping.second_period_ms"),
            fmt::format("is {}, less than ping.timeout_ms ({})", p.second_period_ms, p.timeout_ms));
  if (c.peer && (c.peer->address.address.starts_with("127.") || c.peer->address.address == "::1"))
    r.wrong("ping", r.find("peer.address"),
            "cannot be: the other server is on this host, whose kernel answers for both; with an "
            "appliance leave the section out, without one give each server a network namespace of "
            "its own");
  c.ping = p;
}

void read_boot(Reader& r, Configuration& c) {
  BootOptions& b = c.boot;
  r.choice<BootKind>("boot.device",
                     {{"none", BootKind::none},
                      {"command", BootKind::command},
                      {"ipmi", BootKind::ipmi},
                      {"wol", BootKind::wol},
                      {"relay", BootKind::relay}},
                     b.kind);
  r.list<std::string>("boot.command", words_max, [&](const std::string& word) -> std::string {
    b.command.push_back(word);
    return {};
  });
  const bool ipmi = b.kind == BootKind::ipmi;
  if (b.kind == BootKind::command && (b.command.empty() || b.command[0].empty()))
    r.wrong("boot.command", r.find("boot.command"), "is missing; boot.device is \"command\"");
  b.host = r.text("boot.host", ipmi).value_or("");
  b.user = r.text("boot.user", ipmi).value_or("");
  b.password_file = r.text("boot.password_file", ipmi).value_or("");
  b.cipher_suite = r.text("boot.cipher_suite").value_or("");
  uint32_t port = b.port;
  r.number("boot.port", 1, 65535, port);
  b.port = static_cast<uint16_t>(port);
  if (auto mac = r.text("boot.mac", b.kind == BootKind::wol)) {
    b.mac = *mac;
    if (const auto parsed = parse_hardware_address(*mac); !parsed)
      r.wrong("boot.mac", r.find("boot.mac"), parsed.error().text);
  }
  if (auto broadcast = r.text("boot.broadcast")) {
    b.broadcast = *broadcast;
    if (const auto parsed = IpAddress::parse(*broadcast); !parsed || parsed->is_v6())
      r.wrong("boot.broadcast", r.find("boot.broadcast"), fmt::format("is \"{}\"", *broadcast));
  }
  uint32_t timeout = static_cast<uint32_t>(b.timeout.count());
  uint32_t hold = static_cast<uint32_t>(b.hold.count());
  r.number("boot.timeout_ms", 100, 600'000, timeout);
  r.number("boot.hold_ms", 0, 3'600'000, hold);
  b.timeout = std::chrono::milliseconds(timeout);
  b.hold = std::chrono::milliseconds(hold);
}

}  // namespace

void read_network(Reader& r, Configuration& c) {
  if (r.has_section("address")) read_address(r, c);
  if (!c.address && r.has_section("fence"))
    r.wrong("fence", nullptr, "needs the section [address]");
  if (r.has_section("ping")) read_ping(r, c);
  if (r.has_section("boot")) read_boot(r, c);
  if (c.address && c.appliance.kind == ApplianceUri::Kind::none && !c.ping)
    r.wrong("ping", r.find("address.service"),
            "is missing: without an appliance the ping monitor decides who holds the service "
            "address; add the section [ping]");
}

}  // namespace understudy::edge
