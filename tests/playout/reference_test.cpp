// SPDX-License-Identifier: Apache-2.0
// The plain path and the playout's path must meet: tag bits cleared, they are the same bytes.
#include "host/edge/reference/reference_frames.hpp"

#include <sstream>

#include "host/edge/playout/frame_maker.hpp"
#include "host/edge/reference/change_file.hpp"
#include "tests/playout/support.hpp"

namespace understudy::reference {
namespace {

const char* const changes = R"({"index":1,"frame":0,"key":"caption","value":"before"}
{"index":2,"frame":20,"key":"ticker","value":"the ticker runs", "note":"more members are no harm"}

{"index":3,"frame":33,"key":"gain","value":"1400"}
{"index":4,"frame":33,"key":"caption","value":""}
)";

render::ParameterTimeline timeline() {
  std::istringstream in(changes);
  auto t = read_changes(in, "changes");
  EXPECT_TRUE(t) << t.error().text;
  return *t;
}

std::vector<uint8_t> without_tag_bits(std::vector<uint8_t> frame, size_t line_bytes) {
  for (size_t i = 0; i < frame.size(); ++i)
    if (i % line_bytes < 120) frame[i] = uint8_t(frame[i] >> 1 << 1);
  return frame;
}

void expect_meeting(const test::fs::path& clip, const Raster& raster, uint32_t step) {
  auto frames = ReferenceFrames::open({.asset = clip, .raster = raster, .parameters = timeline()});
  ASSERT_TRUE(frames) << frames.error().text;
  auto maker = playout::FrameMaker::open({.asset = clip}, raster);
  ASSERT_TRUE(maker);
  maker->parameters() = timeline();
  std::vector<uint8_t> made(raster.frame_bytes());
  for (uint32_t k = 0; k < 60; k += step) {
    ASSERT_TRUE(maker->make(k, made));
    const auto expected = frames->frame(k);
    ASSERT_TRUE(expected);
    ASSERT_NE(made, std::vector<uint8_t>(expected->begin(), expected->end())) << "tags are missing";
    ASSERT_EQ(without_tag_bits(made, raster.line_bytes()),
              std::vector<uint8_t>(expected->begin(), expected->end()))
        << clip << " frame " << k;
  }
}

TEST(Reference, equals_the_playout_with_tag_bits_cleared) {
  for (const auto& clip : test::camera_clips()) expect_meeting(clip, {}, 3);
  expect_meeting(test::default_clip(), test::tiny, 1);
}

TEST(Reference, a_change_made_while_it_runs_lands_on_its_frame) {
  const auto clip = test::default_clip();
  auto changed = ReferenceFrames::open({.asset = clip, .raster = test::tiny});
  auto plain = ReferenceFrames::open({.asset = clip, .raster = test::tiny});
  ASSERT_TRUE(changed && plain);
  for (uint64_t k = 0; k < 10; ++k) {
    if (k == 5) {
      ASSERT_TRUE(changed->parameters().add({1, 8, "gain", "500"}));
    }
    const auto x = changed->frame(k), y = plain->frame(k);
    ASSERT_TRUE(x && y);
    EXPECT_EQ(std::equal(x->begin(), x->end(), y->begin()), k < 8) << k;
  }
}

TEST(Reference, every_frame_of_the_default_clip_differs_from_the_one_before) {
  auto frames = ReferenceFrames::open({.asset = test::default_clip(), .raster = test::tiny});
  ASSERT_TRUE(frames);
  EXPECT_EQ(frames->facts().frames, 600u);
  uint64_t last = 0;
  for (uint64_t k = 0; k < 600; ++k) {
    const auto hash = test::hash_of(*frames->frame(k));
    ASSERT_NE(hash, last) << k;
    last = hash;
  }
}

TEST(ChangeFile, errors_name_file_and_line) {
  const std::pair<const char*, const char*> wrong[] = {
      {"\n{", "name:2: is not a JSON object"},
      {"[1]", "name:1: is not a JSON object"},
      {R"({"index":1,"frame":-1,"key":"gain","value":"1"})", "name:1: needs"},
      {R"({"index":1,"frame":4294967296,"key":"gain","value":"1"})", "name:1: needs"},
      {R"({"index":1,"frame":1,"key":"gain","value":1})", "name:1: needs"},
      {R"({"index":1,"frame":1,"key":"gain","value":"x"})", "name:1: gain: is a number"}};
  for (const auto& [text, says] : wrong) {
    std::istringstream in(text);
    const auto read = read_changes(in, "name");
    ASSERT_FALSE(read) << text;
    EXPECT_TRUE(read.error().text.starts_with(says)) << read.error().text;
  }
  EXPECT_FALSE(read_change_file("/nowhere.jsonl"));
}

}  // namespace
}  // namespace understudy::reference
