// SPDX-License-Identifier: Apache-2.0
// Holds each frame that left the gate against what should have left it, and says what is wrong with
// one that is not equal: an earlier frame again, pieces of two, or anything else (lost).
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <span>
#include <vector>

#include "host/core/error.hpp"
#include "host/core/raster.hpp"

namespace understudy::demo {

enum class FrameVerdict : uint8_t { right, repeated, torn, lost };

constexpr const char* to_text(FrameVerdict v) {
  constexpr const char* names[] = {"right", "repeated", "torn", "lost"};
  return names[static_cast<uint8_t>(v)];
}

struct ComparisonTotals {
  uint64_t frames_out = 0;  // frames that came out of the gate
  uint64_t frames_right = 0;
  uint64_t frames_lost = 0;      // never came, or are no frame of the reference
  uint64_t frames_repeated = 0;  // an earlier frame in this one's place
  uint64_t frames_torn = 0;      // pieces of this one and of an earlier one
  uint64_t pixels_wrong = 0;     // in all frames that came out
  bool operator==(const ComparisonTotals&) const = default;
};

class Comparison {
 public:
  /// Makes reference frame k; called once for each k in order.
  using Reference = std::function<std::expected<std::span<const uint8_t>, Error>(uint32_t frame)>;

  Comparison(Raster raster, Reference reference)
      : raster_(raster), reference_(std::move(reference)) {}

  /// The next frame that left the gate, by the gate's own frame number. Frames that were skipped
  /// count as lost. Errors: only the reference's.
  std::expected<FrameVerdict, Error> take(uint32_t frame, std::span<const uint8_t> rgb);
  /// No frame comes any more; `frames` should have.
  std::expected<void, Error> finish(uint32_t frames);

  const ComparisonTotals& totals() const { return totals_; }
  /// The reference of the frame last taken.
  std::span<const uint8_t> reference() const { return kept_.back(); }
  /// Frames that were not right, in order (the first hundred).
  struct Wrong {
    uint32_t frame;
    FrameVerdict verdict;
    uint64_t pixels;
  };
  const std::vector<Wrong>& wrong() const { return wrong_; }

 private:
  static constexpr size_t kept_frames = 5;  // this one and four before it
  std::expected<void, Error> advance();
  FrameVerdict judge(std::span<const uint8_t> rgb) const;
  void count(uint32_t frame, FrameVerdict verdict, uint64_t pixels);

  Raster raster_;
  Reference reference_;
  uint32_t next_ = 0;
  std::deque<std::vector<uint8_t>> kept_;  // newest last
  ComparisonTotals totals_;
  std::vector<Wrong> wrong_;
};

}  // namespace understudy::demo
