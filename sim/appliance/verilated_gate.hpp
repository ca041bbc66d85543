// SPDX-License-Identifier: Apache-2.0
// Gate over one verilated top. The loop is the simulation's cost, so: nothing but pins, eval and
// one branch on "anything out of the ordinary". Every eval is a rising edge: `clk` stays high and
// the model's memory of its last level is set low. `Model` goes through the parts of verilator's
// eval that a rising edge needs, each once (sim/README.md, Speed). A trace toggles the clock and
// evals honestly.
#pragma once

#include <verilated.h>

#include <string>
#include <vector>

#include "rtl/drive.hpp"
#include "sim/appliance/gate.hpp"

namespace understudy::sim {

template <class Model, class Parts, class Trace>
class VerilatedGate final : public Gate {
 public:
  VerilatedGate(const Raster& raster) : raster_(raster), model_(alone(context_), "gate") {
    if constexpr (Trace::enabled) context_.traceEverOn(true);
    if constexpr (Trace::enabled) model_.trace(&trace_.file, 99);
  }
  ~VerilatedGate() override {
    trace_stop();
    model_.final();
  }

  uint32_t run(const Pins& pins, Observed& seen) override {
    const VideoPins& a = pins.video[0];
    const VideoPins& b = pins.video[1];
    Model& m = model_;
    m.video_a_tvalid = a.pixels != nullptr, m.video_b_tvalid = b.pixels != nullptr;
    m.video_a_tuser = a.first, m.video_a_tlast = a.last;
    m.video_b_tuser = b.first, m.video_b_tlast = b.last;
    m.link_a_tx_tready = pins.link_ready[0], m.link_b_tx_tready = pins.link_ready[1];
    const bool byte = pins.link_byte[0] >= 0 || pins.link_byte[1] >= 0;
    if (byte) {
      m.link_a_rx_tvalid = pins.link_byte[0] >= 0, m.link_a_rx_tdata = CData(pins.link_byte[0]);
      m.link_b_rx_tvalid = pins.link_byte[1] >= 0, m.link_b_rx_tdata = CData(pins.link_byte[1]);
      const uint32_t n = stretch<true, true>(1, a.pixels, b.pixels, seen);
      m.link_a_rx_tvalid = 0, m.link_b_rx_tvalid = 0;
      if (n == 0 || stop_ || pins.clocks == 1) return 1;
      return 1 + go_on(pins.clocks - 1, a.pixels ? a.pixels + 3 : nullptr,
                       b.pixels ? b.pixels + 3 : nullptr, seen);
    }
    return go_on(pins.clocks, a.pixels, b.pixels, seen);
  }

  void reset() override {
    model_.rst = 1;
    model_.video_a_tvalid = model_.video_b_tvalid = 0;
    model_.link_a_rx_tvalid = model_.link_b_rx_tvalid = 0;
    model_.link_a_tx_tready = model_.link_b_tx_tready = 1;
    model_.psel = model_.penable = model_.pwrite = 0;
    model_.clk = 0, model_.awake_clk = 0;
    model_.eval();
    find_triggers();
    for (int i = 0; i < 8; ++i) edge();
    model_.rst = 0;
  }

  void apb(const ApbPins& pins) override {
    model_.psel = pins.select, model_.penable = pins.enable, model_.pwrite = pins.write;
    model_.paddr = pins.address, model_.pwdata = pins.data;
  }
  uint32_t apb_data() override {
    model_.eval();
    return model_.prdata;
  }

  Choice choice() const override {
    Choice c;
    c.choice = model_.obs_choice, c.good = model_.obs_good;
    c.crc[0] = model_.obs_crc_a, c.crc[1] = model_.obs_crc_b;
    return c;
  }
  RasterState state() const override {
    return {model_.obs_h,     model_.obs_v,      model_.obs_frame, model_.obs_term,
            model_.obs_clock, model_.obs_on_air, model_.obs_alive};
  }

  bool trace_start(const std::string& path, Clock now) override {
    if constexpr (Trace::enabled) {
      trace_stop();
      trace_.file.set_time_unit("1ps");
      trace_.file.set_time_resolution("1ps");
      trace_.file.open(path.c_str());
      tracing_ = trace_.file.isOpen();
      trace_clock_ = now;
      return tracing_;
    } else {
      (void)path, (void)now;
      return false;
    }
  }
  void trace_stop() override {
    if constexpr (Trace::enabled)
      if (tracing_) trace_.file.close();
    tracing_ = false;
  }

 private:
  static VerilatedContext* alone(VerilatedContext& context) {
    context.threads(1);  // else an idle pool, whose threads would take the program's signals
    return &context;
  }
  static uint32_t tdata(const uint8_t* rgb) {  // UG934: green, blue, red from bit 0 up
    return uint32_t(rgb[1]) | uint32_t(rgb[2]) << 8 | uint32_t(rgb[0]) << 16;
  }

  /// Which of the model's triggers is which clock; verilator does not promise an order.
  void find_triggers() {
    auto& m = *model_.rootp;
    m.clk = 1, m.awake_clk = 0;
    m.__Vtrigrprev__TOP__clk = m.__Vtrigrprev__TOP__awake_clk = 0;
    Parts::triggers(&m);
    clk_trigger_ = m.__VactTriggered.at(0) ? 0 : 1;
  }

