// SPDX-License-Identifier: Apache-2.0
// Draws the parameters onto a picture: gain over all of it, then a caption in the lower third and a
// ticker along the bottom, white on a darkened band. A pure function of (picture, parameters, k) in
// whole numbers, so that two servers draw the same bits.
#pragma once

#include <cstdint>
#include <span>

#include "host/core/raster.hpp"
#include "host/core/render/glyph_atlas.hpp"
#include "host/core/render/parameters.hpp"

namespace understudy::render {

class Renderer {
 public:
  Renderer(const Raster& raster, GlyphAtlas atlas) : raster_(raster), atlas_(std::move(atlas)) {}

  /// `picture` and `out`: RGB24, raster size, no padding; they do not overlap.
  void render(std::span<const uint8_t> picture, const Parameters& parameters, uint64_t k,
              std::span<uint8_t> out) const;

  const GlyphAtlas& atlas() const { return atlas_; }

 private:
  void darken(std::span<uint8_t> out, int x, int y, int width, int height) const;
  void draw_text(std::span<uint8_t> out, std::string_view text, int x, int top) const;
  void draw_glyph(std::span<uint8_t> out, const Glyph& glyph, int x, int baseline) const;
  void draw_caption(std::span<uint8_t> out, std::string_view text) const;
  void draw_ticker(std::span<uint8_t> out, const Parameters& parameters, uint64_t k) const;
  int band_height() const { return atlas_.line_height * 5 / 4; }

  Raster raster_;
  GlyphAtlas atlas_;
};

/// The size of text that suits a raster, pixels.
constexpr int text_size(const Raster& raster) {
  return raster.height / 20 < 8 ? 8 : raster.height / 20;
}

}  // namespace understudy::render
