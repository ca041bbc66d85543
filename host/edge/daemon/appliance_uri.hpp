// SPDX-License-Identifier: Apache-2.0
// How to reach the appliance, as a person writes it:
//   none                     no appliance
//   sim:unix:PATH            the virtual appliance's link socket
//   usb:serial=S             an FTDI bridge, by its serial number, or by its place: usb:path=1-2.3
//   tty:/dev/ttyUSB0         any serial device
//   pci:0000:01:00.0         a mailbox in a BAR
// Options follow after commas: baud=N (usb, tty), interface=a|b (usb), bar=0..5 (pci).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

inline constexpr std::string_view appliance_uri_forms =
    "none, sim:unix:PATH, usb:serial=SERIAL, usb:path=BUS-PORT, tty:/dev/DEVICE or "
    "pci:DOMAIN:BUS:DEVICE.FUNCTION; options after a comma: baud=N, interface=a|b, bar=N";

struct ApplianceUri {
  enum class Kind : uint8_t { none, sim, usb, tty, pci };
  Kind kind = Kind::none;
  std::string path;               // sim: the socket; tty: the device; usb: its place; pci: the slot
  std::string serial;             // usb, empty when the place is given
  std::optional<uint32_t> baud;   // usb, tty
  std::optional<char> interface;  // usb: 'a' or 'b'
  std::optional<uint32_t> bar;    // pci
};

/// The forms above. Errors: what is wrong in it and what was probably meant.
Result<ApplianceUri> parse_appliance_uri(std::string_view text);

}  // namespace understudy::edge
