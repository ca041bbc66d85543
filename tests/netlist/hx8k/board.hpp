// SPDX-License-Identifier: Apache-2.0
// hx8k's pins and what stands at them: two servers that send pixels with clocks of their own. These
// rise half a clock after the gate's.
#pragma once

#include <array>
#include <vector>

#include "server.hpp"

namespace understudy::netlist {

inline constexpr uint32_t h_active = 640, h_total = 800, h_sync = 656;
inline constexpr uint32_t v_active = 480, v_total = 525;
inline constexpr uint32_t bit_half_clocks = 50;
inline constexpr unsigned links = 2;
/// A desk's frame begins with the sources' line 0, two lines before the raster's.
inline constexpr uint32_t desk_lead = 2;

struct In {
  uint32_t pixel[2] = {0, 0};  // RGB
  bool enable[2] = {false, false}, vsync[2] = {false, false}, rx[links] = {true, true};
};
struct Out {
  uint32_t pixel = 0;
  bool enable = false, hsync = false, vsync = false, tx[links] = {true, true};
  uint32_t lights = 0;
  bool operator==(const Out&) const = default;
};

template <class Model>
Out clock(Model& m, const In& in) {
  m.video_a_pixel = in.pixel[0], m.video_b_pixel = in.pixel[1];
  m.video_a_enable = in.enable[0], m.video_b_enable = in.enable[1];
  m.video_a_vsync = in.vsync[0], m.video_b_vsync = in.vsync[1];
  m.link_a_rx = in.rx[0], m.link_b_rx = in.rx[1];
  m.clock_12mhz = 1, m.video_a_clock = 0, m.video_b_clock = 0;
  m.eval();
  Out out;
  out.pixel = m.video_out_pixel;
  out.enable = m.video_out_enable, out.hsync = m.video_out_hsync, out.vsync = m.video_out_vsync;
  out.tx[0] = m.link_a_tx, out.tx[1] = m.link_b_tx, out.lights = m.leds;
  m.clock_12mhz = 0, m.video_a_clock = 1, m.video_b_clock = 1;
  m.eval();
  return out;
}

/// A picture of noise that stands still, with tags.
class Servers {
 public:
  Servers();
  /// At each clock of the sources' raster: pixels to the pins. Says nothing on the links.
  std::vector<uint8_t> drive(In& in, const std::array<Server, 2>& server, uint32_t h, uint32_t v,
                             uint32_t frame);
  /// What the output should show.
  uint32_t shown(uint32_t x, uint32_t y, uint32_t) const {
    return pixel(x, y) & (x < protocol::limits::tag_pixels ? 0xFEFEFE : 0xFFFFFF);
  }

 private:
  uint32_t pixel(uint32_t x, uint32_t y) const { return picture_[size_t{y} * h_active + x]; }
  std::vector<uint8_t> tagged_line(const Server& server, unsigned s, uint32_t v, uint32_t frame);

  std::vector<uint32_t> picture_;
  std::vector<uint8_t> line_[2];
  uint32_t frozen_at_[2] = {0, 0};
};

}  // namespace understudy::netlist
