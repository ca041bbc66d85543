// SPDX-License-Identifier: Apache-2.0
#include "tests/model/video_source.hpp"

#include <algorithm>

#include "protocol/line_tag.hpp"

namespace understudy::side {

void picture(std::vector<uint8_t>& rgb, uint32_t width, uint64_t content, uint32_t frame,
             uint32_t line) {
  rgb.resize(size_t{3} * width);
  Random r(content ^ (uint64_t{frame} << 24) ^ (uint64_t{line} << 56));
  for (size_t i = 0; i < rgb.size(); i += 8) {
    const uint64_t bits = r.next();
    for (size_t j = i; j < std::min(i + 8, rgb.size()); ++j)
      rgb[j] = static_cast<uint8_t>(bits >> (8 * (j - i)));
  }
}

uint64_t VideoSource::due() const {
  const int64_t start = (int64_t{4} + int64_t{frame_} * raster_.v_total + line_ -
                         protocol::limits::source_lead_lines) *
                        raster_.h_total;
  int64_t wander = 0;  // a triangle between -bound and bound
  if (shape_.drift != 0 && shape_.drift_bound > 0) {
    const int64_t span = 4 * int64_t{shape_.drift_bound};
    const int64_t at = (int64_t{shape_.drift} * frame_ % span + span) % span;
    const int64_t b = shape_.drift_bound;
    wander = at < b ? at : at < 3 * b ? 2 * b - at : at - 4 * b;
  }
  return static_cast<uint64_t>(std::max<int64_t>(start + shape_.phase + wander + delay_, 0));
}

void VideoSource::step(uint64_t clock, Inputs::Video& out) {
  out = {};
  if (at_ == words_.size()) {  // between lines
    if (!rolled_) {
      rolled_ = true;
      delay_ = random_.chance(faults.late) ? random_.below(faults.late_clocks + 1) : 0;
    }
    while (!again_ && due() <= clock && spoil(faults.lose)) next_line();
    if (!again_ && due() > clock) return;
    begin(clock);
  } else if (shape_.gaps && random_.chance(shape_.gaps)) {
    return;
  }
  out.data = words_[at_];
  out.user = start_of_frame_ && at_ == 0;
  out.last = ends_ && at_ + 1 == words_.size();
  out.valid = !faults.cable;
  if (++at_ == words_.size() && !again_) next_line();
}

bool VideoSource::spoil(uint32_t in_1000) {
  if (!random_.chance(in_1000) || spoiled_ >= faults.bad_lines_most) return false;
  ++spoiled_;
  return true;
}

void VideoSource::begin(uint64_t clock) {
  may_stretch_ = !faults.patient || (!again_ && clock <= due() - delay_ + faults.late_clocks);
  paint();
  damage();
  words_.clear();
  for (size_t i = 0; i + 3 <= rgb_.size(); i += 3) words_.push_back(gate::pack(&rgb_[i]));
  at_ = 0;
  start_of_frame_ = line_ == 0;
  ends_ = !random_.chance(faults.fuse);
  again_ = !again_ && random_.chance(faults.twice) &&
           (may_stretch_ && (!faults.patient || rgb_.size() <= size_t{3} * raster_.h_active));
}

void VideoSource::paint() {
  const bool freeze = faults.freeze && (was_frozen_ || line_ == 0) && frame_ > 0;
  if (freeze && !was_frozen_) held_frame_ = frame_ - 1;
  was_frozen_ = freeze;
  const uint32_t shown = freeze ? held_frame_ : frame_;
  picture(rgb_, raster_.h_active, content_, shown / shape_.still_frames, line_);
  if (faults.black) {
    for (auto& b : rgb_) b = shape_.dark ? static_cast<uint8_t>(b % (shape_.dark + 1)) : 0;
    return;
  }
  if (faults.diverge) rgb_[random_.below(static_cast<uint32_t>(rgb_.size()))] ^= 0x10;
  if (!shape_.tagged) return;
  uint32_t line = line_;
  if (random_.chance(faults.lying_line)) line = random_.below(raster_.v_active + 4);
  protocol::tag_line(rgb_, shown + static_cast<uint32_t>(faults.lying_frame),
                     static_cast<uint16_t>(line),
                     faults.discard ? protocol::LineTag::flag_discard : 0);
}

void VideoSource::damage() {
  const auto size = static_cast<uint32_t>(rgb_.size());
  if (faults.corrupt > 0 || spoil(faults.flip)) {
    if (faults.corrupt > 0) --faults.corrupt;
    // bits near the start hit the tag, the others the picture
    const uint32_t span = random_.chance(500) ? size : 3 * protocol::limits::tag_pixels;
    for (uint32_t n = random_.between(1, 3), i = 0; i < n; ++i)
      rgb_[random_.below(span)] ^= static_cast<uint8_t>(1u << random_.below(8));
  }
  if (spoil(faults.wrong_length)) {
    const uint32_t by = 3 * random_.between(1, random_.chance(500) ? 2 : raster_.h_active - 1);
    rgb_.resize(random_.chance(500) || !may_stretch_ ? size - by : size + by, 0x55);
  }
}

void VideoSource::next_line() {
  rolled_ = false;
  delay_ = 0;
  if (++line_ == raster_.v_active) {
    line_ = 0;
    spoiled_ = 0;
    ++frame_;
  }
}

}  // namespace understudy::side
