// SPDX-License-Identifier: Apache-2.0
// The raster: knows at every clock which line and frame it is, and raises the two strobes.
// The frame number grows one clock after the boundary strobe.
#pragma once

#include <systemc>

#include "sim/model/timeline.hpp"

namespace understudy::model {

class RasterProcess : public sc_core::sc_module {
 public:
  struct Place {
    uint32_t frame, line, h;
  };

  RasterProcess(sc_core::sc_module_name name, const Timeline& timeline)
      : sc_module(name), timeline_(timeline) {
    SC_HAS_PROCESS(RasterProcess);
    SC_METHOD(strobe);
    sensitive << next_;
    dont_initialize();
  }

  void reset(const Raster& r) {
    raster_ = r;
    next_.cancel();
    next_boundary_ = first_boundary();
    next_select_ = next_boundary_ + (r.h_total - 8 - r.h_active);
    next_line_ = 0;
    schedule();
  }

  /// Where the counters stand at a clock.
  Place place(Clock c) const {
    const uint64_t lines = c / raster_.h_total + raster_.v_total - 4;
    // number of boundary strobes before this clock
    const uint64_t passed =
        c > first_boundary() ? (c - first_boundary() - 1) / raster_.frame_clocks() + 1 : 0;
    return {static_cast<uint32_t>(passed - 1), static_cast<uint32_t>(lines % raster_.v_total),
            static_cast<uint32_t>(c % raster_.h_total)};
  }
  /// The frame whose line 0 has not been selected yet.
  uint32_t unselected_frame() const {
    const auto k = place(timeline_.now()).frame;
    return next_line_ == 0 && next_select_ < next_boundary_ ? k : k + 1;
  }

  const Raster& raster() const { return raster_; }
  uint32_t selected_frame() const { return place(timeline_.now()).frame; }
  uint32_t selected_line() const { return selected_line_; }
  const sc_core::sc_event& line_select() const { return line_select_; }
  const sc_core::sc_event& boundary() const { return boundary_; }

 private:
  Clock first_boundary() const { return Clock{3} * raster_.h_total + raster_.h_active; }
  void schedule() {
    next_.notify(timeline_.until(std::min(next_select_, next_boundary_), Phase::strobed));
  }
  void strobe() {
    if (next_boundary_ < next_select_) {
      next_boundary_ += raster_.frame_clocks();
      boundary_.notify();
    } else {
      selected_line_ = next_line_;
      if (++next_line_ < raster_.v_active) {
        next_select_ += raster_.h_total;
      } else {
        next_line_ = 0;
        next_select_ += Clock{raster_.h_total} * (raster_.v_total - raster_.v_active + 1);
      }
      line_select_.notify();
    }
    schedule();
  }

  const Timeline& timeline_;
  Raster raster_{};
  Clock next_boundary_ = 0, next_select_ = 0;
  uint32_t next_line_ = 0, selected_line_ = 0;
  sc_core::sc_event next_, line_select_, boundary_;
};

}  // namespace understudy::model
