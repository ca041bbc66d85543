// SPDX-License-Identifier: Apache-2.0
// The FTDI bridges that are plugged in, as sysfs shows them to everybody: so a board that may not
// be opened is still seen, by name. Reading serial numbers through libusb was refused: it needs the
// very permission whose lack is to be told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace understudy::edge {

struct UsbBridge {
  std::string place;  // as 1-2.3: bus, then the ports on the way
  uint16_t product = 0;
  std::string chip;      // FT2232H, FT231X ...
  char interface = 'a';  // where the link is wired, unless said otherwise
  std::string serial, name;
  uint32_t bus = 0, address = 0;
  std::string node() const;  // /dev/bus/usb/001/002
};

/// Sorted by place.
std::vector<UsbBridge> usb_bridges();

}  // namespace understudy::edge
