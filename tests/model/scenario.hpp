// SPDX-License-Identifier: Apache-2.0
// A whole scenario from one seed: two servers' pictures and links, the operator's register writes
// and requests, and faults that come and go at random clocks.
#pragma once

#include "protocol/registers.hpp"
#include "tests/model/host_link.hpp"
#include "tests/model/side_by_side.hpp"
#include "tests/model/video_source.hpp"

namespace understudy::side {

/// Register writes over APB, one after the other.
class Console {
 public:
  void write(uint16_t address, uint32_t value) { waiting_.push_back({address, value}); }
  /// A COMMAND's access waits while `quiet` is false. True when one was made in this clock.
  bool step(bool quiet, Inputs& in);

 private:
  struct Write {
    uint16_t address;
    uint32_t value;
  };
  std::deque<Write> waiting_;
};

/// Two servers and an operator in front of a gate and its model.
class Stage {
 public:
  struct Shape {
    std::array<VideoShape, 2> video;
    std::array<HostShape, 2> host;
  };
  Stage(Gate& gate, model::GateModel& model, uint64_t seed, const Shape& shape);

  /// False once gate and model differed.
  bool clock();
  SideBySide side;
  std::array<VideoSource, 2> video;
  std::array<HostLink, 2> host;
  Console console;
  uint64_t content;

 private:
  Gate& gate_;
  uint64_t busy_until_ = 0;  // one request at a time
};

/// The raster that the gate under test is built for, as the model wants it.
model::Raster model_raster();
model::Timing model_timing();

struct Outcome {
  Compared compared;
  std::optional<std::string> difference;
};

/// Runs `frames` random frames under this seed.
Outcome run_random(Gate& gate, model::GateModel& model, uint64_t seed, uint32_t frames);

}  // namespace understudy::side
