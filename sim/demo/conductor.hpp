// SPDX-License-Identifier: Apache-2.0
// One run from start to end: sets the stage, plays up to the fault's place, strikes, plays on,
// and gathers what came out.
#pragma once

#include <cstdint>
#include <functional>

#include "sim/demo/failure.hpp"
#include "sim/demo/run.hpp"

namespace understudy::demo {

struct Watching {
  int interrupt = -1;                                         // readable: end now
  std::function<void(uint32_t frame, bool struck)> progress;  // after each frame that came out
};

/// Writes output.rgb and reference.rgb (with keep_frames) and the waveform into settings.report as
/// it goes; a full disk ends the keeping, not the run: Run::notes and `unwritten` say so.
struct Performance {
  Run run;
  std::string unwritten;  // why frames were not kept; empty: nothing was missed
};
Result<Performance> perform(const Settings& settings, const Watching& watching);

/// Can that video be played in that raster? Errors say why not.
Result<void> check_video(const std::string& video, const std::string& raster);

/// Which pixel of the line is struck: the seed decides.
uint32_t struck_pixel(const Settings& settings, uint32_t width);

}  // namespace understudy::demo
