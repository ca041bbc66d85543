// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/comparison.hpp"

#include <algorithm>
#include <cstring>

namespace understudy::demo {
namespace {

using Bytes = std::span<const uint8_t>;

bool same(Bytes x, Bytes y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size()) == 0;
}

uint64_t pixels_that_differ(Bytes x, Bytes y) {
  uint64_t n = 0;
  for (size_t i = 0; i + 2 < x.size() && i + 2 < y.size(); i += 3)
    n += x[i] != y[i] || x[i + 1] != y[i + 1] || x[i + 2] != y[i + 2];
  return n;
}

/// Every pixel of the line is one or the other frame's, and both occur.
bool made_of_two(Bytes line, Bytes now, Bytes before) {
  bool from_now = false, from_before = false;
  for (size_t i = 0; i + 2 < line.size(); i += 3) {
    const bool is_now = same(line.subspan(i, 3), now.subspan(i, 3));
    const bool is_before = same(line.subspan(i, 3), before.subspan(i, 3));
    if (!is_now && !is_before) return false;
    from_now |= is_now && !is_before;
    from_before |= is_before && !is_now;
  }
  return from_now && from_before;
}

}  // namespace

std::expected<void, Error> Comparison::advance() {
  auto made = reference_(next_);
  if (!made) return std::unexpected(made.error());
  if (made->size() != raster_.frame_bytes()) return error("the reference has another raster");
  std::vector<uint8_t> room;
  if (kept_.size() == kept_frames) room = std::move(kept_.front()), kept_.pop_front();
  room.assign(made->begin(), made->end());
  kept_.push_back(std::move(room));
  ++next_;
  return {};
}

FrameVerdict Comparison::judge(Bytes rgb) const {
  const size_t n = raster_.line_bytes();
  const Bytes now = kept_.back();
  for (size_t back = 2; back <= kept_.size(); ++back) {
    const Bytes before = kept_[kept_.size() - back];
    bool right = false, old = false, two = false, neither = false;
    for (size_t at = 0; at < rgb.size(); at += n) {
      const Bytes line = rgb.subspan(at, n), l = now.subspan(at, n), b = before.subspan(at, n);
      const bool is_now = same(line, l), is_before = same(line, b);
      right |= is_now && !is_before;
      old |= is_before && !is_now;
      if (!is_now && !is_before) (made_of_two(line, l, b) ? two : neither) = true;
    }
    if (neither) continue;
    return two || (right && old) ? FrameVerdict::torn : FrameVerdict::repeated;
  }
  return FrameVerdict::lost;
}

void Comparison::count(uint32_t frame, FrameVerdict verdict, uint64_t pixels) {
  totals_.pixels_wrong += pixels;
  switch (verdict) {
    case FrameVerdict::right:
      ++totals_.frames_right;
      return;
    case FrameVerdict::repeated:
      ++totals_.frames_repeated;
      break;
    case FrameVerdict::torn:
      ++totals_.frames_torn;
      break;
    case FrameVerdict::lost:
      ++totals_.frames_lost;
      break;
  }
  if (wrong_.size() < 100) wrong_.push_back({frame, verdict, pixels});
}

std::expected<FrameVerdict, Error> Comparison::take(uint32_t frame, Bytes rgb) {
  if (rgb.size() != raster_.frame_bytes()) return error("a frame of another raster came out");
  ++totals_.frames_out;
  if (frame < next_) {  // the gate's own number went back
    const uint64_t pixels = frame + 1 == next_ ? pixels_that_differ(rgb, kept_.back()) : 0;
    count(frame, FrameVerdict::repeated, pixels);
    return FrameVerdict::repeated;
  }
  while (next_ <= frame) {
    if (next_ < frame) count(next_, FrameVerdict::lost, 0);
    if (auto done = advance(); !done) return std::unexpected(done.error());
  }
  if (same(rgb, kept_.back())) {
    count(frame, FrameVerdict::right, 0);
    return FrameVerdict::right;
  }
  const FrameVerdict verdict = judge(rgb);
  count(frame, verdict, pixels_that_differ(rgb, kept_.back()));
  return verdict;
}

std::expected<void, Error> Comparison::finish(uint32_t frames) {
  while (next_ < frames) {
    count(next_, FrameVerdict::lost, 0);
    if (auto done = advance(); !done) return std::unexpected(done.error());
  }
  return {};
}

}  // namespace understudy::demo
