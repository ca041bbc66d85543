// SPDX-License-Identifier: Apache-2.0
// The secondary's side of data synchronisation (FR-4 to FR-6): ask for a snapshot piece by piece,
// install it, follow the log, and wait until the gate has shown enough equal frames. Who starts
// (second, first or component) is decided outside; what happens then is the same.
#pragma once

#include <cstdint>
#include <optional>

#include "host/core/time.hpp"

namespace understudy::core {

enum class Initiator : uint8_t { second, first, component };
constexpr const char* to_text(Initiator i) {
  return i == Initiator::second ? "second" : i == Initiator::first ? "first" : "component";
}

class Joiner {
 public:
  enum class Phase : uint8_t { idle, asking, proving, proven };

  explicit Joiner(uint32_t equal_frames) : equal_frames_(equal_frames) {}

  Phase phase() const { return phase_; }
  /// Names this exchange to the primary; 0 when there is none. Grows with every start.
  uint32_t attempt() const { return phase_ == Phase::idle ? 0 : attempt_; }
  bool following() const { return phase_ == Phase::proving || phase_ == Phase::proven; }

  /// A number for an exchange, never used before.
  uint32_t new_attempt() { return ++attempt_; }
  void start(FrameNumber now);
  void stop() { phase_ = Phase::idle; }
  /// The snapshot is installed: equality counts from the first frame that can show it.
  void installed(FrameNumber now);
  /// Equality counts anew from here (a change came late, the proof was lost).
  void prove_again(FrameNumber now);
  /// From each tick; true when this one completes the proof.
  bool shown_equal(FrameNumber now, uint32_t equal_frames_in_a_row);
  /// Too many frames without result: the exchange is abandoned.
  bool overdue(FrameNumber now) const;

 private:
  uint32_t equal_frames_;
  uint32_t attempt_ = 0;
  Phase phase_ = Phase::idle;
  FrameNumber since_;       // of the phase
  FrameNumber proof_from_;  // the first frame that counts
};

}  // namespace understudy::core
