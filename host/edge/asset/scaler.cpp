// SPDX-License-Identifier: Apache-2.0
#include "host/edge/asset/scaler.hpp"

#include <cstring>

namespace understudy::asset {
namespace {

constexpr int flags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT;
constexpr int alignment = 64;

int matrix_of(const AVFrame& f) {
  switch (f.colorspace) {
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return SWS_CS_BT2020;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    default:
      return SWS_CS_DEFAULT;
  }
}

void set_colours(SwsContext* context, const AVFrame& f) {
  int *from = nullptr, *to = nullptr, from_full = 0, to_full = 0, bright = 0, contrast = 0,
      colour = 0;
  if (sws_getColorspaceDetails(context, &from, &from_full, &to, &to_full, &bright, &contrast,
                               &colour) < 0)
    return;
  if (f.color_range == AVCOL_RANGE_JPEG) from_full = 1;
  sws_setColorspaceDetails(context, sws_getCoefficients(matrix_of(f)), from_full, to, to_full,
                           bright, contrast, colour);
}

}  // namespace

Scaler::Scaler(int width, int height)
    : width_(width),
      height_(height),
      padded_(av_frame_alloc()),
      picture_(size_t(3) * size_t(width) * size_t(height)) {
  padded_->format = AV_PIX_FMT_RGB24;
  padded_->width = width;
  padded_->height = height;
  if (av_frame_get_buffer(padded_.get(), alignment) < 0) padded_.reset();
}

std::expected<std::span<const uint8_t>, Error> Scaler::scale(const AVFrame& frame) {
  if (!padded_) return error("out of memory for a picture");
  context_.reset(sws_getCachedContext(context_.release(), frame.width, frame.height,
                                      AVPixelFormat(frame.format), width_, height_,
                                      AV_PIX_FMT_RGB24, flags, nullptr, nullptr, nullptr));
  const auto what = std::to_string(frame.width) + "x" + std::to_string(frame.height);
  if (!context_) return error("a picture of " + what + " cannot be scaled");
  set_colours(context_.get(), frame);
  const int lines = sws_scale(context_.get(), frame.data, frame.linesize, 0, frame.height,
                              padded_->data, padded_->linesize);
  if (lines != height_) return error("scaling a picture of " + what + " failed");
  const size_t line = size_t(3) * size_t(width_);
  for (int y = 0; y < height_; ++y)
    std::memcpy(picture_.data() + size_t(y) * line,
                padded_->data[0] + ptrdiff_t(y) * padded_->linesize[0], line);
  return std::span<const uint8_t>(picture_);
}

}  // namespace understudy::asset
