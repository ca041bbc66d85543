// SPDX-License-Identifier: Apache-2.0
// The whole appliance in one process on the tiny raster: two pattern sources, two beating hosts,
// and a sink that compares each frame with what should have left.
#pragma once

#include <gtest/gtest.h>

#include "beating_host.hpp"
#include "protocol/crc.hpp"
#include "protocol/registers.hpp"
#include "sim/appliance/appliance.hpp"
#include "sim/appliance/pattern_source.hpp"

namespace understudy::sim {

class ComparingSink : public VideoSink {
 public:
  explicit ComparingSink(const PatternSource& reference, const Raster& raster)
      : reference_(reference), raster_(raster), picture_(raster.frame_bytes()) {}
  uint8_t* buffer(uint32_t) override { return picture_.data(); }
  void frame(uint32_t frame, const uint8_t* rgb, uint64_t now) override {
    crcs.push_back(protocol::crc32c({rgb, picture_.size()}));
    times.push_back(now);
    if (!std::equal(picture_.begin(), picture_.end(), reference_.expected(frame).begin()))
      wrong.push_back(frame);
  }
  std::vector<uint32_t> crcs, wrong;
  std::vector<uint64_t> times;

 private:
  const PatternSource& reference_;
  const Raster raster_;
  std::vector<uint8_t> picture_;
};

/// How often each kind of event came, and where first.
inline std::vector<GateEvent> of_kind(const std::vector<LoggedEvent>& log,
                                      protocol::EventKind kind) {
  std::vector<GateEvent> found;
  for (const LoggedEvent& e : log)
    if (e.event.kind == uint8_t(kind)) found.push_back(e.event);
  return found;
}

struct Top {
  explicit Top(uint64_t seed = 1, Raster r = rasters[0])
      : raster(r), a(r), b(r), sink(a, r), appliance(Appliance::make({.raster = r, .seed = seed})) {
    appliance->attach_source(Server::a, &a);
    appliance->attach_source(Server::b, &b);
    appliance->attach_host(Server::a, &host_a);
    appliance->attach_host(Server::b, &host_b);
    appliance->attach_sink(&sink);
  }
  Clock at(uint32_t frame, uint32_t line = 0, uint32_t pixel = 0) const {
    return raster.source_clock(frame, line, pixel);
  }
  /// Long enough that both servers are alive and proven equal.
  void warm_up() { appliance->run_frames(12); }

  Raster raster;
  PatternSource a, b;
  BeatingHost host_a, host_b{16'666'667 / 8, protocol::ServerState::secondary_synchronized};
  ComparingSink sink;
  std::unique_ptr<Appliance> appliance;
};

}  // namespace understudy::sim
