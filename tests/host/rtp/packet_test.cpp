// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/rtcp.hpp"
#include "protocol/limits.hpp"

namespace understudy::rtp {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(RtpPacket, header_golden) {
  std::array<uint8_t, header_bytes> out{};
  const Header h{true, 96, 0xfffe, 0x01020304, 0xdeadbeef};
  encode(h, out);
  const std::array<uint8_t, header_bytes> want{0x80, 0xe0, 0xff, 0xfe, 1,    2,
                                               3,    4,    0xde, 0xad, 0xbe, 0xef};
  EXPECT_EQ(out, want);
  const auto back = decode(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->header, h);
  EXPECT_TRUE(back->payload.empty());
}

TEST(RtpPacket, sources_extension_and_padding_are_passed_over) {
  const Bytes in{0xb1, 33, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,  // V=2, P, X, one source
                 9,    9,  9, 9,                          // the source
                 1,    2,  0, 1, 5, 5, 5, 5,              // the extension
                 7,    8,  0, 2};                         // payload, padding of two
  const auto p = decode(in);
  ASSERT_TRUE(p);
  EXPECT_EQ(Bytes(p->payload.begin(), p->payload.end()), (Bytes{7, 8}));
  for (size_t n = 0; n < 24; ++n) EXPECT_FALSE(decode(std::span(in).first(n))) << n;
}

TEST(Rtcp, report_description_and_goodbye_golden) {
  SenderReport r{0x11223344, 1'000'000'000ull * 3 + 500'000'000, 0xaabbccdd, 7, 900};
  Bytes out(report_bytes("ab", true));
  ASSERT_EQ(encode(r, "ab", true, out), out.size());
  const Bytes want{
      0x80, 200,  0,    6, 0x11, 0x22, 0x33, 0x44, 0x83, 0xaa, 0x7e, 0x83, 0x80, 0, 0, 0, 0xaa,
      0xbb, 0xcc, 0xdd, 0, 0,    0,    7,    0,    0,    3,    0x84,                       // SR
      0x81, 202,  0,    3, 0x11, 0x22, 0x33, 0x44, 1,    2,    'a',  'b',  0,    0, 0, 0,  // SDES
      0x81, 203,  0,    1, 0x11, 0x22, 0x33, 0x44};                                        // BYE
  EXPECT_EQ(out, want);
  EXPECT_EQ(encode(r, "ab", true, std::span(out).first(out.size() - 1)), 0u);
  const auto back = decode_rtcp(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->sender, r.ssrc);
  EXPECT_TRUE(back->goodbye);
}

TEST(Rtcp, a_receivers_report_is_read) {
  const Bytes in{0x81, 201, 0, 7, 0, 0, 0, 5, 0, 0, 0, 6, 0x40, 0xff, 0xff, 0xfe,
                 0,    1,   2, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0,    0,    0,    0};
  const auto r = decode_rtcp(in);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->sender, 5u);
  ASSERT_EQ(r->blocks.size(), 1u);
  EXPECT_EQ(r->blocks[0], (ReportBlock{6, 0x40, -2, 0x10203, 9}));
  EXPECT_FALSE(r->goodbye);
  for (size_t n = 0; n < in.size(); ++n) EXPECT_FALSE(decode_rtcp(std::span(in).first(n))) << n;
}

TEST(Rtcp, garbage_is_nothing_worse_than_refused) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes in(random() % 80);
    for (auto& b : in) b = static_cast<uint8_t>(random());
    if (!in.empty()) in[0] = static_cast<uint8_t>(0x80 | (in[0] & 0x3f));
    if (in.size() > 3) in[1] = static_cast<uint8_t>(200 + in[1] % 5), in[2] = 0, in[3] %= 24;
    const auto r = decode_rtcp(in);
    if (r) {
      EXPECT_LE(r->blocks.size(), protocol::limits::rtcp_blocks_max);
    }
    decode(in);
  }
}

}  // namespace
}  // namespace understudy::rtp
