// SPDX-License-Identifier: Apache-2.0
// Reads a font once and draws its Latin, Greek and Cyrillic characters into an atlas. Unhinted, so
// that the bits do not depend on FreeType's hinting settings.
#pragma once

#include <expected>
#include <filesystem>

#include "host/core/error.hpp"
#include "host/core/render/glyph_atlas.hpp"

namespace understudy::glyphs {

/// Debian's fonts-dejavu-core.
inline constexpr const char* default_font = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";

/// `size`: pixels from the top of one line to the top of the next, about.
std::expected<render::GlyphAtlas, Error> read_font(const std::filesystem::path& file, int size);

}  // namespace understudy::glyphs
