// SPDX-License-Identifier: Apache-2.0
// What only a USB bridge can go through: chips set up as they should be, two with one serial
// number, no permission, held by another, no gateware behind it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "host/edge/transport/find_appliances.hpp"
#include "host/edge/transport/open_transport.hpp"
#include "tests/transport/mock_bus.hpp"
#include "tests/transport/wire.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using State = edge::FoundAppliance::State;

std::string why_not(const std::string& uri) {
  auto device = edge::make_device(*edge::parse_appliance_uri(uri));
  const auto opened = device->open();
  return opened ? "" : opened.error().text;
}

/// Root may open anything: while this lives the process is somebody else.
class Nobody {
 public:
  Nobody() : was_(::geteuid()) {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~Nobody() {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }

 private:
  uid_t was_;
};

TEST(UsbDevice, sets_latency_timer_and_speed_of_each_chip) {
  for (const std::string chip : {"ft2232h", "ft231x"}) {
    MockBus bus;
    bus.tell("plug 1-1 " + chip + " UD0001");
    EXPECT_EQ(bus.tell("state 1-1"), "latency 16 baud 0");
    auto device = edge::make_device(*edge::parse_appliance_uri("usb:serial=UD0001"));
    const auto opened = device->open();
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(bus.tell("state 1-1"), "latency 1 baud 1000000");
    device->close();
    EXPECT_EQ(why_not("usb:path=1-1,baud=3000000"), "");
    EXPECT_EQ(bus.tell("state 1-1"), "latency 1 baud 3000000");
  }
}

TEST(UsbDevice, two_with_one_serial_number_are_told_apart_by_place) {
  MockBus bus;
  bus.tell("plug 1-1 ft2232h SAME");
  bus.tell("plug 1-2 ft231x SAME");
  const auto why = why_not("usb:serial=SAME");
  EXPECT_NE(why.find("2 USB bridges have the serial number \"SAME\""), why.npos) << why;
  EXPECT_NE(why.find("usb:path=1-1"), why.npos) << why;
  EXPECT_EQ(why_not("usb:path=1-2"), "");
}

TEST(UsbDevice, no_permission_names_the_rule_and_is_not_called_absent) {
  MockBus bus;
  bus.tell("plug 1-1 ft2232h UD0001");
  std::filesystem::permissions(bus.root(), std::filesystem::perms(0755));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(bus.root() + "/ioctl"))
    std::filesystem::permissions(entry, std::filesystem::perms(0777));  // umockdev's own wires
  std::filesystem::permissions(bus.root() + "/dev/bus/usb/001/002", std::filesystem::perms(0));
  const Nobody nobody;
  const auto why = why_not("usb:serial=UD0001");
  EXPECT_NE(why.find("permission denied"), why.npos) << why;
  EXPECT_NE(why.find("boards/udev/70-understudy.rules"), why.npos) << why;
  EXPECT_TRUE(std::filesystem::exists("boards/udev/70-understudy.rules"));
  const auto found = edge::find_appliances();
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].state, State::cannot_open);
  EXPECT_EQ(found[0].uri, "usb:serial=UD0001");
  EXPECT_NE(found[0].why.find("70-understudy.rules"), std::string::npos);
}

TEST(UsbDevice, one_that_is_held_is_said_to_be_so) {
  MockBus bus;
  bus.tell("plug 1-1 ft2232h UD0001");
  auto holder = edge::make_device(*edge::parse_appliance_uri("usb:serial=UD0001"));
  ASSERT_TRUE(holder->open());
  const auto why = why_not("usb:serial=UD0001");
  EXPECT_NE(why.find("in use by another program"), why.npos) << why;
}

TEST(UsbDevice, silence_behind_a_good_bridge_is_the_gatewares) {
  Wire wire(make_usb_end("ft2232h"));
  wire.plug();
  wire.ticking = false;
  wire.start();
  ASSERT_TRUE(wire.until([&] { return !wire.downs.empty(); }));
  EXPECT_TRUE(wire.was_told("no tick came")) << wire.downs[0];
  EXPECT_EQ(wire.ups, 0);
  wire.ticking = true;
  EXPECT_TRUE(wire.until([&] { return wire.ups == 1; }));
}

TEST(UsbDevice, an_unplug_is_called_one) {
  Wire wire(make_usb_end("ft231x"));
  wire.attach();
  wire.unplug();
  ASSERT_TRUE(wire.until([&] { return wire.was_told("no USB bridge with serial"); }));
  EXPECT_EQ(wire.downs[0], "FT231X \"UD0001\" at 1-1 is lost: unplugged");
}

}  // namespace
