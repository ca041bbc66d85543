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

/// True when the deciding half's clock has to rise too: it has work, or the pins have some for it.
template <class Model>
inline bool awake(const Model& m) {
  // `awake` was found with the pins as they stood before: whatever they add is added here
  return m.awake | m.rst | m.psel | m.link_a_rx_tvalid | m.link_b_rx_tvalid |
         (m.link_a_tx_tvalid & m.link_a_tx_tready) | (m.link_b_tx_tvalid & m.link_b_tx_tready);
}

/// Verilator's own regions of a model, to be called without its loop around them. Only a model that
/// UNDERSTUDY_DIRECT names has one; tests hold the two ways against each other.
template <class Model>
struct Regions {
  static constexpr bool direct = false;
};

/// One rising edge. Needs the model's root class: include <MODEL___024root.h> beside <MODEL.h>, and
/// one eval() or reset() before the first call.
template <class Model>
inline void clock(Model& model) {
  if constexpr (Regions<Model>::direct) {
    Regions<Model>::run(model);
  } else {
    model.rootp->__Vtrigrprev__TOP__clk = 0;
    model.clk = 1;
    if constexpr (requires { model.awake_clk; }) {  // the whole gate: half of it rests when it may
      model.rootp->__Vtrigrprev__TOP__awake_clk = 0;
      model.awake_clk = awake(model);
    }
    model.eval();
  }
}

/// Holds reset for some clocks. Afterwards the model stands in clock 0.
template <class Model>
inline void reset(Model& model) {
  model.rst = 1;
  model.eval();
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

/// At global scope, once a file that clocks MODEL (a gate, not a block): its edges take the short
/// way. Nothing is noted of the clocks' levels: eval() sees them as they stood before. While the
/// half that decides may rest, no pin that matters before the edge is high or was (pins' logic is
/// `awake` and what feeds it), so the inputs' region is passed over too.
#define UNDERSTUDY_DIRECT(MODEL) UNDERSTUDY_DIRECT_ROOT(MODEL)
#define UNDERSTUDY_DIRECT_ROOT(MODEL) UNDERSTUDY_DIRECT_(MODEL, MODEL##___024root)
#define UNDERSTUDY_DIRECT_(MODEL, ROOT)                                        \
  void ROOT##___eval_ico(ROOT*);                                               \
  void ROOT##___eval_nba(ROOT*);                                               \
  template <>                                                                  \
  struct understudy::gate::Regions<MODEL> {                                    \
    static constexpr bool direct = true;                                       \
    static void run(MODEL& model) {                                            \
      ROOT* const root = model.rootp;                                          \
      const bool rises = awake(*root);                                         \
      if (rises) root->__VicoTriggered.at(0) = true, ROOT##___eval_ico(root);  \
      root->__VnbaTriggered.at(0) = true, root->__VnbaTriggered.at(1) = rises; \
      ROOT##___eval_nba(root);                                                 \
    }                                                                          \
  }
