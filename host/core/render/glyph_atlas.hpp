// SPDX-License-Identifier: Apache-2.0
// Drawn characters of one font at one size, as a value: whoever can read a font makes it once, and
// drawing text needs nothing else. Coverage is one byte a pixel, 0 clear to 255 full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace understudy::render {

struct Glyph {
  int width = 0, height = 0;  // of its coverage, pixels
  int left = 0, top = 0;      // from the pen to its left edge; from the baseline up to its top
  int advance = 0;            // to the next character's pen
  size_t at = 0;              // where its coverage begins
};

struct GlyphAtlas {
  int ascent = 0, line_height = 0;  // pixels
  std::map<char32_t, Glyph> glyphs;
  std::vector<uint8_t> coverage;

  /// A character that the font lacks is drawn as U+FFFD or a question mark; nothing if those lack
  /// too.
  const Glyph* find(char32_t character) const;
  std::span<const uint8_t> row(const Glyph& glyph, int y) const;
  /// Pixels that the text takes (UTF-8).
  int width_of(std::string_view text) const;
};

}  // namespace understudy::render
