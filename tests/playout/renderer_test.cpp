// SPDX-License-Identifier: Apache-2.0
#include "host/core/render/renderer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "host/core/render/parameter_timeline.hpp"
#include "host/edge/glyphs/glyphs.hpp"

namespace understudy::render {
namespace {

GlyphAtlas atlas(const Raster& raster) {
  auto read = glyphs::read_font(glyphs::default_font, text_size(raster));
  EXPECT_TRUE(read) << read.error().text;
  return std::move(*read);
}

std::vector<uint8_t> noise(const Raster& raster) {
  std::mt19937 random(1);
  std::vector<uint8_t> picture(raster.frame_bytes());
  for (auto& b : picture) b = uint8_t(random());
  return picture;
}

class RendererTest : public testing::Test {
 protected:
  std::vector<uint8_t> draw(const Parameters& p, uint64_t k) const {
    std::vector<uint8_t> out(raster_.frame_bytes());
    renderer_.render(picture_, p, k, out);
    return out;
  }
  std::set<size_t> changed_lines(const std::vector<uint8_t>& frame) const {
    std::set<size_t> lines;
    for (size_t i = 0; i < frame.size(); ++i)
      if (frame[i] != picture_[i]) lines.insert(i / raster_.line_bytes());
    return lines;
  }
  /// Columns of the frame's ticker that hold a full white pixel.
  std::vector<bool> white_columns(const std::vector<uint8_t>& frame) const {
    std::vector<bool> columns(raster_.width);
    for (size_t y = size_t(raster_.height) * 5 / 6; y < raster_.height; ++y)
      for (size_t x = 0; x < raster_.width; ++x)
        if (frame[y * raster_.line_bytes() + 3 * x] == 255) columns[x] = true;
    return columns;
  }

  Raster raster_;
  std::vector<uint8_t> picture_ = noise(raster_);
  Renderer renderer_{raster_, atlas(raster_)};
};

TEST_F(RendererTest, without_parameters_the_picture_passes_unchanged) {
  EXPECT_EQ(draw({}, 5), picture_);
}

TEST_F(RendererTest, gain_multiplies_each_channel_and_stops_at_white) {
  for (const uint32_t gain : {0u, 1u, 500u, 999u, 1001u, 2000u, 4000u}) {
    const auto out = draw({.gain = gain}, 0);
    for (size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(out[i], std::min(255u, (picture_[i] * gain + 500) / 1000)) << gain;
  }
}

TEST_F(RendererTest, caption_changes_only_its_band) {
  const auto lines = changed_lines(draw({.caption = "Understudy"}, 0));
  EXPECT_GE(lines.size(), 20u);
  EXPECT_GE(*lines.begin(), size_t(raster_.height) / 2);
  EXPECT_LE(*lines.rbegin() - *lines.begin(), 60u);
  EXPECT_LT(*lines.rbegin(), size_t(raster_.height) * 5 / 6);
}

TEST_F(RendererTest, other_texts_other_pixels_and_time_does_not_move_a_caption) {
  EXPECT_NE(draw({.caption = "on air"}, 0), draw({.caption = "on air!"}, 0));
  EXPECT_EQ(draw({.caption = "on air"}, 0), draw({.caption = "on air"}, 12345));
}

TEST_F(RendererTest, ticker_moves_left_by_its_speed_each_frame) {
  std::fill(picture_.begin(), picture_.end(), uint8_t{0});
  const Parameters p{.ticker = "I I I", .ticker_speed = 5};
  const auto now = white_columns(draw(p, 40)), next = white_columns(draw(p, 41));
  EXPECT_NE(now, next);
  ASSERT_TRUE(std::find(now.begin(), now.end(), true) != now.end());
  for (size_t x = 5; x < raster_.width; ++x) EXPECT_EQ(now[x], next[x - 5]) << x;
}

TEST_F(RendererTest, ticker_comes_in_at_the_right_and_again_after_it_left) {
  std::fill(picture_.begin(), picture_.end(), uint8_t{0});
  const Parameters p{.ticker = "over", .ticker_speed = 3};
  const uint64_t way = raster_.width + uint64_t(renderer_.atlas().width_of(p.ticker));
  EXPECT_EQ(white_columns(draw(p, 0)), std::vector<bool>(raster_.width));
  EXPECT_EQ(draw(p, 50), draw(p, 50 + way));
  EXPECT_EQ(draw(p, 50), draw(p, 50 + way * 1000000007));
}

TEST_F(RendererTest, frames_are_a_pure_function) {
  const Parameters p{"caption", "ticker text", 7, 1300};
  std::vector<std::vector<uint8_t>> first;
  first.reserve(10);
  for (uint64_t k = 0; k < 10; ++k) first.push_back(draw(p, k));
  for (uint64_t k = 10; k-- > 0;) EXPECT_EQ(draw(p, k), first[k]);
}

TEST_F(RendererTest, a_change_lands_on_exactly_its_frame) {
  for (const auto& [key, value] :
       {std::pair{"gain", "900"}, {"caption", "now"}, {"ticker", "now now"}}) {
    ParameterTimeline t;
    ASSERT_TRUE(t.add({1, 30, key, value}));
    EXPECT_EQ(draw(t.at(29), 29), picture_) << key;
    EXPECT_NE(draw(t.at(30), 30), picture_) << key;
  }
}

TEST_F(RendererTest, the_longest_text_and_foreign_characters_stay_inside) {
  const Parameters p{std::string(256, 'W'), "\xF0\x9F\x98\x80 \xE4\xB8\xAD\xE6\x96\x87", 64, 4000};
  for (uint64_t k = 0; k < 40; ++k) EXPECT_EQ(draw(p, k).size(), picture_.size());
  EXPECT_NE(draw({.caption = "\xE4\xB8\xAD"}, 0), picture_) << "unknown characters are drawn too";
}

TEST(Renderer, draws_on_every_raster_also_the_tiny_one) {
  for (const auto& named : rasters) {
    const auto& raster = named.raster;
    const Renderer renderer(raster, atlas(raster));
    const auto picture = noise(raster);
    std::vector<uint8_t> out(raster.frame_bytes());
    renderer.render(picture, {"Caption", "Ticker", 3, 1000}, 10, out);
    EXPECT_NE(out, picture) << named.name;
  }
}

TEST(Glyphs, a_missing_font_is_an_error_that_names_the_package) {
  const auto read = glyphs::read_font("/nowhere.ttf", 20);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().text.find("fonts-dejavu-core"), std::string::npos);
  EXPECT_FALSE(glyphs::read_font("CMakeLists.txt", 20));
}

}  // namespace
}  // namespace understudy::render
