// SPDX-License-Identifier: Apache-2.0
#include "host/edge/stream/media_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "host/core/rtp/packet.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "tests/host/rtp/receiver.hpp"

namespace understudy::edge {
namespace {

namespace fs = std::filesystem;
using rtp::Bytes;

/// The default clip in several containers, as ffmpeg itself writes them.
class MediaFileTest : public testing::Test {
 protected:
  MediaFileTest() {
    std::string name = "/tmp/understudy-media-" + std::string(6, 'X');
    folder = ::mkdtemp(name.data());
    run("-i " UNDERSTUDY_DEFAULT_CLIP
        " -t 3 -c:v libx264 -preset veryfast -g 20 -bf 2 -pix_fmt yuv420p " +
        path("clip.mp4"));
    run("-i " + path("clip.mp4") + " -c copy " + path("clip.ts"));
    run("-i " + path("clip.mp4") + " -c copy -bsf:v h264_mp4toannexb -f h264 " + path("clip.264"));
  }
  ~MediaFileTest() override { fs::remove_all(folder); }
  std::string path(const std::string& name) const { return folder + "/" + name; }
  static void run(const std::string& arguments) {
    ASSERT_EQ(std::system(("ffmpeg -v error -y " + arguments).c_str()), 0);
  }
  Bytes read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string folder;
};

/// Without parameter sets, which stand where one can begin, and the user data before them.
std::vector<Bytes> pictures(std::vector<Bytes> nals) {
  std::erase_if(nals, [](const Bytes& n) { return rtp::nal_type(n) < 1 || rtp::nal_type(n) > 5; });
  return nals;
}

TEST_F(MediaFileTest, its_packets_come_together_to_the_files_own_pictures) {
  const auto raw = read("clip.264");
  const auto wanted = pictures(rtp::copies(rtp::nal_units(raw)));
  for (const auto* name : {"clip.mp4", "clip.264"}) {
    const auto media = open_h264_file(path(name));
    ASSERT_TRUE(media) << media.error().text;
    const auto& index = (*media)->index();
    std::vector<Bytes> got;
    for (size_t u = 0; u < index.size(); ++u) {
      const auto nals = rtp::reassemble(*(*media)->payloads(u));
      ASSERT_TRUE(nals);
      const bool sets = std::ranges::any_of(*nals, [](auto& n) { return rtp::nal_type(n) == 7; });
      EXPECT_EQ(sets, index.key(u)) << name << " unit " << u;
      for (const auto& n : pictures(*nals)) got.push_back(n);
    }
    EXPECT_TRUE(got == wanted) << name << ": " << got.size() << " of " << wanted.size();
    EXPECT_EQ((*media)->description().profile_level_id.size(), 6u);
    EXPECT_NEAR(double(index.duration()), 3.0 * rtp::ticks_per_second, 4000);
  }
}

TEST_F(MediaFileTest, a_unit_is_the_same_whatever_was_read_before_it) {
  const auto first = open_h264_file(path("clip.mp4")), second = open_h264_file(path("clip.mp4"));
  ASSERT_TRUE(first && second);
  const size_t units = (*first)->index().size();
  std::mt19937 random(9);
  for (int i = 0; i < 200; ++i) {
    const size_t u = random() % units;
    const auto a = (*first)->payloads(u);
    ASSERT_TRUE(a);
    for (size_t k = random() % 3; k > 0; --k) (*second)->payloads(random() % units);
    const auto b = (*second)->payloads(u);
    ASSERT_TRUE(b);
    ASSERT_EQ(a->size(), b->size());
    for (size_t p = 0; p < a->size(); ++p)
      ASSERT_TRUE(std::ranges::equal((*a)[p], (*b)[p])) << "unit " << u << " packet " << p;
  }
  EXPECT_EQ((*first)->payloads(units), nullptr);
}

TEST_F(MediaFileTest, a_transport_stream_goes_as_it_is) {
  const Descriptor file(::open(path("clip.ts").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(looks_like_transport_stream(file.number()));
  const auto media = open_transport_stream(file.number());
  ASSERT_TRUE(media) << media.error().text;
  Bytes all;
  int64_t last = -1;
  for (size_t u = 0; u < (*media)->index().size(); ++u) {
    const auto p = (*media)->payloads(u);
    ASSERT_EQ(p->size(), 1u);
    all.insert(all.end(), (*p)[0].begin(), (*p)[0].end());
    EXPECT_GE((*media)->index().decode(u), last);
    last = (*media)->index().decode(u);
  }
  EXPECT_TRUE(all == read("clip.ts"));
  EXPECT_NEAR(double((*media)->index().duration()), 3.0 * rtp::ticks_per_second, 20'000);
}

TEST_F(MediaFileTest, what_cannot_be_sent_is_refused_with_its_reason) {
  run("-i " + path("clip.mp4") + " -c:v mpeg4 -t 1 " + path("other.mp4"));
  EXPECT_EQ(open_h264_file(path("other.mp4")).error().text, "its video is not H.264");
  std::ofstream(path("text.mp4")) << "no video";
  EXPECT_FALSE(open_h264_file(path("text.mp4")));
  auto broken = read("clip.ts");
  broken[188 * 9] = 0;
  std::ofstream(path("broken.ts"), std::ios::binary)
      .write(reinterpret_cast<const char*>(broken.data()), std::ssize(broken));
  const Descriptor file(::open(path("broken.ts").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(open_transport_stream(file.number()).error().text, "packet 9 has no sync byte");
}

TEST_F(MediaFileTest, a_file_that_became_shorter_is_noticed) {
  const Descriptor file(::open(path("clip.ts").c_str(), O_RDONLY | O_CLOEXEC));
  const auto media = open_transport_stream(file.number());
  ASSERT_TRUE(media);
  fs::resize_file(path("clip.ts"), 188 * 100);
  EXPECT_EQ((*media)->payloads((*media)->index().size() - 1), nullptr);
}

}  // namespace
}  // namespace understudy::edge
