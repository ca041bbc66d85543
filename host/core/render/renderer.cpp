// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/renderer.hpp"

#include <algorithm>
#include <array>

namespace understudy::render {
namespace {

constexpr uint32_t band_light = 96;  // of 256: what stays of the picture behind text

void apply_gain(std::span<const uint8_t> picture, uint32_t gain, std::span<uint8_t> out) {
  std::array<uint8_t, 256> table;
  for (uint32_t i = 0; i < 256; ++i)
    table[i] = uint8_t(std::min<uint32_t>(255, (i * gain + gain_neutral / 2) / gain_neutral));
  for (size_t i = 0; i < picture.size(); ++i) out[i] = table[picture[i]];
}

/// `under` with white laid over it to `coverage` of 255, rounded.
uint8_t blend_white(uint8_t under, uint8_t coverage) {
  return uint8_t(under + ((255u - under) * coverage + 127) / 255);
}

}  // namespace

void Renderer::darken(std::span<uint8_t> out, int x, int y, int width, int height) const {
  const int left = std::clamp<int>(x, 0, raster_.width);
  const int right = std::clamp<int>(x + width, 0, raster_.width);
  const int bottom = std::clamp<int>(y + height, 0, raster_.height);
  for (int row = std::max(0, y); row < bottom; ++row)
    for (auto& c : out.subspan(size_t(row) * raster_.line_bytes() + size_t(left) * 3,
                               size_t(right - left) * 3))
      c = uint8_t(c * band_light / 256);
}

void Renderer::draw_glyph(std::span<uint8_t> out, const Glyph& g, int x, int baseline) const {
  const int begin = std::max(0, -x), end = std::min<int>(g.width, raster_.width - x);
  for (int row = 0; row < g.height; ++row) {
    const int y = baseline - g.top + row;
    if (y < 0 || y >= raster_.height) continue;
    const auto coverage = atlas_.row(g, row);
    uint8_t* line = out.data() + size_t(y) * raster_.line_bytes();
    for (int column = begin; column < end; ++column) {
      uint8_t* pixel = line + 3 * (x + column);
      for (int c = 0; c < 3; ++c) pixel[c] = blend_white(pixel[c], coverage[size_t(column)]);
    }
  }
}

void Renderer::draw_text(std::span<uint8_t> out, std::string_view text, int x, int top) const {
  while (!text.empty() && x < raster_.width) {
    const auto* g = atlas_.find(take_character(text));
    if (!g) continue;
    draw_glyph(out, *g, x + g->left, top + atlas_.ascent);
    x += g->advance;
  }
}

void Renderer::draw_caption(std::span<uint8_t> out, std::string_view text) const {
  const int width = atlas_.width_of(text), height = band_height();
  const int x = (raster_.width - width) / 2;
  const int y = std::max(0, raster_.height * 3 / 4 - height / 2);
  const int margin = atlas_.line_height / 2;
  darken(out, x - margin, y, width + 2 * margin, height);
  draw_text(out, text, x, y + (height - atlas_.line_height) / 2);
}

/// Runs from right to left and comes in again when it has left: its place is a function of k alone.
void Renderer::draw_ticker(std::span<uint8_t> out, const Parameters& p, uint64_t k) const {
  const int width = atlas_.width_of(p.ticker), height = band_height();
  const int y = std::max(0, raster_.height - height - height / 4);
  const uint64_t way = uint64_t(raster_.width) + uint64_t(width);
  const int x = int(raster_.width) - int(k % way * p.ticker_speed % way);
  darken(out, 0, y, raster_.width, height);
  draw_text(out, p.ticker, x, y + (height - atlas_.line_height) / 2);
}

void Renderer::render(std::span<const uint8_t> picture, const Parameters& p, uint64_t k,
                      std::span<uint8_t> out) const {
  if (p.gain == gain_neutral)
    std::copy(picture.begin(), picture.end(), out.begin());
  else
    apply_gain(picture, p.gain, out);
  if (!p.caption.empty()) draw_caption(out, p.caption);
  if (!p.ticker.empty()) draw_ticker(out, p, k);
}

}  // namespace understudy::render
