// SPDX-License-Identifier: Apache-2.0
// Files that are not what they should be: a clear error, or a defined picture that does not depend
// on how one came to it.
#include <random>

#include "host/edge/asset/asset.hpp"
#include "tests/playout/support.hpp"

namespace understudy::asset {
namespace {

using test::make_clip;

constexpr const char* card = "-f lavfi -i testsrc2=size=160x120:rate=25:duration=2 ";

std::string error_of(const test::fs::path& file) {
  const auto a = Asset::open(file, test::tiny);
  return a ? "opened" : a.error().text;
}

void expect_error(const test::fs::path& file, const std::string& says) {
  const auto text = error_of(file);
  EXPECT_NE(text.find(says), std::string::npos) << text;
  EXPECT_NE(text.find(file.string()), std::string::npos) << text;
}

TEST(BrokenAsset, missing_file_and_folder_are_named) {
  test::TemporaryFolder folder;
  expect_error(folder / "not-there.mp4", "no such file");
  expect_error(folder / "", "not a regular file");
}

TEST(BrokenAsset, empty_and_garbage_files_are_errors) {
  test::TemporaryFolder folder;
  test::write_file(folder / "empty.mp4", "");
  expect_error(folder / "empty.mp4", "not readable as a video file");
  std::mt19937 random(3);
  std::string garbage(100000, '\0');
  for (auto& c : garbage) c = char(random());
  test::write_file(folder / "garbage.mp4", garbage);
  EXPECT_NE(error_of(folder / "garbage.mp4"), "opened");
  test::write_file(folder / "text.txt", "a line\nanother line\n");
  EXPECT_NE(error_of(folder / "text.txt"), "opened");
}

TEST(BrokenAsset, sound_alone_and_sound_with_a_cover_have_no_video) {
  test::TemporaryFolder folder;
  expect_error(make_clip(folder / "a.mp4", "-f lavfi -i sine=duration=1 -c:a aac"),
               "has no video stream");
  const auto cover = make_clip(
      folder / "c.mp3", std::string("-f lavfi -i sine=duration=1 ") +
                            "-f lavfi -i color=red:size=64x64:duration=0.04:rate=25 -map 0 -map 1 "
                            "-c:v png -disposition:v attached_pic -id3v2_version 3");
  expect_error(cover, "has no video stream");
}

TEST(BrokenAsset, a_stream_without_frames_is_an_error) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "n.mp4", std::string(card) + "-c:v libx264 -frames:v 0");
  EXPECT_NE(error_of(clip), "opened");
}

TEST(BrokenAsset, an_mp4_cut_before_its_index_is_an_error) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "a.mp4", std::string(card) + "-c:v libx264 -threads 1");
  test::write_file(clip, test::read_file(clip).substr(0, 20000));
  expect_error(clip, "not readable as a video file");
}

/// Hashes of frames 0..count-1 in sequence, and the same ones by jumping.
void expect_pure_or_error(const test::fs::path& clip, uint32_t seed) {
  auto sequential = Asset::open(clip, test::tiny);
  if (!sequential) return;
  std::vector<uint64_t> hashes;
  hashes.reserve(130);
  for (uint64_t k = 0; k < 130; ++k) {
    const auto f = sequential->frame(k);
    ASSERT_TRUE(f) << f.error().text;
    hashes.push_back(test::hash_of(*f));
  }
  auto jumping = Asset::open(clip, test::tiny);
  ASSERT_TRUE(jumping);
  std::mt19937 random(seed);
  for (int i = 0; i < 25; ++i) {
    const uint64_t k = random() % hashes.size();
    const auto f = jumping->frame(k);
    ASSERT_TRUE(f);
    ASSERT_EQ(test::hash_of(*f), hashes[k]) << clip << " seed " << seed << " frame " << k;
  }
}

TEST(BrokenAsset, a_file_cut_anywhere_plays_what_is_there) {
  test::TemporaryFolder folder;
  for (const char* name : {"a.ts", "a.mkv"}) {
    const auto whole =
        make_clip(folder / name, std::string(card) + "-c:v libx264 -threads 1 -g 10 -bf 2");
    const auto bytes = test::read_file(whole);
    const auto full = Asset::open(whole, test::tiny);
    ASSERT_TRUE(full);
    for (size_t part = 3; part < 10; ++part) {
      const auto cut = folder / (std::string("cut-") + name);
      test::write_file(cut, std::string_view(bytes).substr(0, bytes.size() * part / 10));
      const auto a = Asset::open(cut, test::tiny);
      ASSERT_TRUE(a) << a.error().text;
      EXPECT_LT(a->facts().frames, full->facts().frames);
      expect_pure_or_error(cut, uint32_t(part));
    }
  }
}

TEST(BrokenAsset, flipped_bits_give_an_error_or_the_same_picture_each_time) {
  test::TemporaryFolder folder;
  const char* kinds[][2] = {
      {"a.ts", "-c:v libx264 -threads 1 -g 10 -bf 2"},
      {"b.mkv", "-c:v libx264 -threads 1 -g 10 -bf 2 -x264-params open-gop=1"},
      {"c.mpg", "-c:v mpeg2video -g 9 -bf 2"},
      {"d.avi", "-c:v mpeg4 -g 8"},
      {"e.mkv", "-c:v ffv1 -g 1"},
      {"f.avi", "-c:v mjpeg"}};
  for (const auto& kind : kinds) {
    const auto whole = make_clip(folder / kind[0], std::string(card) + kind[1]);
    const auto bytes = test::read_file(whole);
    for (uint32_t seed = 1; seed <= 6; ++seed) {
      std::mt19937 random(seed);
      auto broken = bytes;
      for (uint32_t i = 0; i < 1 + seed * 3; ++i) {
        auto& c = broken[random() % broken.size()];
        c = char(c ^ (1 << random() % 8));
      }
      const auto file = folder / (std::string("broken-") + kind[0]);
      test::write_file(file, broken);
      expect_pure_or_error(file, seed);
    }
  }
}

