// SPDX-License-Identifier: Apache-2.0
#include "host/core/heartbeat/beat_schedule.hpp"

#include "host/core/check.hpp"

namespace understudy::core {

BeatSchedule::BeatSchedule(Duration frame, uint32_t per_frame)
    : frame_(frame), per_frame_(per_frame) {
  CHECK(frame > Duration::zero());
  CHECK(per_frame >= 1 && per_frame <= 64);
}

void BeatSchedule::start(Instant now) {
  if (started_) return;
  started_ = true;
  anchor_ = last_ = now;
  next_ = slot(0);
}

void BeatSchedule::tick(Instant now) {
  start(now);
  anchor_ = now;
  aim();
}

void BeatSchedule::set_frame(Duration frame) {
  if (frame > Duration::zero()) frame_ = frame;
}

void BeatSchedule::sent(Instant now) {
  last_ = now;
  aim();
}

Instant BeatSchedule::slot(int64_t i) const {
  return anchor_ + frame_ * (2 * i + 1) / (2 * int64_t{per_frame_});
}

/// The last slot that is not more than a period and an eighth after the last beat; when every such
/// slot is before the last beat, as late as that allows.
void BeatSchedule::aim() {
  const Duration period = frame_ / per_frame_;
  const Instant latest = last_ + period + period / 8;
  const Duration room = latest - anchor_;
  // slot(i) <= latest  <=>  frame (2i+1) <= 2 per_frame room
  int64_t i = (2 * int64_t{per_frame_} * room.count() / frame_.count() - 1) / 2;
  while (slot(i) > latest) --i;
  next_ = slot(i) > last_ ? slot(i) : latest;
}

}  // namespace understudy::core
