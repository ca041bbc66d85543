// SPDX-License-Identifier: Apache-2.0
// understudy-appliance: the verilated gateware behind Unix sockets, in virtual time.
#include <CLI/CLI.hpp>
#include <iostream>

#include "host/edge/command_line/command_line.hpp"
#include "protocol/registers.hpp"
#include "sim/server/station.hpp"

namespace {

using namespace understudy;

constexpr std::pair<const char*, uint16_t> settable[] = {
    {"control", protocol::registers::control},
    {"beats", protocol::registers::beats},
    {"beat_period", protocol::registers::beat_period},
    {"bad_lines", protocol::registers::bad_lines},
    {"flap", protocol::registers::flap},
    {"return_hold", protocol::registers::return_hold},
    {"slate", protocol::registers::slate},
    {"untagged", protocol::registers::untagged},
    {"freeze", protocol::registers::freeze},
    {"black", protocol::registers::black},
    {"proven", protocol::registers::proven},
};

std::optional<uint32_t> whole_number(const std::string& text) {
  try {
    size_t used = 0;
    const unsigned long long value = std::stoull(text, &used, 0);
    if (used == text.size() && text[0] != '-' && value <= 0xFFFFFFFFu) return uint32_t(value);
  } catch (const std::exception&) {
  }
  return std::nullopt;
}

/// "beats=0x803" or "0x14=0x803".
std::expected<std::pair<uint16_t, uint32_t>, std::string> setting(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto value =
      equals == std::string::npos ? std::nullopt : whole_number(text.substr(equals + 1));
  if (!value) return std::unexpected("--set " + text + ": write REGISTER=VALUE, as in beats=0x803");
  std::string known;
  for (const auto& [n, address] : settable) {
    if (name == n) return std::pair(address, *value);
    known += (known.empty() ? "" : ", ") + std::string(n);
  }
  const auto address = whole_number(name);
  if (address && *address <= 0xFFF && *address % 4 == 0)
    return std::pair(uint16_t(*address), *value);
  return std::unexpected("--set " + text + ": no register " + name + "; there are: " + known);
}

}  // namespace

int main(int argc, char** argv) {
  sim::StationOptions options;
  std::string raster = "480p";
  std::vector<std::string> settings;
  CLI::App app{
      "The virtual appliance: the verilated gate behind Unix sockets, in virtual time.\n"
      "A run is decided by frame numbers and the seed; a slow machine only takes longer.\n"
      "Sockets in DIR: video-a video-b link-a link-b video-out control (sim/README.md)."};
  app.add_option("--dir", options.directory, "Folder for the sockets; made when missing")
      ->required();
  app.add_option("--raster", raster, "tiny (48x16), 480p, 720p or 1080p")->capture_default_str();
  app.add_option("--seed", options.seed, "Decides what faults do")->capture_default_str();
  app.add_flag("--real-time", options.real_time, "Never faster than the wall clock");
  app.add_flag("--free-running", options.free_running,
               "Wall time, and nobody is waited for: as a board would. Not repeatable");
  app.add_option("--silence", options.silence_seconds,
                 "Wall seconds after which a silent neighbour is given up")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--set", settings, "REGISTER=VALUE before time starts; by name or by address");
  app.footer(
      "Exit codes:\n"
      "  0  ended by the request {\"do\":\"quit\"}, SIGTERM or SIGINT\n"
      "  1  could not start\n"
      "  2  wrong use of this command");
  if (const auto code = parse_command_line(app, "understudy-appliance", argc, argv)) return *code;
  const auto found = sim::find_raster(raster);
  if (!found) {
    std::cerr << "understudy-appliance: --raster " << raster
              << ": there are tiny, 480p, 720p, 1080p\n";
    return 2;
  }
  options.raster = *found;
  for (const std::string& s : settings) {
    const auto parsed = setting(s);
    if (!parsed) {
      std::cerr << "understudy-appliance: " << parsed.error() << '\n';
      return 2;
    }
    options.registers.push_back(*parsed);
  }
  auto station = sim::Station::open(options);
  if (!station) {
    std::cerr << "understudy-appliance: " << station.error() << '\n';
    return 1;
  }
  std::cout << "understudy-appliance: " << raster << ", seed " << options.seed << ", sockets in "
            << options.directory << std::endl;
  return (*station)->run();
}
