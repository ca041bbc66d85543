// SPDX-License-Identifier: Apache-2.0
// Addresses as text, and the bytes that tell the neighbours.
#include <gtest/gtest.h>

#include "host/edge/address/announcement.hpp"
#include "host/edge/boot/magic_packet.hpp"

namespace {
using namespace understudy::edge;

TEST(IpAddress, is_read_and_said) {
  for (const char* text : {"192.0.2.10/24", "2001:db8::10/64", "10.0.0.1/32", "::1/128"}) {
    const auto a = IpAddress::parse(text);
    ASSERT_TRUE(a) << text;
    EXPECT_EQ(a->with_prefix(), text);
  }
  EXPECT_EQ(IpAddress::parse("192.0.2.10")->prefix(), 32);
  EXPECT_EQ(IpAddress::parse("fd00::1")->prefix(), 128);
  for (const char* text : {"", "host", "192.0.2.10/33", "192.0.2.10/0", "192.0.2.10/",
                           "fd00::1/129", "192.0.2.10/2x", "192.0.2", "/24"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(Announcement, arp_golden_bytes) {
  const auto a = announcement_of(*IpAddress::parse("192.0.2.10/24"), {2, 0, 0, 0, 0, 0xAB});
  EXPECT_EQ(a.protocol, 0x0806);
  EXPECT_EQ(a.to, (HardwareAddress{255, 255, 255, 255, 255, 255}));
  EXPECT_EQ(a.bytes, (std::vector<uint8_t>{0,   1, 8, 0,  6, 4, 0, 1, 2, 0, 0,   0, 0, 0xAB,
                                           192, 0, 2, 10, 0, 0, 0, 0, 0, 0, 192, 0, 2, 10}));
}

TEST(Announcement, neighbour_advertisement_overrides_and_sums_up) {
  const auto a = announcement_of(*IpAddress::parse("2001:db8::10"), {2, 0, 0, 0, 0, 0xAB});
  EXPECT_EQ(a.protocol, 0x86DD);
  ASSERT_EQ(a.bytes.size(), 72u);
  EXPECT_EQ(a.bytes[7], 255);    // hop limit: or neighbours ignore it
  EXPECT_EQ(a.bytes[40], 136);   // neighbour advertisement
  EXPECT_EQ(a.bytes[44], 0x20);  // Override, not solicited
  uint32_t sum = 32 + 58;        // the pseudo header's length and protocol
  for (size_t i = 8; i < 72; i += 2) sum += a.bytes[i] << 8 | a.bytes[i + 1];
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  EXPECT_EQ(sum, 0xFFFFu);
}

TEST(MagicPacket, refuses_what_is_no_hardware_address) {
  for (const char* text :
       {"", "02:00:5e:10:00", "02:00:5e:10:00:0g", "02005e100001", "x2:00:5e:10:00:01"})
    EXPECT_FALSE(magic_packet(text)) << text;
  EXPECT_EQ(magic_packet("02-00-5e-10-00-01")->size(), 102u);
}

}  // namespace
