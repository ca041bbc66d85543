// SPDX-License-Identifier: Apache-2.0
// A renderer in memory, for benches and tests: frame k is a pure function of k, tagged, the same
// from both servers. Pictures repeat after `pictures` frames (their CRCs are kept, so that a frame
// costs little more than writing its tags); the frame number in the tags goes on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocol/line_tag.hpp"
#include "sim/appliance/faults.hpp"
#include "sim/appliance/neighbours.hpp"
#include "sim/appliance/raster.hpp"

namespace understudy::sim {

class PatternSource : public FrameSource {
 public:
  explicit PatternSource(const Raster& raster, uint32_t pictures = 8, bool tagged = true)
      : raster_(raster), tagged_(tagged), pictures_(pictures) {
    for (auto& slot : slots_) slot.resize(raster.frame_bytes());
    for (uint32_t p = 0; p < pictures; ++p) paint(p);
  }

  void genlock(uint32_t frame, uint64_t) override { render(frame, slots_[frame % 4]); }
  const uint8_t* frame(uint32_t frame) override {
    return dead_ ? nullptr : slots_[frame % 4].data();
  }

  void set_discard(bool on) { discard_ = on; }
  void set_dead(bool dead) { dead_ = dead; }
  /// Other pixels than its peer's from now on, with tags that are right for them.
  void set_diverged(bool on) { diverged_ = on; }

  /// What leaves the gate when all is well: frame k with its tag bits cleared.
  std::vector<uint8_t> expected(uint32_t frame) const {
    std::vector<uint8_t> rgb = pictures_[frame % pictures_.size()].rgb;
    for (uint32_t y = 0; y < raster_.v_active; ++y)
      for (size_t i = 0; i < 3 * protocol::limits::tag_pixels; ++i)
        rgb[y * raster_.line_bytes() + i] &= 0xFE;
    return rgb;
  }

 private:
  struct Picture {
    std::vector<uint8_t> rgb;
    std::vector<uint32_t> crc;
  };

  void paint(uint32_t number) {
    Picture& p = pictures_[number];
    p.rgb.resize(raster_.frame_bytes());
    for (size_t i = 0; i + 8 <= p.rgb.size(); i += 8) {
      const uint64_t r = mix(77, number, i);
      for (size_t b = 0; b < 8; ++b) p.rgb[i + b] = uint8_t(r >> (8 * b));
    }
    for (uint32_t y = 0; y < raster_.v_active; ++y)
      p.crc.push_back(protocol::picture_crc(line(p.rgb, y)));
  }
  std::span<uint8_t> line(std::vector<uint8_t>& rgb, uint32_t y) const {
    return std::span(rgb).subspan(y * raster_.line_bytes(), raster_.line_bytes());
  }
  void render(uint32_t frame, std::vector<uint8_t>& into) {
    const Picture& p = pictures_[frame % pictures_.size()];
    std::copy(p.rgb.begin(), p.rgb.end(), into.begin());
    if (!tagged_) return;
    const uint8_t flags = discard_ ? protocol::LineTag::flag_discard : 0;
    for (uint32_t y = 0; y < raster_.v_active; ++y) {
      uint32_t crc = p.crc[y];
      if (diverged_) {
        line(into, y)[3 * (raster_.h_active - 1)] ^= 0x10;
        crc = protocol::picture_crc(line(into, y));
      }
      protocol::write_tag(line(into, y), {flags, frame, uint16_t(y), crc, 0});
    }
  }

  const Raster raster_;
  const bool tagged_;
  bool discard_ = false, dead_ = false, diverged_ = false;
  std::vector<Picture> pictures_;
  std::vector<uint8_t> slots_[4];
};

}  // namespace understudy::sim
