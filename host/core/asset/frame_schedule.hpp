// SPDX-License-Identifier: Apache-2.0
// Which frame of an asset is shown in raster frame k: a pure function of k, so that two servers and
// the reference agree without a word. At a constant rate it is floor(k * asset_fps / raster_fps)
// mod frames; at a variable rate it is the last frame that has begun at k's time in the loop.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "host/core/error.hpp"
#include "host/core/raster.hpp"

namespace understudy::asset {

struct Ratio {
  int64_t numerator = 0, denominator = 1;
  bool operator==(const Ratio&) const = default;
  constexpr bool positive() const { return numerator > 0 && denominator > 0; }
};

/// When each frame begins, in display order.
struct Timing {
  std::vector<int64_t> begins;  // in ticks, never decreasing; empty: no times known, rate decides
  int64_t last_duration = 0;    // ticks; 0: as long as the frames are on average
  Ratio tick;                   // seconds
  std::vector<Ratio> rates;     // frames a second that the container claims, best first
  uint64_t frames = 0;
};

class FrameSchedule {
 public:
  static std::expected<FrameSchedule, Error> make(Timing timing, const Raster& raster);

  /// The asset's frame in display order, 0 .. frames-1.
  uint64_t frame_at(uint64_t k) const;
  uint64_t frames() const { return frames_; }
  bool constant_rate() const { return begins_.empty(); }
  /// Frames a second: exact at a constant rate, else the average.
  Ratio rate() const { return rate_; }

 private:
  FrameSchedule() = default;
  uint64_t frames_ = 0;
  Ratio rate_, raster_rate_, tick_;
  std::vector<int64_t> begins_;  // from 0; empty at a constant rate
  int64_t loop_ = 0;             // ticks
};

}  // namespace understudy::asset