  /// Nothing is noted of the clocks' levels: what evals the model again sees them as they stood.
  /// The inputs' logic is `awake` and what feeds it: no pin of it is high, or was, while that may
  /// rest.
  void edge() {
    if (Trace::enabled && tracing_) [[unlikely]]
      return traced_edge();
    auto& m = *model_.rootp;
    const bool awake = half_awake();
    if (awake) {
      m.__VicoTriggered.at(0) = true;
      Parts::inputs(&m);
    }
    m.__VnbaTriggered.at(clk_trigger_) = true;
    m.__VnbaTriggered.at(1 - clk_trigger_) = awake;
    Parts::registers(&m);
  }

  /// The deciding half's clock rises too: it has work, or the pins have some for it.
  bool half_awake() const { return gate::awake(*model_.rootp); }

  void traced_edge() {
    if constexpr (Trace::enabled) {
      const auto picoseconds = [&](double clock) {
        return uint64_t(clock * 1e12 / double(raster_.clocks_per_second()));
      };
      model_.clk = 0, model_.awake_clk = 0;
      model_.eval();
      trace_.file.dump(picoseconds(double(trace_clock_)));
      model_.clk = 1, model_.awake_clk = half_awake();
      model_.eval();
      trace_.file.dump(picoseconds(double(trace_clock_) + 0.5));
      ++trace_clock_;
    }
  }

  uint32_t go_on(uint32_t n, const uint8_t* a, const uint8_t* b, Observed& seen) {
    if (a) return b ? stretch<true, true>(n, a, b, seen) : stretch<true, false>(n, a, b, seen);
    return b ? stretch<false, true>(n, a, b, seen) : stretch<false, false>(n, a, b, seen);
  }

  template <bool WithA, bool WithB>
  uint32_t stretch(uint32_t n, const uint8_t* a, const uint8_t* b, Observed& seen) {
    auto& m = *model_.rootp;
    stop_ = false;
    uint32_t i = 0;
    while (i < n && !stop_) {
      if (WithA && a) m.video_a_tdata = tdata(a), a += 3;
      if (WithB && b) m.video_b_tdata = tdata(b), b += 3;
      if (m.link_a_tx_tvalid | m.link_b_tx_tvalid) [[unlikely]]
        links(seen);
      edge();
      ++i;
      if (m.video_out_tvalid) picture(seen);
      if (m.obs_event_valid | m.obs_beat) [[unlikely]]
        notice(seen);
    }
    return i;
  }

  void picture(Observed& seen) {
    const auto& m = *model_.rootp;
    if (m.video_out_tuser) [[unlikely]] {
      if (column_ || seen.lines_left != raster_.v_active) ++seen.stray_pixels;
      column_ = 0;
    }
    if (seen.lines_left == 0 || column_ == raster_.h_active) [[unlikely]] {
      ++seen.stray_pixels;
      return;
    }
    const uint32_t d = m.video_out_tdata;
    seen.picture[0] = uint8_t(d >> 16), seen.picture[1] = uint8_t(d),
    seen.picture[2] = uint8_t(d >> 8);
    seen.picture += 3;
    ++column_;
    if (m.video_out_tlast) [[unlikely]] {
      if (column_ != raster_.h_active) {
        ++seen.stray_pixels;
        seen.picture += 3 * (raster_.h_active - column_);
      }
      column_ = 0;
      if (--seen.lines_left == 0) seen.frame_done = stop_ = true;
    }
  }

  void notice(Observed& seen) {
    const auto& m = *model_.rootp;
    if (m.obs_event_valid) {
      const auto& w = m.obs_event;
      seen.events.push_back({uint8_t(w[5] >> 8), uint8_t(w[5]), uint16_t(w[3] >> 16), w[4], w[1],
                             w[0], uint64_t{w[2]} | uint64_t{w[3] & 0xFFFF} << 32});
    }
    if (m.obs_beat & 1) seen.beats.push_back({m.obs_clock, 0});
    if (m.obs_beat & 2) seen.beats.push_back({m.obs_clock, 1});
  }

  /// Before an edge: what is valid and ready now is handed over by it.
  void links(Observed& seen) {
    if (model_.link_a_tx_tvalid & model_.link_a_tx_tready) link(seen, 0, model_.link_a_tx_tdata);
    if (model_.link_b_tx_tvalid & model_.link_b_tx_tready) link(seen, 1, model_.link_b_tx_tdata);
  }

  void link(Observed& seen, int server, uint8_t byte) {
    seen.link[server].push_back(byte);
    if (byte != 0) return;
    seen.link_complete[server] = seen.link[server].size();
    stop_ = true;
  }

  Raster raster_;
  VerilatedContext context_;
  Model model_;
  Trace trace_;
  bool tracing_ = false, stop_ = false;
  size_t clk_trigger_ = 0;
  uint32_t column_ = 0;
  Clock trace_clock_ = 0;
};

}  // namespace understudy::sim
