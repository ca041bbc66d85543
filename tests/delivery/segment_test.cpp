// SPDX-License-Identifier: Apache-2.0
// Held packets as bytes: what is read of them, and what is refused.
#include "host/edge/hold/segment.hpp"

#include <gtest/gtest.h>

#include "host/edge/repair/probe_channel.hpp"

namespace understudy::edge {
namespace {

/// A client's SYN as Linux sends it: MSS 1460, SACK, timestamps, scale 7. The checksum is right.
const std::vector<uint8_t> syn{0x45, 0,  0,    60, 0,    0,    0x40, 0, 64, 6, 0, 0, 10,   9,    0,
                               9,    10, 9,    0,  100,  0xC3, 0x50, 0, 80, 1, 2, 3, 4,    0,    0,
                               0,    0,  0xA0, 2,  0xFF, 0xFF, 0,    0, 0,  0, 2, 4, 0x05, 0xB4, 4,
                               2,    8,  10,   0,  0,    0x12, 0x34, 0, 0,  0, 0, 1, 3,    3,    7};

ProbeSegment data(bool six) {
  const auto at = [](const char* text) { return *parse_socket_address(text); };
  return {six ? at("[fd00:9::9]:50000") : at("10.9.0.9:50000"),
          six ? at("[fd00:9::100]:80") : at("10.9.0.100:80"), 1000, 2000,
          core::ClientAnswer::Timestamps{77, 0}};
}

TEST(Segment, a_syn_says_what_the_client_can) {
  const auto s = parse_segment(syn);
  ASSERT_TRUE(s);
  EXPECT_TRUE(s->syn);
  EXPECT_FALSE(s->ack || s->fin || s->reset);
  EXPECT_EQ(s->sequence, 0x01020304u);
  EXPECT_EQ(to_text(s->from), "10.9.0.9:50000");
  EXPECT_EQ(to_text(s->to), "10.9.0.100:80");
  EXPECT_EQ(s->segment_max, 1460);
  EXPECT_TRUE(s->selective);
  EXPECT_EQ(s->scale, 7);
  EXPECT_EQ(s->timestamp, 0x1234u);
  EXPECT_TRUE(s->bytes.empty());
}

TEST(Segment, bytes_and_numbers_are_read_and_a_changed_bit_is_seen) {
  for (const bool six : {false, true}) {
    const auto packet = to_packet(data(six));
    const auto s = parse_segment(packet);
    ASSERT_TRUE(s);
    EXPECT_EQ(s->from, data(six).service);
    EXPECT_EQ(s->to, data(six).client);
    EXPECT_EQ(s->sequence, 1000u);
    EXPECT_EQ(s->acknowledged, 2000u);
    EXPECT_EQ(s->bytes.size(), 1u);
    EXPECT_EQ(s->timestamp, 77u);
    EXPECT_TRUE(checksum_right(packet));
    for (size_t bit = (six ? 40 : 20) * 8; bit < packet.size() * 8; ++bit) {
      auto changed = packet;
      changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      EXPECT_FALSE(checksum_right(changed)) << bit;
    }
  }
}

TEST(Segment, what_is_not_whole_is_refused) {
  for (const auto& packet : {syn, to_packet(data(false)), to_packet(data(true))})
    for (size_t n = 0; n < packet.size(); ++n)
      EXPECT_FALSE(parse_segment(std::span(packet).first(n))) << n << " of " << packet.size();
  auto fragment = syn;
  fragment[6] = 0x20;
  EXPECT_FALSE(parse_segment(fragment));
  auto strange = to_packet(data(true));
  strange[6] = 0;  // hop-by-hop options first
  EXPECT_FALSE(parse_segment(strange));
  auto lies = syn;
  lies[41] = 40;  // an option longer than the header
  ASSERT_TRUE(parse_segment(lies));
  EXPECT_EQ(parse_segment(lies)->segment_max, 536);
}

}  // namespace
}  // namespace understudy::edge
