// SPDX-License-Identifier: Apache-2.0
// The rasters that the virtual appliance is built for, and the arithmetic between pixel clocks,
// places in a frame and virtual time. Clock c is the state after c clock edges out of reset; the
// pixel "at the pins at clock c" is the one that edge c takes. Output line 0 of frame 0 starts
// four lines after reset (rtl/README.md), source lines source_lead_lines before that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/limits.hpp"

namespace understudy::sim {

using Clock = uint64_t;
inline constexpr Clock no_clock = ~Clock{0};
inline constexpr uint32_t reset_lines = 4;  // lines from reset to output line 0 of frame 0
inline constexpr uint32_t frames_per_second = 60;

struct Place {
  uint32_t frame = 0, line = 0, pixel = 0;
  auto operator<=>(const Place&) const = default;
};

struct Raster {
  std::string_view name;
  uint32_t h_active, h_total, v_active, v_total;

  constexpr uint64_t frame_clocks() const { return uint64_t{h_total} * v_total; }
  constexpr uint64_t clocks_per_second() const { return frame_clocks() * frames_per_second; }
  constexpr size_t line_bytes() const { return size_t{h_active} * 3; }
  constexpr size_t frame_bytes() const { return line_bytes() * v_active; }

  /// First clock of a source line. `line` may run on past v_active.
  constexpr Clock source_clock(uint64_t frame, uint32_t line = 0, uint32_t pixel = 0) const {
    const uint64_t lines =
        reset_lines - protocol::limits::source_lead_lines + frame * v_total + line;
    return lines * h_total + pixel;
  }
  /// First clock of a raster line (counters at h = 0); the picture leaves a few clocks later.
  constexpr Clock output_clock(uint64_t frame, uint32_t line = 0) const {
    return (reset_lines + frame * v_total + line) * h_total;
  }
  /// Where the sources' nominal timing is; before the first frame it is frame 0, line 0.
  constexpr Place source_place(Clock clock) const {
    const Clock first = source_clock(0);
    if (clock < first) return {};
    const uint64_t since = clock - first, in_frame = since % frame_clocks();
    return {uint32_t(since / frame_clocks()), uint32_t(in_frame / h_total),
            uint32_t(in_frame % h_total)};
  }
  constexpr uint64_t nanoseconds(Clock clock) const {
    return uint64_t(static_cast<unsigned __int128>(clock) * 1'000'000'000u / clocks_per_second());
  }
  /// The first clock that is not before this time; no_clock when it never comes.
  constexpr Clock at_or_after(uint64_t time) const {
    if (time == ~uint64_t{0}) return no_clock;
    const auto product = static_cast<unsigned __int128>(time) * clocks_per_second() + 999'999'999u;
    return Clock(product / 1'000'000'000u);
  }
};

inline constexpr std::array<Raster, 4> rasters{{
    {"tiny", 48, 80, 16, 20},
    {"480p", 640, 800, 480, 525},
    {"720p", 1280, 1650, 720, 750},
    {"1080p", 1920, 2200, 1080, 1125},
}};

constexpr std::optional<Raster> find_raster(std::string_view name) {
  for (const Raster& r : rasters)
    if (r.name == name) return r;
  return std::nullopt;
}

}  // namespace understudy::sim
