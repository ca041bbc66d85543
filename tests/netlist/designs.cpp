// SPDX-License-Identifier: Apache-2.0
// The two verilated designs of a board behind one interface. The servers' clocks rise half a clock
// after the gate's: they are clocks of their own to the board.
#include <verilated.h>

#include "Vnetlist.h"
#include "Vrtl.h"
#include "desk.hpp"

namespace understudy::netlist {
namespace {

template <class Model>
class Verilated : public Design {
 public:
  Verilated() {
    context_->randReset(0);
    model_ = std::make_unique<Model>(context_.get());
  }
  ~Verilated() override { model_->final(); }

  Out clock(const In& in) override {
    Model& m = *model_;
    m.video_a_pixel = in.pixel[0], m.video_b_pixel = in.pixel[1];
    m.video_a_enable = in.enable[0], m.video_b_enable = in.enable[1];
    m.video_a_vsync = in.vsync[0], m.video_b_vsync = in.vsync[1];
    m.link_a_rx = in.rx[0], m.link_b_rx = in.rx[1];
    m.clock_12mhz = 1, m.video_a_clock = 0, m.video_b_clock = 0;
    m.eval();
    Out out;
    out.pixel = m.video_out_pixel;
    out.enable = m.video_out_enable, out.hsync = m.video_out_hsync, out.vsync = m.video_out_vsync;
    out.tx[0] = m.link_a_tx, out.tx[1] = m.link_b_tx, out.leds = m.leds;
    m.clock_12mhz = 0, m.video_a_clock = 1, m.video_b_clock = 1;
    m.eval();
    return out;
  }

 private:
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Model> model_;
};

}  // namespace

std::unique_ptr<Design> make_rtl() {
  return std::make_unique<Verilated<Vrtl>>();
}
std::unique_ptr<Design> make_netlist() {
  return std::make_unique<Verilated<Vnetlist>>();
}

}  // namespace understudy::netlist
