// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/usb_bus.hpp"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace understudy::edge {
namespace {

constexpr uint32_t ftdi = 0x0403;
constexpr const char* devices = "/sys/bus/usb/devices";

struct Chip {
  uint16_t product;
  const char* name;
  char interface;  // the first of an FT2232H flashes the board (iCEBreaker, HX8K), the second talks
};
constexpr Chip chips[] = {{0x6010, "FT2232H", 'b'},
                          {0x6015, "FT231X", 'a'},
                          {0x6014, "FT232H", 'a'},
                          {0x6001, "FT232R", 'a'}};

std::string attribute(const std::string& device, const char* name) {
  std::ifstream file(fmt::format("{}/{}/{}", devices, device, name));
  std::string line;
  std::getline(file, line);
  // a device's own words go to terminals and journals
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

uint32_t number(const std::string& text, int base) {
  return static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, base));
}

}  // namespace

std::string UsbBridge::node() const {
  return fmt::format("/dev/bus/usb/{:03}/{:03}", bus, address);
}

std::vector<UsbBridge> usb_bridges() {
  std::vector<UsbBridge> out;
  DIR* folder = ::opendir(devices);
  if (!folder) return out;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string place = entry->d_name;
    if (place.find(':') != place.npos || number(attribute(place, "idVendor"), 16) != ftdi) continue;
    const uint32_t product = number(attribute(place, "idProduct"), 16);
    const auto* chip = std::ranges::find(chips, product, &Chip::product);
    if (chip == std::end(chips)) continue;
    out.push_back({place, chip->product, chip->name, chip->interface, attribute(place, "serial"),
                   attribute(place, "product"), number(attribute(place, "busnum"), 10),
                   number(attribute(place, "devnum"), 10)});
  }
  ::closedir(folder);
  std::ranges::sort(out, {}, &UsbBridge::place);
  return out;
}

}  // namespace understudy::edge
