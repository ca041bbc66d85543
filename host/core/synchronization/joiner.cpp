// SPDX-License-Identifier: Apache-2.0
#include "host/core/synchronization/joiner.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;

void Joiner::start(FrameNumber now) {
  new_attempt();
  phase_ = Phase::asking;
  since_ = now;
}

void Joiner::installed(FrameNumber now) {
  phase_ = Phase::proving;
  since_ = now;
  // Frames up to here may have been drawn before.
  proof_from_ = now + limits::video_lead_frames + 1;
}

void Joiner::prove_again(FrameNumber now) {
  if (following()) installed(now);
}

bool Joiner::shown_equal(FrameNumber now, uint32_t equal_frames_in_a_row) {
  if (phase_ != Phase::proving) return false;
  const int64_t sent_since = now - proof_from_;  // the frame `now` has not been sent yet
  if (std::min<int64_t>(sent_since, equal_frames_in_a_row) < int64_t{equal_frames_}) return false;
  phase_ = Phase::proven;
  return true;
}

bool Joiner::overdue(FrameNumber now) const {
  return (phase_ == Phase::asking || phase_ == Phase::proving) &&
         now - since_ > static_cast<int32_t>(limits::sync_prove_frames);
}

}  // namespace understudy::core
