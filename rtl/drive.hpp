// SPDX-License-Identifier: Apache-2.0
// How a verilated gate is driven, and the rasters that it is built for. One call is one clock:
// inputs stand as they were set, the registers take them, outputs are those of the next clock. The
// falling edge is never evaluated (nothing in the gate heeds it): the model's note of the last
// level is put back to low instead, which saves a third of the time.
#pragma once

#include <cstdint>

namespace understudy::gate {

struct Raster {
  const char* name;
  uint32_t h_active, h_total, v_active, v_total;
  constexpr uint64_t frame_clocks() const { return uint64_t{h_total} * v_total; }
  constexpr uint64_t clock_hz() const { return 60 * frame_clocks(); }
};

inline constexpr Raster raster_tiny{"tiny", 48, 80, 16, 20};
inline constexpr Raster raster_480p{"480p", 640, 800, 480, 525};
inline constexpr Raster raster_720p{"720p", 1280, 1650, 720, 750};
inline constexpr Raster raster_1080p{"1080p", 1920, 2200, 1080, 1125};

/// Clocks from a pixel's h, v to its place on the output, and from the pins to the line store.
inline constexpr uint32_t output_clocks = 2;
inline constexpr uint32_t receiver_clocks = 2;

/// One rising edge. Needs the model's root class: include <MODEL___024root.h> beside <MODEL.h>.
template <class Model>
inline void clock(Model& model) {
  model.rootp->__Vtrigrprev__TOP__clk = 0;
  model.clk = 1;
  if constexpr (requires { model.awake_clk; }) {  // the whole gate: half of it rests when it may
    model.rootp->__Vtrigrprev__TOP__awake_clk = 0;
    model.awake_clk =
        model.awake | model.rst | model.psel | model.link_a_rx_tvalid | model.link_b_rx_tvalid;
  }
  model.eval();
}

/// Holds reset for some clocks. Afterwards the model stands in clock 0.
template <class Model>
inline void reset(Model& model) {
  model.rst = 1;
  for (int i = 0; i < 4; ++i) clock(model);
  model.rst = 0;
}

/// UG934's order on the wire from R, G, B and back.
constexpr uint32_t pack(uint8_t r, uint8_t g, uint8_t b) {
  return uint32_t{r} << 16 | uint32_t{b} << 8 | g;
}
constexpr uint32_t pack(const uint8_t* rgb) {
  return pack(rgb[0], rgb[1], rgb[2]);
}

}  // namespace understudy::gate
