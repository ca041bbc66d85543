// SPDX-License-Identifier: Apache-2.0
// When the next heartbeat is due: several a frame, in the middle of equal parts of the frame that
// the last tick began. Without ticks it goes on at the same pace. A tick that comes early or late
// moves the beats, but never makes a gap longer than a period and an eighth.
#pragma once

#include <cstdint>

#include "host/core/time.hpp"

namespace understudy::core {

class BeatSchedule {
 public:
  /// `per_frame` is 2..64.
  BeatSchedule(Duration frame, uint32_t per_frame);

  /// Beats begin half a period after `now`. Does nothing when they have begun.
  void start(Instant now);
  void tick(Instant now);
  void set_frame(Duration frame);
  bool started() const { return started_; }
  bool due(Instant now) const { return started_ && now >= next_; }
  Instant next() const { return next_; }
  Duration period() const { return frame_ / per_frame_; }
  Duration frame() const { return frame_; }
  /// A beat goes out now: the next one is due in the part of the frame after this one.
  void sent(Instant now);

 private:
  /// The middle of the part `i` after the anchor.
  Instant slot(int64_t i) const;
  void aim();

  Duration frame_;
  uint32_t per_frame_;
  bool started_ = false;
  Instant anchor_, last_, next_;
};

}  // namespace understudy::core