/// Where the packets of the clip's video are, so that a test can hit one of them.
std::vector<PacketFacts> packets_of(const test::fs::path& clip) {
  auto reader = PacketReader::open(clip);
  return reader ? reader->packets() : std::vector<PacketFacts>{};
}

/// Fifty frames, a key frame every ten; packet 14 is overwritten from `part` of it on.
void expect_held_after_damage(double part) {
  test::TemporaryFolder folder;
  const auto clip =
      make_clip(folder / "a.mp4", std::string(card) + "-c:v libx264 -threads 1 -g 10 -bf 0");
  const auto packets = packets_of(clip);
  ASSERT_EQ(packets.size(), 50u);
  auto bytes = test::read_file(clip);
  const Raster raster{48, 16, 25, 1};
  auto good = Asset::open(clip, raster);
  ASSERT_TRUE(good);
  std::vector<uint64_t> hashes;
  hashes.reserve(130);
  for (uint64_t k = 0; k < 50; ++k) hashes.push_back(test::hash_of(*good->frame(k)));
  const auto& hit = packets[14];
  for (auto i = int32_t(part * hit.size); i < hit.size; ++i)
    bytes[size_t(hit.position + i)] = char(0xFF);
  test::write_file(clip, bytes);
  auto broken = Asset::open(clip, raster);
  ASSERT_TRUE(broken);
  for (uint64_t k = 0; k < 50; ++k) {
    const uint64_t expected = k >= 14 && k < 20 ? 13 : k;
    EXPECT_EQ(test::hash_of(*broken->frame(k)), hashes[expected]) << k;
  }
}

TEST(BrokenAsset, after_a_lost_packet_the_last_good_picture_stays_to_the_next_key_frame) {
  expect_held_after_damage(0);
}

TEST(BrokenAsset, after_a_packet_damaged_in_its_middle_too) {
  expect_held_after_damage(0.5);
}

TEST(BrokenAsset, segments_without_a_picture_show_the_one_before_or_else_after) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "a.avi", std::string(card) + "-c:v mjpeg");
  const auto packets = packets_of(clip);
  ASSERT_EQ(packets.size(), 50u);
  const Raster raster{48, 16, 25, 1};
  auto good = Asset::open(clip, raster);
  ASSERT_TRUE(good);
  std::vector<uint64_t> hashes;
  hashes.reserve(130);
  for (uint64_t k = 0; k < 50; ++k) hashes.push_back(test::hash_of(*good->frame(k)));
  auto bytes = test::read_file(clip);
  for (const size_t n : {0, 1, 20, 21, 22})
    for (int32_t i = 0; i < packets[n].size; ++i)
      bytes[size_t(packets[n].position + i)] = char(0x55);
  test::write_file(clip, bytes);
  auto broken = Asset::open(clip, raster);
  ASSERT_TRUE(broken) << broken.error().text;
  for (uint64_t k : {23, 22, 21, 20, 1, 0, 2}) {
    const uint64_t expected = k < 2 ? 2 : k >= 20 && k < 23 ? 19 : k;
    EXPECT_EQ(test::hash_of(*broken->frame(k)), hashes[expected]) << k;
  }
}

TEST(BrokenAsset, nothing_to_decode_is_an_error_that_says_so) {
  test::TemporaryFolder folder;
  const auto clip = make_clip(folder / "a.avi", std::string(card) + "-c:v mjpeg");
  auto bytes = test::read_file(clip);
  for (const auto& p : packets_of(clip))
    for (int32_t i = 0; i < p.size; ++i) bytes[size_t(p.position + i)] = char(0x55);
  test::write_file(clip, bytes);
  EXPECT_NE(error_of(clip), "opened");
}

TEST(BrokenAsset, a_file_that_changes_while_it_is_played_is_an_error) {
  test::TemporaryFolder folder;
  const std::string large = "-f lavfi -i testsrc2=size=640x480:rate=25:duration=4 ",
                    coded = "-c:v mpeg2video -b:v 8M -g 5";
  const auto other = test::read_file(make_clip(folder / "b.ts", large + "-vf negate " + coded));
  for (const auto& changed : {std::string(1000, 'x'), other}) {
    const auto clip = make_clip(folder / "a.ts", large + coded);
    auto a = Asset::open(clip, {48, 16, 25, 1});
    ASSERT_TRUE(a);
    ASSERT_TRUE(a->frame(0));
    test::write_file(clip, changed);
    std::optional<Error> seen;
    for (uint64_t k = 1; k < 100 && !seen; ++k)
      if (auto f = a->frame(k); !f) seen = f.error();
    ASSERT_TRUE(seen);
    EXPECT_NE(seen->text.find(clip.string()), std::string::npos) << seen->text;
  }
}

}  // namespace
}  // namespace understudy::asset
