// SPDX-License-Identifier: Apache-2.0
#include "sim/appliance/source_feeder.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::sim {
namespace {
constexpr Clock line_gap = 4;  // least idle clocks between two lines of a source that catches up
}

SourceFeeder::SourceFeeder(const Raster& raster, Server server, uint64_t seed)
    : raster_(raster), server_(server), seed_(seed), start_(raster.source_clock(0)) {}

Clock SourceFeeder::due(uint32_t frame, uint32_t line) const {
  const int64_t nominal = int64_t(raster_.source_clock(frame, line)) + phase_;
  const int64_t drifted = nominal > int64_t(drift_from_) ? nominal - int64_t(drift_from_) : 0;
  return Clock(std::max<int64_t>(0, nominal - drifted * ppm_ / 1'000'000));
}

void SourceFeeder::ask(Clock now) {
  if (!source_) return;
  const uint64_t next = line_ == 0 && !going_ ? frame_ : uint64_t{frame_} + 1;
  const uint64_t end = next + protocol::limits::video_lead_frames + 1;
  for (uint64_t k = std::max(asked_, next); k < end; ++k)
    source_->genlock(uint32_t(k), raster_.nanoseconds(now));
  asked_ = std::max(asked_, end);
}

void SourceFeeder::hold(std::vector<uint8_t>& into, const uint8_t* from) {
  if (from && from != into.data()) into.assign(from, from + raster_.frame_bytes());
}

void SourceFeeder::attach(FrameSource* source) {
  hold(held_, current_);
  if (current_) current_ = previous_ = held_.data();
  source_ = source, asked_ = 0;
}

void SourceFeeder::begin_frame() {
  previous_ = current_;
  if (source_) {
    const uint64_t wanted = uint64_t{frame_} + protocol::limits::video_lead_frames;
    for (; asked_ <= wanted; ++asked_)
      if (asked_ >= frame_) source_->genlock(uint32_t(asked_), raster_.nanoseconds(start_));
  }
  const uint8_t* fresh = source_ ? source_->frame(frame_) : nullptr;
  if (fresh) {
    current_ = fresh, ++shown_;
    return;
  }
  hold(held_, current_);
  if (current_) current_ = previous_ = held_.data(), ++repeated_;
}

void SourceFeeder::relock(Clock now) {
  relock_ = false, ppm_ = 0;
  while (due(frame_, 0) < now) ++frame_;
  start_ = due(frame_, 0);
}

void SourceFeeder::lay_out(Clock start) {
  const uint32_t width = raster_.h_active;
  pieces_.clear(), piece_ = 0;
  if (gaps_ && gap_clocks_) {
    --gaps_;
    const uint32_t cuts = 1 + uint32_t(mix(seed_, frame_, line_) % 7);
    uint32_t from = 0, idle = gap_clocks_;
    for (uint32_t i = 0; i < cuts && from + 1 < width && idle; ++i) {
      const uint64_t r = mix(seed_ + i, frame_, line_);
      const uint32_t count = 1 + uint32_t(r % (width - from - 1)),
                     wait = uint32_t((r >> 32) % (uint64_t{idle} + 1));
      pieces_.push_back({start, from, count});
      start += count + wait, from += count, idle -= wait;
    }
    pieces_.push_back({start, from, width - from});
  } else {
    pieces_.push_back({start, 0, width});
  }
  if (twice_) {
    --twice_;
    pieces_.push_back({pieces_.back().start + pieces_.back().count + line_gap, 0, width});
  }
}

void SourceFeeder::corrupt() {
  --corrupt_;
  const uint8_t* from = picture();
  if (!from) return;
  from += line_ * raster_.line_bytes();
  flipped_.assign(from, from + raster_.line_bytes());
  const uint64_t here = mix(seed_, frame_, line_);
  const uint32_t flips = 1 + uint32_t(here % 4);
  for (uint32_t i = 0; i < flips; ++i) {
    const uint64_t bit = mix(here, i) % (flipped_.size() * 8);
    flipped_[bit / 8] ^= uint8_t(1u << (bit % 8));
  }
  use_flipped_ = flipped_ != std::vector<uint8_t>(from, from + raster_.line_bytes());
  if (!use_flipped_) flipped_[0] ^= 0x80, use_flipped_ = true;  // two flips met on one bit
}

