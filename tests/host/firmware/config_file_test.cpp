// SPDX-License-Identifier: Apache-2.0
// The configuration as a file: there and back, and every fault of a file told at once.
#include <gtest/gtest.h>

#include "firmware/config.hpp"
#include "host/core/firmware_config/firmware_config.hpp"

namespace understudy::core {
namespace {

const std::vector<FirmwareRange> ranges = {{"press_ms", 1, 16383}, {"flap", 0, 0xFFFFFFFF}};

TEST(FirmwareConfig, what_is_exported_is_imported_again) {
  std::vector<FirmwareValue> values;
  std::vector<FirmwareRange> all;
  std::string printed, printed_ranges;  // as the firmware does
  for (const auto& v : firmware::config_values) {
    values.push_back({v.name, v.most});
    all.push_back({v.name, v.least, v.most});
    printed += std::string(v.name) + " " + std::to_string(v.most) + "\n";
    printed_ranges +=
        std::string(v.name) + " " + std::to_string(v.least) + " " + std::to_string(v.most) + "\n";
  }
  EXPECT_EQ(read_firmware_values(printed), values);
  EXPECT_EQ(read_firmware_ranges(printed_ranges), all);
  const auto again = read_config_file(write_config_file(values, all), all);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, values);
}

TEST(FirmwareConfig, a_file_may_leave_values_out_and_write_them_in_hex) {
  const auto values = read_config_file("\n # mine\r\n flap=0x2580003 # four\n", ranges);
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (std::vector<FirmwareValue>{{"flap", 0x2580003}}));
}

TEST(FirmwareConfig, every_fault_is_told_with_its_line) {
  const auto values = read_config_file(
      "press_ms = 500\npress_ms = 600\nflip = 1\nflap = 4294967296\npress_ms 5\n = 5\n"
      "flap = -1\nflap = 1x\nflap =\n",
      ranges);
  ASSERT_FALSE(values);
  const auto& e = values.error();
  ASSERT_EQ(e.size(), 8u);
  EXPECT_EQ(e[0], "2: press_ms stands here for the second time");
  EXPECT_EQ(e[1], "3: this appliance has no value flip; did you mean flap?");
  EXPECT_EQ(e[2], "4: flap is a whole number from 0 to 4294967295");
  EXPECT_EQ(e[3], "5: write NAME = VALUE");
  EXPECT_FALSE(read_config_file("# nothing\n", ranges));
}

}  // namespace
}  // namespace understudy::core
