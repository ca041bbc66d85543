// SPDX-License-Identifier: Apache-2.0
// The picture's size and rate, and the names of those that the gateware is built for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace understudy {

struct Raster {
  uint16_t width = 640, height = 480;                // pixels, lines
  uint32_t fps_numerator = 60, fps_denominator = 1;  // frames a second
  bool operator==(const Raster&) const = default;
  constexpr size_t line_bytes() const { return size_t{3} * width; }  // RGB24, no padding
  constexpr size_t frame_bytes() const { return line_bytes() * height; }
};

struct NamedRaster {
  std::string_view name;
  Raster raster;
};
inline constexpr std::array<NamedRaster, 4> rasters{{{"tiny", {48, 16, 60, 1}},
                                                     {"480p", {640, 480, 60, 1}},
                                                     {"720p", {1280, 720, 60, 1}},
                                                     {"1080p", {1920, 1080, 60, 1}}}};

constexpr std::optional<Raster> raster_named(std::string_view name) {
  for (const auto& r : rasters)
    if (r.name == name) return r.raster;
  return std::nullopt;
}

}  // namespace understudy
