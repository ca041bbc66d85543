// SPDX-License-Identifier: Apache-2.0
// What can be done to one server's wires. All of it is decided by the fault's own numbers, the
// seed and the pixel clock at which it starts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace understudy::sim {

enum class FaultKind : uint8_t {
  cable,    // no pixel from now on; `frames`: back after so long
  freeze,   // the last whole frame again and again, old tags and all; `frames` limits
  black,    // black without tags; `frames` limits
  corrupt,  // the next `lines` lines get flipped bits
  lose,     // the next `lines` lines do not come
  twice,    // the next `lines` lines come twice
  late,     // the next `lines` lines come `clocks` later
  drift,    // the source's clock is `ppm` too fast (negative: too slow)
  gaps,     // up to `clocks` idle clocks strewn over each of the next `lines` lines
  usb,      // link cut
  garbage,  // `bytes` random bytes into the link receiver
  heal,     // all of these end; a drifted source is genlocked again at its next frame
};

inline constexpr std::array<std::string_view, 12> fault_names{
    "cable", "freeze", "black", "corrupt", "lose",    "double",
    "late",  "drift",  "gaps",  "usb",     "garbage", "heal"};

constexpr std::string_view to_text(FaultKind kind) {
  return fault_names[size_t(kind)];
}
constexpr std::optional<FaultKind> find_fault(std::string_view name) {
  for (size_t i = 0; i < fault_names.size(); ++i)
    if (fault_names[i] == name) return FaultKind(i);
  return std::nullopt;
}

struct Fault {
  FaultKind kind = FaultKind::heal;
  uint32_t frames = 0;  // 0: for good
  uint32_t lines = 1;
  uint32_t clocks = 0;
  uint32_t bytes = 64;
  int32_t ppm = 0;
};

/// A number that depends on nothing but its arguments (splitmix64).
constexpr uint64_t mix(uint64_t seed, uint64_t a, uint64_t b = 0) {
  uint64_t x = seed + 0x9E3779B97F4A7C15u * (a + 1) + 0xD1B54A32D192ED03u * (b + 1);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

}  // namespace understudy::sim
