// SPDX-License-Identifier: Apache-2.0
#include "host/edge/glyphs/glyphs.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <memory>
#include <type_traits>

namespace understudy::glyphs {
namespace {

struct FreeFreeType {
  void operator()(FT_Library l) const { FT_Done_FreeType(l); }
  void operator()(FT_Face f) const { FT_Done_Face(f); }
};
using Library = std::unique_ptr<std::remove_pointer_t<FT_Library>, FreeFreeType>;
using Face = std::unique_ptr<std::remove_pointer_t<FT_Face>, FreeFreeType>;

struct Range {
  char32_t first, last;
};
constexpr Range ranges[] = {{0x20, 0x7E},     {0xA0, 0x17F},    {0x370, 0x3FF},  {0x400, 0x45F},
                            {0x2010, 0x2027}, {0x20AC, 0x20AC}, {0xFFFD, 0xFFFD}};

int pixels(FT_Pos in_64ths) {
  return int((in_64ths + 32) >> 6);
}

void add(render::GlyphAtlas& atlas, FT_Face face, char32_t character) {
  const FT_UInt index = FT_Get_Char_Index(face, character);
  if (index == 0 || FT_Load_Glyph(face, index, FT_LOAD_NO_HINTING | FT_LOAD_RENDER) != 0) return;
  const auto& slot = *face->glyph;
  const auto& bitmap = slot.bitmap;
  atlas.glyphs[character] = {.width = int(bitmap.width),
                             .height = int(bitmap.rows),
                             .left = slot.bitmap_left,
                             .top = slot.bitmap_top,
                             .advance = pixels(slot.advance.x),
                             .at = atlas.coverage.size()};
  for (unsigned y = 0; y < bitmap.rows; ++y) {
    const uint8_t* row = bitmap.buffer + ptrdiff_t(y) * bitmap.pitch;
    atlas.coverage.insert(atlas.coverage.end(), row, row + bitmap.width);
  }
}

}  // namespace

std::expected<render::GlyphAtlas, Error> read_font(const std::filesystem::path& file, int size) {
  const auto name = "font " + file.string();
  FT_Library opened = nullptr;
  if (FT_Init_FreeType(&opened) != 0) return error("FreeType does not start");
  const Library library(opened);
  FT_Face read = nullptr;
  if (FT_New_Face(library.get(), file.c_str(), 0, &read) != 0)
    return error(name + ": not there or not a font (Debian package fonts-dejavu-core)");
  const Face face(read);
  if (FT_Set_Pixel_Sizes(face.get(), 0, FT_UInt(size)) != 0)
    return error(name + ": has no characters of " + std::to_string(size) + " pixels");
  render::GlyphAtlas atlas;
  atlas.ascent = pixels(face->size->metrics.ascender);
  atlas.line_height = pixels(face->size->metrics.ascender - face->size->metrics.descender);
  for (const auto& range : ranges)
    for (char32_t c = range.first; c <= range.last; ++c) add(atlas, face.get(), c);
  if (atlas.glyphs.empty()) return error(name + ": has none of the characters needed");
  return atlas;
}

}  // namespace understudy::glyphs
