// SPDX-License-Identifier: Apache-2.0
// Decodes the frame of a given number, whatever was decoded before. Key frames cut the stream into
// segments; each is decoded by itself, from a fresh decoder, so that playing in sequence and
// jumping give the same pictures also where a stream is broken: after a damaged packet the last
// good picture stays until the next segment. Concealing was refused: what it draws depends on
// history.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "host/core/asset/frame_schedule.hpp"
#include "host/core/error.hpp"
#include "host/edge/asset/ffmpeg.hpp"
#include "host/edge/asset/packet_reader.hpp"

namespace understudy::asset {

class PictureDecoder {
 public:
  static std::expected<PictureDecoder, Error> open(PacketReader reader);

  /// The picture of frame `number` (display order); valid until the next call.
  std::expected<const AVFrame*, Error> picture(uint64_t number);

  Timing timing() const;
  uint64_t frames() const { return frames_; }
  const AVCodecParameters& parameters() const { return *reader_.stream().codecpar; }
  const std::optional<std::string>& ends_early() const { return reader_.ends_early(); }

 private:
  struct Segment {
    size_t first = 0, last = 0;  // packets to decode
    uint64_t begin = 0;          // its first frame in display order; the next one's begin ends it
    bool dead = false;           // found out: no picture comes from it
  };
  struct Shown {
    Frame frame;
    uint64_t number = 0;
  };

  explicit PictureDecoder(PacketReader reader) : reader_(std::move(reader)) {}
  bool times_are_usable() const;
  void order_by_time();
  void order_by_place();
  std::expected<void, Error> start(size_t segment);
  std::expected<std::optional<Shown>, Error> next_output();
  std::expected<bool, Error> feed();
  std::expected<const AVFrame*, Error> picture_in(size_t segment, uint64_t number);
  std::expected<const AVFrame*, Error> substitute(size_t segment);
  size_t segment_of(uint64_t number) const;

  PacketReader reader_;
  uint64_t frames_ = 0;
  bool by_time_ = false;
  std::vector<int64_t> begins_;     // pts in display order, when by_time_
  std::vector<int64_t> number_of_;  // packet -> frame in display order, -1: hidden
  std::vector<Segment> segments_;
  int reordering_ = 0;  // frames: how far decoding order runs ahead of display order

  CodecContext codec_;
  Packet packet_{av_packet_alloc()};
  std::optional<size_t> open_;  // the segment being decoded
  size_t next_packet_ = 0;
  uint64_t outputs_ = 0;
  bool drained_ = false, damaged_ = false, ended_ = false;
  std::optional<Shown> shown_, ahead_;
  bool shown_is_first_ = false;
};

}  // namespace understudy::asset
