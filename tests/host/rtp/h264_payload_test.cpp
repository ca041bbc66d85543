// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/host/rtp/receiver.hpp"

namespace understudy::rtp {
namespace {

Bytes bytes_of(const Payloads& p, size_t i) {
  return {p[i].begin(), p[i].end()};
}

TEST(H264Payload, a_byte_stream_is_cut_at_start_codes_of_both_lengths) {
  const Bytes in{0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0};
  const std::vector<Bytes> want{{0x67, 1, 2}, {0x68, 3}, {0x65, 0, 0, 3, 1}};
  EXPECT_EQ(copies(nal_units(in)), want);
  EXPECT_TRUE(nal_units({}).empty());
  EXPECT_TRUE(nal_units(Bytes{0, 0, 1}).empty());
  EXPECT_TRUE(nal_units(Bytes{1, 2, 3}).empty());
}

TEST(H264Payload, small_neighbours_go_together_golden) {
  const Bytes in{0, 0, 0, 1, 0x67, 0xaa, 0, 0, 1, 0x68, 0xbb, 0xcc, 0, 0, 1, 0x25, 0xdd};
  Payloads p;
  packetize_h264(in, 100, p);
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(bytes_of(p, 0),
            (Bytes{0x78, 0, 2, 0x67, 0xaa, 0, 3, 0x68, 0xbb, 0xcc, 0, 2, 0x25, 0xdd}));
}

TEST(H264Payload, one_that_fits_stands_alone_golden) {
  Payloads p;
  packetize_h264(Bytes{0, 0, 1, 0x41, 1, 2, 3}, 4, p);
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(bytes_of(p, 0), (Bytes{0x41, 1, 2, 3}));
}

TEST(H264Payload, one_that_does_not_fit_is_fragmented_golden) {
  Payloads p;
  packetize_h264(Bytes{0, 0, 1, 0x65, 1, 2, 3, 4, 5, 6, 7}, 5, p);
  ASSERT_EQ(p.size(), 3u);
  EXPECT_EQ(bytes_of(p, 0), (Bytes{0x7c, 0x85, 1, 2, 3}));
  EXPECT_EQ(bytes_of(p, 1), (Bytes{0x7c, 0x05, 4, 5, 6}));
  EXPECT_EQ(bytes_of(p, 2), (Bytes{0x7c, 0x45, 7}));
}

TEST(H264Payload, put_together_again_is_what_went_in) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const size_t most = 3 + random() % 300;
    std::vector<size_t> sizes;
    for (size_t i = 1 + random() % 6; i > 0; --i)
      sizes.push_back(1 + (random() % 2 ? random() % (most + 4) : random() % 2000));
    const auto in = made_unit(random, sizes);
    Payloads p;
    packetize_h264(in, most, p);
    size_t bytes = 0;
    for (size_t i = 0; i < p.size(); ++i) {
      EXPECT_LE(p[i].size(), most);
      bytes += p[i].size();
    }
    EXPECT_EQ(bytes, p.bytes());
    const auto out = reassemble(p);
    ASSERT_TRUE(out) << "round " << round;
    ASSERT_EQ(*out, copies(nal_units(in))) << "round " << round;
  }
}

TEST(H264Payload, the_description_names_profile_and_parameter_sets) {
  const Bytes sets{0, 0, 0, 1, 0x67, 0x64, 0x00, 0x1f, 0xac, 0, 0, 0, 1, 0x68, 0xee, 0x3c};
  const auto d = describe_h264(sets);
  EXPECT_EQ(d.profile_level_id, "64001f");
  EXPECT_EQ(d.sprop_parameter_sets, "Z2QAH6w=,aO48");
  EXPECT_EQ(describe_h264(Bytes{0, 0, 1, 0x68, 1}).sprop_parameter_sets, "");
}

}  // namespace
}  // namespace understudy::rtp
