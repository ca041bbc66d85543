// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/transport_stream.hpp"

#include <gtest/gtest.h>

#include <array>

namespace understudy::rtp {
namespace {

std::array<uint8_t, ts_packet_bytes> packet(int64_t clock = -1, uint16_t pid = 0x100,
                                            bool jump = false) {
  std::array<uint8_t, ts_packet_bytes> p{0x47, static_cast<uint8_t>(pid >> 8),
                                         static_cast<uint8_t>(pid), 0x10};
  if (clock < 0) return p;
  p[3] = 0x30, p[4] = 7, p[5] = static_cast<uint8_t>(jump ? 0x90 : 0x10);
  const auto base = static_cast<uint64_t>(clock);
  for (int i = 0; i < 4; ++i) p[6 + i] = static_cast<uint8_t>(base >> (25 - 8 * i));
  p[10] = static_cast<uint8_t>(base << 7);
  return p;
}

TEST(TransportStreamClock, time_goes_evenly_between_references) {
  TransportStreamClock c;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(c.add(packet()));
  EXPECT_FALSE(c.known());
  ASSERT_TRUE(c.add(packet(1000)));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(c.add(packet()));
  ASSERT_TRUE(c.add(packet(1100)));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(c.add(packet()));
  ASSERT_TRUE(c.add(packet(1200)));
  ASSERT_TRUE(c.add(packet()));
  ASSERT_TRUE(c.known());
  EXPECT_EQ(c.packets(), 22u);
  EXPECT_EQ(c.time(0), 0);
  EXPECT_EQ(c.time(5), 50);  // the first reference
  EXPECT_EQ(c.time(10), 100);
  EXPECT_EQ(c.time(15), 150);
  EXPECT_EQ(c.time(17), 190);  // now twice as fast
  EXPECT_EQ(c.time(20), 250);
  EXPECT_EQ(c.time(22), 290);
}

TEST(TransportStreamClock, a_wrap_is_no_jump_and_a_jump_is_not_followed) {
  TransportStreamClock c;
  const int64_t wraps = int64_t{1} << 33;
  ASSERT_TRUE(c.add(packet(wraps - 50)));
  ASSERT_TRUE(c.add(packet(50)));
  ASSERT_TRUE(c.add(packet(7'000'000)));         // without a word
  ASSERT_TRUE(c.add(packet(7'000'100, 0x200)));  // somebody else's
  ASSERT_TRUE(c.add(packet(7'000'150)));
  ASSERT_TRUE(c.add(packet(3, 0x100, true)));  // said so
  ASSERT_TRUE(c.add(packet(103)));
  EXPECT_EQ(c.time(1), 100);
  EXPECT_EQ(c.time(2), 200);
  EXPECT_EQ(c.time(4), 350);
  EXPECT_EQ(c.time(5), 425);
  EXPECT_EQ(c.time(6), 525);
}

TEST(TransportStreamClock, a_packet_without_its_sync_byte_is_refused) {
  TransportStreamClock c;
  auto p = packet();
  p[0] = 0x46;
  EXPECT_FALSE(c.add(p));
}

}  // namespace
}  // namespace understudy::rtp
