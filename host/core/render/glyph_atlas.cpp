// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/glyph_atlas.hpp"

#include "host/core/render/parameters.hpp"

namespace understudy::render {

const Glyph* GlyphAtlas::find(char32_t character) const {
  for (const char32_t c : {character, char32_t{0xFFFD}, char32_t{'?'}})
    if (const auto g = glyphs.find(c); g != glyphs.end()) return &g->second;
  return nullptr;
}

std::span<const uint8_t> GlyphAtlas::row(const Glyph& g, int y) const {
  return std::span(coverage).subspan(g.at + size_t(y) * size_t(g.width), size_t(g.width));
}

int GlyphAtlas::width_of(std::string_view text) const {
  int width = 0;
  while (!text.empty())
    if (const auto* g = find(take_character(text))) width += g->advance;
  return width;
}

}  // namespace understudy::render
