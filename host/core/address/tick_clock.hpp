// SPDX-License-Identifier: Apache-2.0
// When was a tick emitted? Frames are made at even times, so the least delay seen tells when each
// was due, and a tick that comes later than that lay somewhere. What was read in a span without a
// hole (nothing lies unread after that) is the reference of the next span: so an appliance whose
// time slips is believed again soon, and a backlog never.
#pragma once

#include <algorithm>
#include <optional>

#include "host/core/time.hpp"

namespace understudy::core {

class TickClock {
 public:
  explicit TickClock(Duration span) : span_(span) {}

  /// Before the first whole span nothing is believed.
  bool settled() const { return settled_; }
  /// This process has not run for a while.
  void hole() { span_began_.reset(); }
  void reset() { *this = TickClock(span_); }

  /// At the earliest; without frames (lockstep: one word is out at a time) it is now.
  Instant read(std::optional<FrameNumber> frame, Duration frame_duration, Instant now) {
    if (frame && last_ && *frame - *last_ <= 0) reset();
    if (!span_began_) {
      span_began_ = now;
      least_.reset();
      if (!settled_) last_.reset();
    }
    Instant at = now;
    if (frame && frame_duration > Duration{0}) {
      const Instant due = last_ ? due_ + (*frame - *last_) * frame_duration : now;
      at = due_ = std::min(due, now);
      least_ = std::min(least_.value_or(now - due), now - due);
      last_ = frame;
    }
    if (now - *span_began_ < span_) return at;
    settled_ = true;
    span_began_ = now;
    // An excess over the whole span is the appliance's own; a negative one is in due_ already.
    if (least_ && *least_ > Duration{0}) at = due_ = std::min(due_ + *least_, now);
    least_.reset();
    return at;
  }

 private:
  Duration span_;
  bool settled_ = false;
  std::optional<Instant> span_began_;
  std::optional<FrameNumber> last_;
  Instant due_;
  std::optional<Duration> least_;
};

}  // namespace understudy::core
