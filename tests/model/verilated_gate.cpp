// SPDX-License-Identifier: Apache-2.0
// Compiled once for each gate, with GATE_CLASS the verilated class's name.
#include <verilated.h>

#define GATE_TEXT_(x) #x
#define GATE_TEXT(x) GATE_TEXT_(x)
#define GATE_PASTE_(x, y) x##y
#define GATE_PASTE(x, y) GATE_PASTE_(x, y)
#include GATE_TEXT(GATE_CLASS.h)
#include GATE_TEXT(GATE_PASTE(GATE_CLASS, ___024root).h)

#include "rtl/drive.hpp"
#include "tests/model/pins.hpp"

namespace understudy::side {
namespace {

/// {kind 8, source 8, frame 32, line 16, clock 48, term 32, data 32}, kind in the high bits.
template <class Wide>
protocol::Event unpack(const Wide& w) {
  const auto bits = [&](unsigned low, unsigned count) {
    uint64_t v = 0;
    for (unsigned i = 0; i < count; ++i)
      v |= uint64_t{(w[(low + i) / 32] >> ((low + i) % 32)) & 1u} << i;
    return v;
  };
  protocol::Event e;
  e.data = static_cast<uint32_t>(bits(0, 32));
  e.term = static_cast<uint32_t>(bits(32, 32));
  e.clock = bits(64, 48);
  e.line = static_cast<uint16_t>(bits(112, 16));
  e.frame = static_cast<uint32_t>(bits(128, 32));
  e.source = static_cast<uint8_t>(bits(160, 8));
  e.kind = static_cast<protocol::EventKind>(bits(168, 8));
  return e;
}

class VerilatedGate : public Gate {
 public:
  void reset() override {
    in = {};
    apply();
    gate::reset(top_);
    fetch();
  }
  void clock() override {
    apply();
    gate::clock(top_);
    fetch();
  }

 private:
  void apply() {
    const auto &a = in.video[0], &b = in.video[1];
    top_.video_a_tdata = a.data, top_.video_a_tvalid = a.valid;
    top_.video_a_tuser = a.user, top_.video_a_tlast = a.last;
    top_.video_b_tdata = b.data, top_.video_b_tvalid = b.valid;
    top_.video_b_tuser = b.user, top_.video_b_tlast = b.last;
    top_.link_a_rx_tdata = in.link[0].data, top_.link_a_rx_tvalid = in.link[0].valid;
    top_.link_b_rx_tdata = in.link[1].data, top_.link_b_rx_tvalid = in.link[1].valid;
    top_.link_a_tx_tready = in.tx_ready[0], top_.link_b_tx_tready = in.tx_ready[1];
    top_.psel = in.select, top_.penable = in.enable, top_.pwrite = in.write;
    top_.paddr = in.address, top_.pwdata = in.value;
  }
  void fetch() {
    out.clock = top_.obs_clock;
    out.video_data = top_.video_out_tdata, out.video_valid = top_.video_out_tvalid;
    out.video_user = top_.video_out_tuser, out.video_last = top_.video_out_tlast;
    out.tx[0] = {static_cast<uint8_t>(top_.link_a_tx_tdata), top_.link_a_tx_tvalid != 0};
    out.tx[1] = {static_cast<uint8_t>(top_.link_b_tx_tdata), top_.link_b_tx_tvalid != 0};
    out.read = top_.prdata;
    out.h = top_.obs_h, out.v = top_.obs_v, out.frame = top_.obs_frame, out.term = top_.obs_term;
    out.on_air = top_.obs_on_air, out.boundary = top_.obs_boundary;
    out.line_select = top_.obs_line_select, out.select_line = top_.obs_select_line;
    out.choice = top_.obs_choice, out.good = top_.obs_good;
    out.crc_a = top_.obs_crc_a, out.crc_b = top_.obs_crc_b, out.alive = top_.obs_alive;
    out.event_valid = top_.obs_event_valid;
    if (out.event_valid) out.event = unpack(top_.obs_event);
  }
  VerilatedContext context_;
  GATE_CLASS top_{&context_};
};

}  // namespace

std::unique_ptr<Gate> make_gate() {
  return std::make_unique<VerilatedGate>();
}

}  // namespace understudy::side
