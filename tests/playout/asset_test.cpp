// SPDX-License-Identifier: Apache-2.0
// Frames are a pure function of k, and in the right order: whatever codec, container and order of
// reading. ffmpeg itself says what the frames are.
#include "host/edge/asset/asset.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <random>

#include "tests/playout/support.hpp"

namespace understudy::asset {
namespace {

using test::make_clip;

Asset must_open(const test::fs::path& file, const Raster& raster) {
  auto a = Asset::open(file, raster);
  if (!a) throw std::runtime_error(a.error().text);
  return std::move(*a);
}

uint64_t frame_hash(Asset& a, uint64_t k) {
  const auto f = a.frame(k);
  if (!f) throw std::runtime_error(f.error().text);
  return test::hash_of(*f);
}

/// Sequential playing through more than one loop, then jumps in a fresh decoder.
void expect_pure(const test::fs::path& file, const Raster& raster, uint64_t frames, int jumps) {
  auto sequential = must_open(file, raster);
  std::vector<uint64_t> hashes;
  hashes.reserve(frames);
  for (uint64_t k = 0; k < frames; ++k) hashes.push_back(frame_hash(sequential, k));
  auto jumping = must_open(file, raster);
  std::mt19937 random(7);
  for (int i = 0; i < jumps; ++i) {
    const uint64_t k = random() % frames;
    ASSERT_EQ(frame_hash(jumping, k), hashes[k]) << file << " frame " << k;
  }
  auto backwards = must_open(file, raster);
  for (uint64_t i = 0; i < std::min<uint64_t>(frames, 12); ++i)
    ASSERT_EQ(frame_hash(backwards, frames - 1 - i), hashes[frames - 1 - i]) << file;
}

/// Each frame in display order, as the bytes that ffmpeg writes for it.
void expect_same_as_ffmpeg(const test::fs::path& file, const test::fs::path& raw) {
  ASSERT_TRUE(test::run("ffmpeg -nostdin -loglevel error -y -flags +bitexact -i '" + file.string() +
                        "' -map 0:v:0 -fps_mode passthrough -f rawvideo '" + raw.string() + "'"));
  const auto expected = test::read_file(raw);
  auto a = must_open(file, test::tiny);
  size_t at = 0;
  std::string mine;
  for (uint64_t n = 0; n < a.facts().frames; ++n) {
    const auto p = a.decode(n);
    ASSERT_TRUE(p);
    const auto format = AVPixelFormat((*p)->format);
    const int size = av_image_get_buffer_size(format, (*p)->width, (*p)->height, 1);
    mine.resize(size_t(size));
    av_image_copy_to_buffer(reinterpret_cast<uint8_t*>(mine.data()), size, (*p)->data,
                            (*p)->linesize, format, (*p)->width, (*p)->height, 1);
    ASSERT_LE(at + mine.size(), expected.size()) << file << ": more frames than ffmpeg finds";
    ASSERT_EQ(expected.compare(at, mine.size(), mine), 0) << file << " frame " << n;
    at += mine.size();
  }
  EXPECT_EQ(at, expected.size()) << file;
}

struct Kind {
  const char* name;
  const char* file;
  const char* arguments;
};

constexpr const char* card = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=2 ";
const Kind kinds[] = {
    {"h264_closed", "a.mp4", "-c:v libx264 -threads 1 -g 12 -bf 3"},
    {"h264_open_gop", "a.mkv", "-c:v libx264 -threads 1 -g 10 -bf 3 -x264-params open-gop=1"},
    {"h264_stream", "a.ts", "-c:v libx264 -threads 1 -g 10 -bf 2"},
    {"h264_without_times", "a.h264", "-c:v libx264 -threads 1 -g 10 -bf 2"},
    {"h264_baseline", "b.mp4", "-c:v libx264 -threads 1 -profile:v baseline -g 30"},
    {"hevc", "h.mp4", "-c:v libx265 -x265-params log-level=none:keyint=12:open-gop=1"},
    {"mpeg2_open_gop", "a.mpg", "-c:v mpeg2video -g 9 -bf 2"},
    {"mpeg4_avi", "a.avi", "-c:v mpeg4 -g 8 -bf 2"},
    {"vp9", "a.webm", "-c:v libvpx-vp9 -cpu-used 8 -deadline realtime -g 15"},
    {"ffv1", "f.mkv", "-c:v ffv1"},
    {"mjpeg", "m.avi", "-c:v mjpeg"},
    {"gif", "g.gif", "-c:v gif"},
    {"odd_size", "o.mp4", "-vf scale=161:121 -pix_fmt yuv444p -c:v libx264 -threads 1 -g 12"},
    {"ten_bit", "t.mkv", "-pix_fmt yuv422p10le -c:v ffv1"},
    {"audio_too", "s.mp4",
     "-f lavfi -i sine=duration=2 -map 0 -map 1 -c:a aac -c:v libx264 -threads 1 -g 12"},
};

class AssetKinds : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    clip_ = make_clip(folder_ / GetParam().file, std::string(card) + GetParam().arguments);
  }
  test::TemporaryFolder folder_;
  test::fs::path clip_;
};

