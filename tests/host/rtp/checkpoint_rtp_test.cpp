// SPDX-License-Identifier: Apache-2.0
#include "protocol/checkpoint_rtp.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "protocol/checkpoint_rtsp.hpp"

namespace understudy::protocol::checkpoint {
namespace {

Rtp example() {
  Rtp m;
  m.flags = Rtp::running, m.carrier = RtpCarrier::multicast, m.payload_type = 96, m.hops = 4;
  m.session = 0x1122334455667788, m.ssrc = 0xa1a2a3a4, m.first_timestamp = 0xb1b2b3b4;
  m.first_sequence = 0xc1c2;
  m.address = {239, 1, 2, 3}, m.rtp = 6000, m.rtcp = 6001;
  m.path = "a.mp4", m.tag = "\"1-2\"";
  m.run = 3, m.count = 1, m.runs[0] = {4, 5, 6, 7, 8, 9, 10};
  m.position = 0x0d0e, m.check = 0xe1e2e3e4;
  return m;
}

TEST(CheckpointRtp, golden_and_back) {
  std::vector<uint8_t> out(200);
  out.resize(encode(example(), out));
  const std::vector<uint8_t> want{
      1,    1,    2,    96,   4,    0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xa4, 0xa3,
      0xa2, 0xa1, 0xb4, 0xb3, 0xb2, 0xb1, 0xc2, 0xc1, 239,  1,    2,    3,    0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x70, 0x17, 0x71, 0x17, 5,    0,
      'a',  '.',  'm',  'p',  '4',  5,    0,    '"',  '1',  '-',  '2',  '"',  3,    0,    0,
      0,    1,    4,    0,    0,    0,    5,    0,    0,    0,    6,    0,    0,    0,    0,
      0,    0,    0,    7,    0,    0,    0,    0,    0,    0,    0,    8,    0,    0,    0,
      9,    0,    0,    0,    0,    0,    0,    0,    10,   0,    0,    0,    0,    0,    0,
      0,    0x0e, 0x0d, 0,    0,    0,    0,    0,    0,    0xe4, 0xe3, 0xe2, 0xe1};
  EXPECT_EQ(out, want);
  const auto back = decode_rtp(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->path, "a.mp4");
  EXPECT_EQ(back->runs[0], example().runs[0]);
  EXPECT_EQ(back->position, 0x0d0eu);
  for (size_t n = 0; n < out.size(); ++n) EXPECT_FALSE(decode_rtp(std::span(out).first(n))) << n;
  out.push_back(0);
  EXPECT_FALSE(decode_rtp(out));
}

TEST(CheckpointRtp, what_is_not_good_is_refused) {
  std::vector<uint8_t> out(300);
  const auto refused = [&](auto change) {
    auto m = example();
    change(m);
    return encode(m, out) == 0;
  };
  EXPECT_TRUE(refused([](Rtp& m) { m.session = 0; }));
  EXPECT_TRUE(refused([](Rtp& m) { m.carrier = RtpCarrier(4); }));
  EXPECT_TRUE(refused([](Rtp& m) { m.rtp = 0; }));
  EXPECT_TRUE(refused([](Rtp& m) { m.count = 0; }));
  EXPECT_TRUE(refused([](Rtp& m) { m.path = {}; }));
  EXPECT_TRUE(refused([](Rtp& m) { m.runs[0].end_unit = m.runs[0].first_unit; }));
  EXPECT_TRUE(refused([](Rtp& m) { m.position = uint64_t{1} << 48; }));
  EXPECT_FALSE(refused([](Rtp& m) { m.position = 0; }));
}

TEST(CheckpointRtsp, golden_and_back) {
  Rtsp m;
  m.flags = Rtsp::closes, m.state = 2, m.session = 0x99, m.sessions = 1;
  m.begin = 100, m.granted = 110, m.path = "a";
  m.spans[0] = {"OK", 0, 0, 0}, m.spans[1] = {{}, 3, 0x40, 0x20}, m.count = 2;
  m.skip = 5, m.unread = "PL";
  std::vector<uint8_t> out(200);
  out.resize(encode(m, out));
  const std::vector<uint8_t> want{
      1,   1, 2, 0x99, 0, 0, 0, 0,    0, 0, 0,   1, 0, 0, 0,   100, 0, 0, 0, 0,   0,  0, 0,
      110, 0, 0, 0,    0, 0, 0, 0,    1, 0, 'a', 2, 2, 0, 'O', 'K', 0, 0, 3, 0,   0,  0, 0x40,
      0,   0, 0, 0,    0, 0, 0, 0x20, 0, 0, 0,   0, 0, 0, 0,   5,   0, 2, 0, 'P', 'L'};
  EXPECT_EQ(out, want);
  const auto back = decode_rtsp(out);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->end(), 134u);
  EXPECT_EQ(back->spans[1], m.spans[1]);
  for (size_t n = 0; n < out.size(); ++n) EXPECT_FALSE(decode_rtsp(std::span(out).first(n))) << n;
  m.granted = 135;
  EXPECT_EQ(encode(m, out), 0u);
}

TEST(CheckpointRtsp, changed_bytes_are_refused_or_good) {
  std::vector<uint8_t> rtp(200), rtsp(200);
  rtp.resize(encode(example(), rtp));
  Rtsp m;
  m.state = 1, m.session = 1, m.path = "a", m.unread = "x";
  m.spans[0] = {"OK", 0, 0, 0}, m.count = 1;
  rtsp.resize(encode(m, rtsp));
  std::mt19937 random(1);
  std::vector<uint8_t> again(70'000);
  for (int i = 0; i < 50'000; ++i) {
    auto in = random() % 2 ? rtp : rtsp;
    for (int k = 0; k < 3; ++k) in[random() % in.size()] = static_cast<uint8_t>(random());
    if (const auto d = decode_rtp(in)) {
      ASSERT_EQ(encode(*d, again), in.size());
    }
    if (const auto d = decode_rtsp(in)) {
      ASSERT_EQ(encode(*d, again), in.size());
    }
  }
}

}  // namespace
}  // namespace understudy::protocol::checkpoint
