// SPDX-License-Identifier: Apache-2.0
// The daemon's configuration: a TOML text becomes a Configuration or a list of all that is wrong
// with it, each with line, column, key and what is allowed. Unknown keys are errors, with the
// nearest known one: a misspelt key that is silently ignored is a server that is not protected.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/monitor/component_monitor.hpp"
#include "host/core/overburdening/burden.hpp"
#include "host/core/synchronization/joiner.hpp"
#include "host/edge/address/ip_address.hpp"
#include "host/edge/boot/boot_device.hpp"
#include "host/edge/daemon/appliance_uri.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

struct Endpoint {
  std::string address;  // IPv4 or IPv6, numeric
  uint16_t port = 0;
};

struct PeerConfiguration {
  Endpoint listen, address;
  std::string key_file;
};

struct AddressConfiguration {
  std::string interface;
  std::vector<IpAddress> service, monitor;
  uint32_t lease_ms = 100;
  uint32_t announce = 6;
  bool kernel_fence = true;
  std::vector<uint16_t> guarded_ports;
};

struct PingConfiguration {
  uint32_t period_ms = 100, timeout_ms = 100;
  uint32_t misses = 3;
  uint32_t second_period_ms = 1000;
  uint32_t copy_every = 100;
  bool boot_before_reply = false;
};

struct OverburdeningConfiguration {
  core::BurdenOptions options;
  std::string run_queue_file = "/proc/loadavg";
  std::string cpu_pressure_file = "/proc/pressure/cpu";
};

/// The gate misses a beat after a gap of an eighth of a frame and a quarter more. A real wire needs
/// room for a bus and its bridge (`./dev bench transports` shows it); a simulation is in step.
constexpr uint32_t default_beats_per_frame(ApplianceUri::Kind kind) {
  using enum ApplianceUri::Kind;
  return kind == usb || kind == tty || kind == pci ? 16 : 8;
}

struct Configuration {
  std::string name;
  std::string run_dir;
  std::string events;  // empty: no event file
  std::string log_level = "info";
  ApplianceUri appliance;
  std::string appliance_text;
  std::optional<PeerConfiguration> peer;
  uint32_t beats_per_frame = 0;     // default_beats_per_frame, unless said
  uint32_t frames_per_second = 60;  // without an appliance that says it
  core::Initiator initiator = core::Initiator::second;
  uint32_t equal_frames = 8;
  core::Policy policy = core::Policy::any;
  core::Recovery recovery = core::Recovery::by_registration;
  std::vector<std::string> required;
  std::optional<AddressConfiguration> address;
  std::optional<PingConfiguration> ping;
  BootOptions boot;
  std::optional<OverburdeningConfiguration> overburdening;
};

struct ConfigurationError {
  uint32_t line = 0, column = 0;
  std::string key;   // "section.key"; empty for a syntax error
  std::string what;  // the reason, the allowed values, the nearest key
};

/// "FILE:LINE:COLUMN: KEY: WHAT"
std::string to_text(const ConfigurationError& error, std::string_view file);

inline constexpr size_t configuration_bytes_max = 1 << 20;

std::expected<Configuration, std::vector<ConfigurationError>> parse_configuration(
    std::string_view text);

/// Every key with its meaning and range, for `--help` and the README.
std::string configuration_help();

/// "127.0.0.1:7701" or "[::1]:7701".
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace understudy::edge
