// SPDX-License-Identifier: Apache-2.0
// A video file as pictures of the raster's size: frame(k) is a pure function of (file, raster, k),
// fast when k goes up by one, right for any k. The asset loops. While k shows the same frame of the
// asset, nothing is decoded or scaled again.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "host/core/asset/frame_schedule.hpp"
#include "host/core/error.hpp"
#include "host/core/raster.hpp"
#include "host/edge/asset/picture_decoder.hpp"
#include "host/edge/asset/scaler.hpp"

namespace understudy::asset {

struct Facts {
  int width = 0, height = 0;
  std::string codec;
  uint64_t frames = 0;
  Ratio rate;  // frames a second
  bool constant_rate = true;
  std::optional<std::string> ends_early;  // why, when the file broke off
};

class Asset {
 public:
  static std::expected<Asset, Error> open(const std::filesystem::path& file, const Raster& raster);

  const Facts& facts() const { return facts_; }

  /// RGB24, raster size, no padding; valid until the next call.
  std::expected<std::span<const uint8_t>, Error> frame(uint64_t k);

  /// What frame(k) is made of, for measuring: the number of the asset's frame, its decoded picture.
  uint64_t number_at(uint64_t k) const { return schedule_.frame_at(k); }
  std::expected<const AVFrame*, Error> decode(uint64_t number);
  std::expected<std::span<const uint8_t>, Error> scale(const AVFrame& picture);

 private:
  Asset(std::string name, PictureDecoder decoder, FrameSchedule schedule, const Raster& raster);

  std::string name_;
  PictureDecoder decoder_;
  FrameSchedule schedule_;
  Scaler scaler_;
  Facts facts_;
  std::optional<uint64_t> scaled_;  // the asset's frame that picture_ shows
  std::span<const uint8_t> picture_;
};

}  // namespace understudy::asset
