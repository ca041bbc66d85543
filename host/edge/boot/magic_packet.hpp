// SPDX-License-Identifier: Apache-2.0
// Wake-on-LAN's magic packet: six FF, then the hardware address sixteen times (AMD, "Magic Packet
// Technology", 1995).
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

/// "02:00:5e:10:00:01"
inline Result<std::array<uint8_t, 6>> parse_hardware_address(std::string_view text) {
  std::array<uint8_t, 6> out{};
  bool good = text.size() == 17;
  for (size_t i = 0; good && i < 6; ++i) {
    const char* from = text.data() + i * 3;
    const auto [end, wrong] = std::from_chars(from, from + 2, out[i], 16);
    good = wrong == std::errc{} && end == from + 2 && (i == 5 || *end == ':' || *end == '-');
  }
  if (!good)
    return failure("\"" + std::string(text) + "\" is no hardware address (as 02:00:5e:10:00:01)");
  return out;
}

inline Result<std::vector<uint8_t>> magic_packet(std::string_view hardware_address) {
  const auto address = parse_hardware_address(hardware_address);
  if (!address) return std::unexpected(address.error());
  std::vector<uint8_t> out(6, 0xFF);
  for (int i = 0; i < 16; ++i) out.insert(out.end(), address->begin(), address->end());
  return out;
}

}  // namespace understudy::edge
