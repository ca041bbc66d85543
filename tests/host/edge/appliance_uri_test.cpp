// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/edge/daemon/appliance_uri.hpp"

namespace {

using namespace understudy::edge;
using Kind = ApplianceUri::Kind;

TEST(ApplianceUri, reads_each_form) {
  EXPECT_EQ(parse_appliance_uri("none")->kind, Kind::none);
  const auto sim = parse_appliance_uri("sim:unix:/tmp/a,b/link-a");
  ASSERT_TRUE(sim);
  EXPECT_EQ(sim->path, "/tmp/a,b/link-a");
  const auto usb = parse_appliance_uri("usb:serial=UD0001,interface=a,baud=3000000");
  ASSERT_TRUE(usb) << usb.error().text;
  EXPECT_EQ(usb->kind, Kind::usb);
  EXPECT_EQ(usb->serial, "UD0001");
  EXPECT_EQ(usb->interface, 'a');
  EXPECT_EQ(usb->baud, 3'000'000u);
  EXPECT_EQ(parse_appliance_uri("usb:path=1-2.3")->path, "1-2.3");
  EXPECT_EQ(parse_appliance_uri("tty:/dev/ttyUSB1,baud=115200")->baud, 115'200u);
  const auto pci = parse_appliance_uri("pci:0000:01:00.0,bar=0");
  ASSERT_TRUE(pci) << pci.error().text;
  EXPECT_EQ(pci->kind, Kind::pci);
  EXPECT_EQ(pci->path, "0000:01:00.0");
  EXPECT_EQ(pci->bar, 0u);
}

TEST(ApplianceUri, says_what_is_wrong_and_what_to_write) {
  const std::pair<const char*, const char*> wrong[] = {
      {"usb:", "understudy find"},
      {"usb:serial=", "serial number is empty"},
      {"usb:path=/dev/x", "as 1-2 or 1-2.3"},
      {"usb:serial=A,bar=2", "no option here (baud=N, interface=a|b)"},
      {"usb:serial=A,baud=12", "9600 to 12000000"},
      {"usb:serial=A,interface=c", "not a or b"},
      {"usb:serial=A,", "no option here"},
      {"tty:ttyUSB0", "as tty:/dev/ttyUSB0"},
      {"tty:/dev/ttyUSB0,interface=a", "no option here (baud=N)"},
      {"pci:01:00.0", "written as 0000:01:00.0"},
      {"pci:0000:01:00.8", "written as 0000:01:00.0"},
      {"pci:0000:01:00.0,bar=6", "not 0 to 5"},
      {"pci:0000:01:00.0,bar=", "not 0 to 5"},
      {"sim:unix:", "0 bytes"},
      {"sim:tcp:x", "is no appliance"},
      {"", "is no appliance"},
      {"usb", "write usb:serial=SERIAL"},
  };
  for (const auto& [text, says] : wrong) {
    const auto uri = parse_appliance_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_NE(uri.error().text.find(says), std::string::npos) << text << ": " << uri.error().text;
  }
}

}  // namespace
