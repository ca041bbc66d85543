// SPDX-License-Identifier: Apache-2.0
// The event log without its ring: everything that was logged, in order, stamped with place and
// term.
#pragma once

#include <vector>

#include "sim/model/raster_process.hpp"

namespace understudy::model {

class Journal {
 public:
  Journal(const Timeline& timeline, const RasterProcess& raster)
      : timeline_(timeline), raster_(raster) {}
  void reset() {
    events_.clear();
    term_ = 1;
  }
  /// The gateware came out of reset, at clock 0.
  void log_start() {
    const auto at = raster_.place(0);
    events_.push_back({protocol::EventKind::start, 2, at.frame, at.line, 0, term_,
                       protocol::link_version, false});
  }
  void set_term(uint32_t term) { term_ = term; }

  void log(protocol::EventKind kind, uint32_t source, uint32_t data) {
    const auto at = raster_.place(timeline_.now());
    log_line(kind, source, at.line, data);
  }
  /// With the output line that it is about instead of the raster's.
  void log_line(protocol::EventKind kind, uint32_t source, uint32_t line, uint32_t data) {
    const Clock now = timeline_.now();
    events_.push_back({kind, static_cast<uint8_t>(source), raster_.place(now).frame, line, now,
                       term_, data, false});
  }
  /// Of the boundary whose strobe was at `strobe`, with the term after its decision.
  void log_boundary(protocol::EventKind kind, uint32_t source, Clock strobe, uint32_t term,
                    uint32_t data) {
    const auto at = raster_.place(strobe);
    events_.push_back(
        {kind, static_cast<uint8_t>(source), at.frame, at.line, strobe, term, data, true});
  }
  std::vector<Event> take() { return std::exchange(events_, {}); }

 private:
  const Timeline& timeline_;
  const RasterProcess& raster_;
  std::vector<Event> events_;
  uint32_t term_ = 1;
};

}  // namespace understudy::model