void SourceFeeder::begin_line() {
  if (line_ == 0) begin_frame();
  going_ = true, use_flipped_ = false;
  picture_clock_ = start_;
  if (lose_) {
    --lose_;
    pieces_.clear(), piece_ = 0;
    return;
  }
  if (late_) --late_, start_ += late_clocks_;
  lay_out(start_);
  if (corrupt_) corrupt();
}

void SourceFeeder::end_line(Clock now) {
  going_ = false, use_flipped_ = false;
  if (++line_ == raster_.v_active) line_ = 0, ++frame_;
  if (line_ == 0 && relock_) return relock(now);
  start_ = due(frame_, line_);
  if (!pieces_.empty()) start_ = std::max(start_, now + line_gap);
}

const uint8_t* SourceFeeder::picture() const {
  if (!current_) return nullptr;
  if (picture_clock_ < black_until_) return black_.data();
  if (picture_clock_ < frozen_until_) return frozen_.data();
  return current_;
}

VideoPins SourceFeeder::pins(Clock now, Clock& until) {
  for (;;) {
    if (!going_) {
      if (now < start_) return until = std::min(until, start_), VideoPins{};
      start_ = now;
      begin_line();
    }
    if (piece_ == pieces_.size()) {
      end_line(now);
      if (!going_ && start_ <= now) start_ = now + 1;
      continue;
    }
    const Piece& piece = pieces_[piece_];
    if (now < piece.start) return until = std::min(until, piece.start), VideoPins{};
    if (now - piece.start >= piece.count) {
      ++piece_;
      continue;
    }
    const auto done = uint32_t(now - piece.start);
    const uint32_t x = piece.first + done, width = raster_.h_active;
    uint32_t run = piece.count - done;
    if (x == 0 || x == width - 1)
      run = 1;
    else
      run = std::min(run, width - 1 - x);
    Clock end = now + run;
    for (Clock c : {dead_until_, black_until_, frozen_until_})
      if (c > now) end = std::min(end, c);
    until = std::min(until, end);
    at_ = {frame_, line_, x};
    picture_clock_ = now;
    const uint8_t* from = picture();
    if (now < dead_until_ || !from) return {};
    const uint8_t* row = use_flipped_ ? flipped_.data() : from + line_ * raster_.line_bytes();
    return {row + size_t{x} * 3, x == 0 && line_ == 0, x == width - 1};
  }
}

void SourceFeeder::fault(const Fault& fault, Clock now) {
  const Clock end = fault.frames ? now + fault.frames * raster_.frame_clocks() : no_clock;
  switch (fault.kind) {
    case FaultKind::cable:
      dead_until_ = end;
      break;
    case FaultKind::freeze:
      hold(frozen_, previous_ ? previous_ : current_);
      if (!frozen_.empty()) frozen_until_ = end;
      break;
    case FaultKind::black:
      black_.assign(raster_.frame_bytes(), 0);
      black_until_ = end;
      break;
    case FaultKind::corrupt:
      corrupt_ = fault.lines;
      break;
    case FaultKind::lose:
      lose_ = fault.lines;
      break;
    case FaultKind::twice:
      twice_ = fault.lines;
      break;
    case FaultKind::late:
      late_ = fault.lines, late_clocks_ = fault.clocks;
      break;
    case FaultKind::gaps:
      gaps_ = fault.lines, gap_clocks_ = fault.clocks;
      break;
    case FaultKind::drift:
      ppm_ = std::clamp(fault.ppm, -50'000, 50'000);
      drift_from_ = now;
      break;
    case FaultKind::heal:
      dead_until_ = frozen_until_ = black_until_ = 0;
      corrupt_ = lose_ = twice_ = late_ = gaps_ = 0;
      relock_ = ppm_ != 0;
      break;
    case FaultKind::usb:
    case FaultKind::garbage:
      break;  // the link's
  }
}

}  // namespace understudy::sim
