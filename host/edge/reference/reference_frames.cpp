// SPDX-License-Identifier: Apache-2.0
#include "host/edge/reference/reference_frames.hpp"

#include <algorithm>
#include <utility>

namespace understudy::reference {
namespace {

// design: the gate clears the least significant bit of each channel of a line's first 40 pixels.
constexpr size_t cleared_bytes_a_line = size_t{40} * 3;

void clear_low_bits(std::vector<uint8_t>& frame, size_t line_bytes) {
  for (size_t line = 0; line < frame.size(); line += line_bytes)
    for (size_t i = 0; i < std::min(cleared_bytes_a_line, line_bytes); ++i) frame[line + i] &= 0xFE;
}

}  // namespace

std::expected<ReferenceFrames, Error> ReferenceFrames::open(Options options) {
  auto asset = asset::Asset::open(options.asset, options.raster);
  if (!asset) return std::unexpected(asset.error());
  auto atlas = glyphs::read_font(options.font, render::text_size(options.raster));
  if (!atlas) return std::unexpected(atlas.error());
  return ReferenceFrames(options.raster, std::move(*asset),
                         render::Renderer(options.raster, std::move(*atlas)),
                         std::move(options.parameters));
}

ReferenceFrames::ReferenceFrames(Raster raster, asset::Asset asset, render::Renderer renderer,
                                 render::ParameterTimeline parameters)
    : raster_(raster),
      asset_(std::move(asset)),
      renderer_(std::move(renderer)),
      parameters_(std::move(parameters)),
      frame_(raster.frame_bytes()) {}

std::expected<std::span<const uint8_t>, Error> ReferenceFrames::frame(uint64_t k) {
  const auto picture = asset_.frame(k);
  if (!picture) return picture;
  renderer_.render(*picture, parameters_.at(k), k, frame_);
  clear_low_bits(frame_, raster_.line_bytes());
  return std::span<const uint8_t>(frame_);
}

}  // namespace understudy::reference
