// SPDX-License-Identifier: Apache-2.0
// One server's video card and cable: asks the renderer for frames (genlock), and says for any
// clock what is at the gate's pins and for how long that stays a plain run of pixels. A card whose
// renderer is gone goes on showing the last frame it has; without one there is no signal.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/appliance/faults.hpp"
#include "sim/appliance/gate.hpp"
#include "sim/appliance/neighbours.hpp"

namespace understudy::sim {

class SourceFeeder {
 public:
  SourceFeeder(const Raster& raster, Server server, uint64_t seed);

  /// Null: nobody renders any more. The old source's memory is not read after this.
  void attach(FrameSource* source);
  /// Asks for the first frames; done at once when a source is attached.
  void ask(Clock now);
  void settle() {
    if (source_) source_->settle();
  }
  void fault(const Fault& fault, Clock now);
  void set_phase(int32_t clocks) { phase_ = clocks; }

  /// The pins at `now`; lowers `until` to the clock at which that may change.
  VideoPins pins(Clock now, Clock& until);
  /// Which pixel the last pins() began with; for the recording.
  Place at() const { return at_; }
  uint64_t frames_shown() const { return shown_; }
  uint64_t frames_repeated() const { return repeated_; }

 private:
  struct Piece {  // pixels that go out without a gap
    Clock start;
    uint32_t first, count;
  };

  void begin_line();
  void begin_frame();
  void end_line(Clock now);
  void lay_out(Clock start);
  void corrupt();
  void relock(Clock now);
  const uint8_t* picture() const;
  Clock due(uint32_t frame, uint32_t line) const;
  void hold(std::vector<uint8_t>& into, const uint8_t* from);

  const Raster raster_;
  const Server server_;
  const uint64_t seed_;
  FrameSource* source_ = nullptr;
  uint64_t asked_ = 0;  // frames below this one were asked for

  uint32_t frame_ = 0, line_ = 0;  // of the line that goes or comes next
  Clock start_;                    // when it starts
  bool going_ = false;
  std::vector<Piece> pieces_;
  size_t piece_ = 0;
  Place at_;

  const uint8_t* current_ = nullptr;   // the frame on the wire
  const uint8_t* previous_ = nullptr;  // the one before it
  std::vector<uint8_t> held_, frozen_, black_, flipped_;
  bool use_flipped_ = false;
  uint64_t shown_ = 0, repeated_ = 0;

  int32_t phase_ = 0;
  Clock dead_until_ = 0, frozen_until_ = 0, black_until_ = 0;
  Clock picture_clock_ = 0;  // "now" for picture()
  uint32_t corrupt_ = 0, lose_ = 0, twice_ = 0, late_ = 0, late_clocks_ = 0, gaps_ = 0,
           gap_clocks_ = 0;
  int32_t ppm_ = 0;
  Clock drift_from_ = 0;
  bool relock_ = false;
};

}  // namespace understudy::sim
