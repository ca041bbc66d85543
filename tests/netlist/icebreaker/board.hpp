// SPDX-License-Identifier: Apache-2.0
// icebreaker's pins. Its servers are inside: what the desk wants of them goes there as commands on
// the link.
#pragma once

#include <array>
#include <vector>

#include "server.hpp"

namespace understudy::netlist {

inline constexpr uint32_t h_active = 320, h_total = 400, h_sync = 328;
inline constexpr uint32_t v_active = 480, v_total = 525;
inline constexpr uint32_t bit_half_clocks = 25;
inline constexpr unsigned links = 1;
/// A desk's frame begins in the sources' blanking, after their last line: a command then strikes
/// between two frames.
inline constexpr uint32_t desk_lead = 1 + v_total - v_active;

struct In {
  bool button = false, rx[links] = {true};
};
/// The pins after each of the two clocks of the output that a pixel of the gate lasts.
struct Out {
  uint32_t pixel = 0, pixel_before = 0;  // red, green, blue: 4 bits each
  bool enable = false, hsync = false, vsync = false, tx[links] = {true};
  uint32_t lights = 0, lights_before = 0, dvi_clock = 0;
  bool operator==(const Out&) const = default;
};

template <class Model>
Out clock(Model& m, const In& in) {
  m.link_rx = in.rx[0], m.button_n = !in.button;
  Out out;
  for (int half = 0; half < 2; ++half) {
    out.pixel_before = out.pixel, out.lights_before = out.lights;
    m.clock_12mhz = 1;
    m.eval();
    out.dvi_clock = out.dvi_clock << 1 | m.dvi_clock;
    out.pixel = uint32_t{m.dvi_red} << 8 | uint32_t{m.dvi_green} << 4 | m.dvi_blue;
    out.lights = uint32_t{m.leds} | uint32_t{m.red_n} << 5 | uint32_t{m.green_n} << 6;
    m.clock_12mhz = 0;
    m.eval();
    out.dvi_clock = out.dvi_clock << 1 | m.dvi_clock;
  }
  out.enable = m.dvi_enable, out.hsync = m.dvi_hsync, out.vsync = m.dvi_vsync,
  out.tx[0] = m.link_tx;
  return out;
}

class Servers {
 public:
  /// At each clock of the desk: bytes for the link, if the board has to be told of a new fault.
  std::vector<uint8_t> drive(In& in, const std::array<Server, 2>& server, uint32_t h, uint32_t v,
                             uint32_t frame);
  /// What the output should show.
  uint32_t shown(uint32_t x, uint32_t y, uint32_t frame) const;

 private:
  std::array<Server, 2> told_;
};

}  // namespace understudy::netlist
