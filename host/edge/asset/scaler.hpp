// SPDX-License-Identifier: Apache-2.0
// Brings a decoded frame of any size and pixel format to RGB24 at the raster's size, bit-exact on
// every processor. The picture fills the raster; its shape is not kept.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "host/core/error.hpp"
#include "host/edge/asset/ffmpeg.hpp"

namespace understudy::asset {

class Scaler {
 public:
  Scaler(int width, int height);

  /// RGB24 without padding; valid until the next call.
  std::expected<std::span<const uint8_t>, Error> scale(const AVFrame& frame);

 private:
  int width_, height_;
  Scaling context_;
  Frame padded_;  // libswscale may write past a line's end
  std::vector<uint8_t> picture_;
};

}  // namespace understudy::asset
