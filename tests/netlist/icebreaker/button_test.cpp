// SPDX-License-Identifier: Apache-2.0
// What only this board has: a button, and commands beside the messages of the link.
#include <gtest/gtest.h>

#include "desk.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::netlist {
namespace {

TEST(Netlist, the_button_pulls_the_cable_of_whoever_is_on_air) {
  Desk desk;
  for (const auto on_air : {protocol::Server::b, protocol::Server::a}) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(desk.frame().wrong_pixels, 0u);
    desk.pins.button = true;  // held: the next one's cable stays in
    for (int i = 0; i < 4; ++i) EXPECT_EQ(desk.frame().wrong_pixels, 0u);
    desk.pins.button = false;
    ASSERT_TRUE(desk.tick(0));
    EXPECT_EQ(desk.tick(0)->on_air, on_air);
  }
  EXPECT_EQ(desk.tick(0)->term, 3u);
  EXPECT_EQ(desk.differences(), 0u) << desk.first_difference();
}

TEST(Netlist, commands_leave_the_link_in_order) {
  Desk desk;
  for (int i = 0; i < 6; ++i) {
    desk.server[1].flags ^= protocol::LineTag::flag_discard;
    desk.frame();
  }
  ASSERT_TRUE(desk.tick(0));
  EXPECT_EQ(desk.tick(0)->alarms & static_cast<uint16_t>(protocol::Alarm::link_a), 0);
  EXPECT_EQ(desk.tick(0)->state_a, protocol::ServerState::primary);
  EXPECT_EQ(desk.tick(0)->state_b, protocol::ServerState::secondary_synchronized);
  EXPECT_EQ(desk.differences(), 0u) << desk.first_difference();
}

}  // namespace
}  // namespace understudy::netlist
