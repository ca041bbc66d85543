// SPDX-License-Identifier: Apache-2.0
// A server's video output for benches: frames of a fixed picture, tagged anew each frame, put to
// the pins two lines ahead of the raster. What is wrong with a line is said by the caller, line by
// line.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "protocol/line_tag.hpp"
#include "rtl/drive.hpp"

namespace understudy::gate {

/// Random pixels, the same for the same seed; RGB24.
inline std::vector<uint8_t> random_picture(const Raster& r, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> rgb(size_t{3} * r.h_active * r.v_active);
  for (auto& b : rgb) b = static_cast<uint8_t>(random());
  return rgb;
}

class Feeder {
 public:
  Feeder(const Raster& raster, std::vector<uint8_t> picture)
      : raster_(raster), rgb_(std::move(picture)), line_(raster.h_active) {
    for (uint32_t y = 0; y < raster_.v_active; ++y) crc_.push_back(protocol::picture_crc(row(y)));
  }

  /// To be called in the first clock of a raster line (h = 0), `lines` raster lines after reset.
  /// The source's line is then `active()`, or nothing is to be sent.
  void begin_line(uint64_t lines) {
    const uint64_t lead = 4 - protocol::limits::source_lead_lines;  // reset stands 4 lines early
    active_ = lines >= lead && (lines - lead) % raster_.v_total < raster_.v_active;
    if (!active_) return;
    y_ = static_cast<uint32_t>((lines - lead) % raster_.v_total);
    frame_ = static_cast<uint32_t>((lines - lead) / raster_.v_total);
    const auto rgb = row(y_);
    if (tagged) protocol::write_tag(rgb, {flags, frame_ + frame_lie, uint16_t(y_), crc_[y_], 0});
    for (uint32_t x = 0; x < raster_.h_active; ++x) line_[x] = pack(&rgb[3 * x]);
  }

  bool active() const { return active_; }
  uint32_t y() const { return y_; }
  uint32_t frame() const { return frame_; }
  std::vector<uint32_t>& line() { return line_; }
  std::span<uint8_t> row(uint32_t y) {
    return std::span(rgb_).subspan(size_t{3} * raster_.h_active * y, size_t{3} * raster_.h_active);
  }
  uint32_t crc(uint32_t y) const { return crc_[y]; }
  /// What of this line should leave the gate.
  uint32_t expected(uint32_t y, uint32_t x) {
    const uint32_t p = pack(&row(y)[3 * x]);
    return x < protocol::limits::tag_pixels ? p & 0xFEFEFE : p;
  }

  bool tagged = true;
  uint8_t flags = 0;
  uint32_t frame_lie = 0;  // added to the frame number in tags

 private:
  Raster raster_;
  std::vector<uint8_t> rgb_;
  std::vector<uint32_t> line_, crc_;
  bool active_ = false;
  uint32_t y_ = 0, frame_ = 0;
};

}  // namespace understudy::gate
