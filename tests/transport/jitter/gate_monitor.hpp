// SPDX-License-Identifier: Apache-2.0
// The RTL's heartbeat monitor with the gate's reset configuration, given beats at pixel clocks.
// Between them it is clocked only where a gap ends: it is told the time (rtl/README.md, "The half
// that sleeps").
#pragma once

#include <Vheartbeat_monitor.h>
#include <verilated.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>

#include "protocol/registers.hpp"

namespace understudy::test {

class GateMonitor {
 public:
  static constexpr uint32_t missed_max = protocol::registers::reset_beats & 31;
  static constexpr uint32_t window = protocol::registers::reset_beats >> 8 & 31;

  explicit GateMonitor(uint32_t beat_period) : period_(beat_period) {
    model_->rst = 1;
    clock(0, false);
    model_->rst = 0;
    model_->missed_max = missed_max, model_->window = window, model_->beat_period = beat_period;
    model_->beat_state = 1;
    clock(1, false);
  }
  ~GateMonitor() { model_->final(); }

  /// A counted heartbeat; clocks never go back.
  void beat(uint64_t at) {
    for (; seen_ && since_ + period_ < at; ++misses_) clock(since_ + period_, false);
    clock(at, true);
    seen_ = true;
  }
  bool alive() const { return model_->alive; }
  uint64_t misses() const { return misses_; }
  uint64_t losses() const { return losses_; }
  uint32_t worst_window() const { return worst_; }

 private:
  void clock(uint64_t at, bool beat) {
    model_->clock = at & 0xFFFFFF;
    model_->beat = beat;
    model_->clk = 0, model_->eval();
    losses_ += model_->beats_lost;
    if (!model_->rst && (beat || model_->miss)) {
      since_ = at;
      last_.push_front(model_->miss);
      last_.resize(std::min<size_t>(last_.size(), window));
      worst_ = std::max(worst_, static_cast<uint32_t>(std::ranges::count(last_, true)));
    }
    model_->clk = 1, model_->eval();
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vheartbeat_monitor> model_ = std::make_unique<Vheartbeat_monitor>(context_.get());
  uint32_t period_;
  uint64_t since_ = 0, misses_ = 0, losses_ = 0;
  uint32_t worst_ = 0;
  bool seen_ = false;
  std::deque<bool> last_;  // true: a miss; the newest first
};

}  // namespace understudy::test