TEST_P(AssetKinds, jumping_equals_playing_in_sequence) {
  expect_pure(clip_, test::tiny, 150, 60);
}

TEST_P(AssetKinds, frames_are_those_that_ffmpeg_finds_in_its_order) {
  expect_same_as_ffmpeg(clip_, folder_ / "raw");
}

INSTANTIATE_TEST_SUITE_P(All, AssetKinds, testing::ValuesIn(kinds),
                         [](const auto& kind) { return kind.param.name; });

TEST(Asset, camera_clips_jumping_equals_playing_in_sequence) {
  for (const auto& clip : test::camera_clips()) expect_pure(clip, {}, 240, 24);
}

TEST(Asset, camera_clips_are_what_ffmpeg_finds) {
  test::TemporaryFolder folder;
  for (const auto& clip : test::camera_clips()) expect_same_as_ffmpeg(clip, folder / "raw");
}

TEST(Asset, loops_at_its_end) {
  test::TemporaryFolder folder;
  const auto clip =
      make_clip(folder / "a.mp4", std::string(card) + "-c:v libx264 -threads 1 -g 12 -bf 3");
  auto a = must_open(clip, {48, 16, 25, 1});
  ASSERT_EQ(a.facts().frames, 50u);
  EXPECT_EQ(a.facts().rate, (Ratio{25, 1}));
  std::vector<uint64_t> first;
  first.reserve(50);
  for (uint64_t k = 0; k < 50; ++k) first.push_back(frame_hash(a, k));
  EXPECT_NE(first[0], first[49]);
  for (uint64_t k = 50; k < 150; ++k) ASSERT_EQ(frame_hash(a, k), first[k % 50]) << k;
}

TEST(Asset, variable_rate_holds_each_frame_for_its_time) {
  test::TemporaryFolder folder;
  // of 25 a second, frames 0..9 stay and then every fifth: 10, 15, 20 ...
  const auto clip =
      make_clip(folder / "v.mkv",
                std::string(card) +
                    "-vf \"select='lt(n,10)+not(mod(n,5))'\" -fps_mode passthrough -c:v ffv1");
  auto a = must_open(clip, {48, 16, 25, 1});
  EXPECT_FALSE(a.facts().constant_rate);
  EXPECT_EQ(a.facts().frames, 18u);
  EXPECT_EQ(a.number_at(9), 9u);
  EXPECT_EQ(a.number_at(11), 10u);
  EXPECT_EQ(a.number_at(14), 10u);
  EXPECT_EQ(a.number_at(15), 11u);
  expect_pure(clip, {48, 16, 25, 1}, 100, 60);
}

TEST(Asset, one_pixel_fills_the_raster_with_its_colour) {
  test::TemporaryFolder folder;
  test::write_file(folder / "white", std::string(3, '\xFF'));
  for (const char* format : {"gray", "rgb24", "yuv420p", "yuv444p"}) {
    const auto clip = make_clip(folder / "p.nut", "-f rawvideo -pix_fmt rgb24 -s 1x1 -i '" +
                                                      (folder / "white").string() +
                                                      "' -c:v rawvideo -pix_fmt " + format);
    auto a = must_open(clip, {});
    const auto f = a.frame(3);
    ASSERT_TRUE(f) << format << ": " << f.error().text;
    EXPECT_EQ(f->size(), Raster{}.frame_bytes());
    for (uint8_t c : *f) ASSERT_GE(c, 250) << format;
  }
}

TEST(Asset, a_still_picture_is_an_asset_of_one_frame) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "s.png", std::string(card) + "-frames:v 1");
  auto a = must_open(clip, test::tiny);
  EXPECT_EQ(a.facts().frames, 1u);
  EXPECT_EQ(frame_hash(a, 0), frame_hash(a, 12345));
}

TEST(Asset, a_change_of_size_within_the_stream_is_scaled) {
  test::TemporaryFolder folder;
  const auto small = make_clip(folder / "1.ts", std::string(card) + "-c:v mpeg2video -g 5");
  const auto large = make_clip(
      folder / "2.ts", "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -c:v mpeg2video -g 5");
  test::write_file(folder / "both.ts", test::read_file(small) + test::read_file(large));
  auto a = must_open(folder / "both.ts", test::tiny);
  for (uint64_t n = 0; n < a.facts().frames; ++n) {
    const auto p = a.decode(n);
    ASSERT_TRUE(p);
    ASSERT_TRUE(a.scale(**p));
  }
}

TEST(Asset, while_the_same_frame_is_shown_nothing_is_decoded_again) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "a.mp4", std::string(card) + "-c:v libx264 -threads 1");
  auto a = must_open(clip, {48, 16, 50, 1});
  const auto first = a.frame(0), second = a.frame(1);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->data(), second->data());
  test::write_file(clip, "");  // what was scaled needs no file
  EXPECT_TRUE(a.frame(1));
}

}  // namespace
}  // namespace understudy::asset
