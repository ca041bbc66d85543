// SPDX-License-Identifier: Apache-2.0
// One server's picture at the pins: tagged (or plain) lines of a picture that is a pure function of
// content seed, frame and line, with every fault of the cable and of a lying sender. Faults are
// plain members: set them at any clock; they strike from the next pixel or line on.
#pragma once

#include <vector>

#include "rtl/drive.hpp"
#include "tests/model/pins.hpp"
#include "tests/model/random.hpp"

namespace understudy::side {

struct VideoFaults {
  bool cable = false;       // no pixel arrives
  bool freeze = false;      // the last whole frame again and again, its tags too
  bool black = false;       // dark pixels without tags
  bool discard = false;     // marked as not to be delivered
  bool diverge = false;     // other pixels, rightly tagged
  int32_t lying_frame = 0;  // added to the tag's frame number
  uint32_t corrupt = 0;     // so many of the next lines get flipped bits
  // chances in 1000 a line
  uint32_t flip = 0, lose = 0, twice = 0, late = 0, wrong_length = 0, lying_line = 0, fuse = 0;
  uint32_t bad_lines_most = 1000;  // of a frame, by `flip`, `lose` and `wrong_length`
  bool patient = false;  // doubles or lengthens a line only when the one before left time for it
  uint32_t late_clocks = 0;  // most that a late line is late
};

struct VideoShape {
  bool tagged = true;
  int32_t phase = 0;  // clocks after two lines before the output line
  int32_t drift = 0;  // clocks a frame, while between the two bounds
  int32_t drift_bound = 0;
  uint32_t gaps = 0;          // chance in 1000 of a clock without a pixel inside a line
  uint32_t still_frames = 1;  // a new picture every so many frames
  uint8_t dark = 0;           // brightest value of a black picture
};

class VideoSource {
 public:
  VideoSource(const gate::Raster& raster, uint64_t content, uint64_t seed, const VideoShape& shape)
      : raster_(raster), content_(content), random_(seed), shape_(shape) {}

  VideoFaults faults;
  void step(uint64_t clock, Inputs::Video& out);

 private:
  uint64_t due() const;
  void begin(uint64_t clock);
  void paint();
  void damage();
  void next_line();
  bool spoil(uint32_t in_1000);

  const gate::Raster& raster_;
  const uint64_t content_;
  Random random_;
  const VideoShape shape_;

  uint32_t frame_ = 0, line_ = 0;  // the one that is due next
  uint32_t delay_ = 0;             // extra clocks for it
  uint32_t held_frame_ = 0;        // shown while frozen
  uint32_t spoiled_ = 0;           // lines of this frame
  bool was_frozen_ = false, rolled_ = false, again_ = false;
  std::vector<uint8_t> rgb_;
  std::vector<uint32_t> words_;  // the line that is being sent
  size_t at_ = 0;
  bool may_stretch_ = true;
  bool start_of_frame_ = false, ends_ = true;
};

/// The pure picture: RGB bytes of one line, tag bits not yet set.
void picture(std::vector<uint8_t>& rgb, uint32_t width, uint64_t content, uint32_t frame,
             uint32_t line);

}  // namespace understudy::side
