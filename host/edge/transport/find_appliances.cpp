// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/find_appliances.hpp"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>

#include "host/edge/transport/open_transport.hpp"
#include "host/edge/transport/silence_watch.hpp"
#include "host/edge/transport/usb_bus.hpp"
#include "protocol/mailbox.hpp"

namespace understudy::edge {
namespace {

using State = FoundAppliance::State;
using namespace std::chrono_literals;
namespace mailbox = protocol::mailbox;

constexpr auto listen_time = 500ms;  // ticks come at least ten times in it

void listen(FoundAppliance& found) {
  const auto uri = parse_appliance_uri(found.uri);
  const auto fail = [&](State state, std::string why) {
    found.state = state, found.why = std::move(why);
  };
  if (!uri) return fail(State::cannot_open, uri.error().text);
  const auto device = make_device(*uri);
  if (auto opened = device->open(); !opened) return fail(State::cannot_open, opened.error().text);
  TickWatch watch;
  std::vector<uint8_t> nothing, in;
  const auto end = std::chrono::steady_clock::now() + listen_time;
  while (std::chrono::steady_clock::now() < end) {
    in.clear();
    const auto turned = device->turn(nothing, in, 20ms);
    if (const auto heard = watch.bytes(in)) {
      found.link_version = heard->version, found.tick = heard->tick;
      if (heard->tick) return fail(State::ready, "");
      return fail(State::other_version, other_version(heard->version));
    }
    if (!turned) return fail(State::cannot_open, turned.error().text);
  }
  fail(State::silent, "no tick came: is the board's gateware loaded, and is this its link?");
}

/// Whether usb:serial= names it, and it alone.
bool tells_apart(const std::string& serial, const std::vector<UsbBridge>& bridges) {
  const auto uri = parse_appliance_uri("usb:serial=" + serial);
  return uri && uri->serial == serial &&
         std::ranges::count(bridges, serial, &UsbBridge::serial) == 1;
}

void find_usb(std::vector<FoundAppliance>& out) {
  const auto bridges = usb_bridges();
  for (const auto& b : bridges) {
    FoundAppliance found{
        .uri = tells_apart(b.serial, bridges) ? "usb:serial=" + b.serial : "usb:path=" + b.place,
        .what = fmt::format("{} \"{}\" {} at {}", b.chip, b.name,
                            b.serial.empty() ? "without serial number" : b.serial, b.place)};
    listen(found);
    out.push_back(std::move(found));
  }
}

uint16_t hex_in(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return static_cast<uint16_t>(std::strtoul(line.c_str(), nullptr, 16));
}

void find_pci(std::vector<FoundAppliance>& out) {
  const std::string devices = "/sys/bus/pci/devices";
  std::set<std::string> slots;
  if (DIR* folder = ::opendir(devices.c_str())) {
    while (const dirent* entry = ::readdir(folder)) slots.insert(entry->d_name);
    ::closedir(folder);
  }
  for (const auto& slot : slots) {
    if (slot.starts_with('.')) continue;
    const auto at = devices + "/" + slot + "/";
    const uint16_t vendor = hex_in(at + "vendor"), device = hex_in(at + "device"),
                   subsystem = hex_in(at + "subsystem_device");
    for (const auto& id : mailbox::pci_ids) {
      if (id.vendor != vendor || (id.device != mailbox::any && id.device != device) ||
          (id.subsystem != mailbox::any && id.subsystem != subsystem))
        continue;
      FoundAppliance found{.uri = "pci:" + slot,
                           .what = fmt::format("{} {:04x}:{:04x}", id.name, vendor, device)};
      listen(found);
      out.push_back(std::move(found));
    }
  }
}

void find_sim(std::vector<FoundAppliance>& out) {
  std::ifstream sockets("/proc/net/unix");
  std::set<std::string> paths;
  for (std::string line; std::getline(sockets, line);)
    if (const auto at = line.find('/'); at != line.npos)
      if (line.ends_with("/link-a") || line.ends_with("/link-b")) paths.insert(line.substr(at));
  for (const auto& path : paths)
    out.push_back({.uri = "sim:unix:" + path,
                   .what = fmt::format("simulation, port {}", path.back() == 'a' ? 'A' : 'B')});
}

}  // namespace

std::string_view to_text(State state) {
  switch (state) {
    case State::ready:
      return "ready";
    case State::cannot_open:
      return "cannot_open";
    case State::silent:
      return "silent";
    case State::other_version:
      return "other_version";
    case State::listed:
      return "listed";
  }
  return "unknown";
}

std::vector<FoundAppliance> find_appliances() {
  std::vector<FoundAppliance> out;
  find_usb(out);
  find_pci(out);
  find_sim(out);
  return out;
}

}  // namespace understudy::edge
