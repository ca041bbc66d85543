// SPDX-License-Identifier: Apache-2.0
#include "host/core/asset/frame_schedule.hpp"

#include <algorithm>

namespace understudy::asset {
namespace {

using Wide = __int128;

// Wider times than this cannot be real, and products with them would not fit.
constexpr Wide ticks_max = Wide{1} << 60;
constexpr int64_t ratio_max = int64_t{1} << 31;
constexpr Ratio rate_unknown{25, 1};

bool usable(const Ratio& r) {
  return r.positive() && r.numerator < ratio_max && r.denominator < ratio_max;
}

/// Each frame begins within one tick of where `rate` puts it.
bool is_constant(const std::vector<int64_t>& begins, const Ratio& tick, const Ratio& rate) {
  for (size_t i = 0; i < begins.size(); ++i) {
    const Wide unit = Wide{tick.numerator} * rate.numerator;
    const Wide off = Wide{begins[i]} * unit - Wide(i) * tick.denominator * rate.denominator;
    if (off > unit || off < -unit) return false;
  }
  return true;
}

}  // namespace

std::expected<FrameSchedule, Error> FrameSchedule::make(Timing timing, const Raster& raster) {
  if (timing.frames == 0) return error("no frames");
  FrameSchedule s;
  s.frames_ = timing.frames;
  s.raster_rate_ = {raster.fps_numerator, raster.fps_denominator};
  if (!s.raster_rate_.positive()) return error("the raster's rate is not a positive number");
  std::erase_if(timing.rates, [](const Ratio& r) { return !usable(r); });
  s.rate_ = timing.rates.empty() ? rate_unknown : timing.rates.front();

  auto& begins = timing.begins;
  if (begins.size() != timing.frames || !usable(timing.tick) ||
      !std::is_sorted(begins.begin(), begins.end()))
    return s;
  const int64_t first = begins.front();
  const Wide span = Wide{begins.back()} - first;
  if (span == 0 || span >= ticks_max) return s;
  for (auto& b : begins) b -= first;
  for (const auto& rate : timing.rates)
    if (is_constant(begins, timing.tick, rate)) {
      s.rate_ = rate;
      return s;
    }
  const auto average = std::max<int64_t>(1, int64_t(span) / int64_t(timing.frames - 1));
  s.loop_ = int64_t(span) + (timing.last_duration > 0 && timing.last_duration < ticks_max
                                 ? timing.last_duration
                                 : average);
  s.tick_ = timing.tick;
  s.begins_ = std::move(begins);
  if (timing.rates.empty()) s.rate_ = {s.tick_.denominator, s.tick_.numerator * average};
  return s;
}

uint64_t FrameSchedule::frame_at(uint64_t k) const {
  using Natural = unsigned __int128;
  if (begins_.empty()) {
    const Natural passed =
        Natural{k} * uint64_t(rate_.numerator) * uint64_t(raster_rate_.denominator);
    const Natural a_frame = Natural(uint64_t(rate_.denominator)) * uint64_t(raster_rate_.numerator);
    return uint64_t(passed / a_frame % frames_);
  }
  const Natural passed =
      Natural{k} * uint64_t(raster_rate_.denominator) * uint64_t(tick_.denominator);
  const Natural a_tick = Natural(uint64_t(raster_rate_.numerator)) * uint64_t(tick_.numerator);
  const auto now = int64_t(passed / a_tick % Natural(uint64_t(loop_)));
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), now);
  return uint64_t(after - begins_.begin()) - 1;
}

}  // namespace understudy::asset
