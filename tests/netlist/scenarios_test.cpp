// SPDX-License-Identifier: Apache-2.0
// The gateware's scenarios on the very bits that are flashed: the design read back from the
// bitstream against the RTL, pin by pin, clock by clock, and against what should happen.
#include <gtest/gtest.h>

#include "desk.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::netlist {
namespace {

using protocol::Server::a;
using protocol::Server::b;

/// `frames` whole frames, no pixel wrong.
void play(Desk& desk, int frames, const char* what) {
  for (int i = 0; i < frames; ++i) {
    const Sent sent = desk.frame();
    EXPECT_EQ(sent.pixels, h_active * v_active) << what << ", frame " << i;
    EXPECT_EQ(sent.wrong_pixels, 0u) << what << ", frame " << i;
  }
}

void expect_on_air(const Desk& desk, protocol::Server server, uint32_t term, const char* what) {
  for (unsigned s = 0; s < links; ++s) {
    ASSERT_TRUE(desk.tick(s)) << what << ": no tick on link " << s;
    EXPECT_EQ(desk.tick(s)->on_air, server) << what;
    EXPECT_EQ(desk.tick(s)->term, term) << what;
    EXPECT_EQ(unsigned(desk.tick(s)->port), s) << what;
  }
}

void expect_in_step(const Desk& desk) {
  EXPECT_EQ(desk.differences(), 0u) << desk.first_difference();
}

// Each strike comes with the start of a source's frame. A tick tells of a frame while the next one
// is sent.
TEST(Netlist, cable_freeze_and_missed_heartbeats) {
  Desk desk;
  play(desk, 2, "both healthy");
  desk.server[0].cable = false;
  play(desk, 2, "A's cable is out: its lines come from B");
  expect_on_air(desk, b, 2, "cable");
  desk.server[0].cable = true;
  play(desk, 2, "A is back");
  expect_on_air(desk, b, 2, "latched");
  desk.server[1].frozen = true;
  play(desk, 2, "B is frozen");
  expect_on_air(desk, a, 3, "freeze");
  desk.server[1].frozen = false;
  play(desk, 2, "B moves again");
  desk.server[0].beats = false;
  play(desk, 2, "A's beats are missing");
  expect_on_air(desk, b, 4, "missed heartbeats");
  expect_in_step(desk);
}

TEST(Netlist, planned_handover_and_lockout) {
  Desk desk;
  play(desk, 2, "both healthy");
  desk.server[0].flags = protocol::LineTag::flag_discard;
  play(desk, 2, "A hands over");
  expect_on_air(desk, b, 2, "planned handover");
  desk.server[0].flags = 0;
  desk.ask(0, protocol::RequestOp::mode_lockout);
  play(desk, 2, "locked");
  desk.server[1].cable = false;
  desk.server[1].beats = false;
  play(desk, 3, "B is dead, its lines come from A");
  expect_on_air(desk, b, 2, "lockout");
  EXPECT_EQ(desk.tick(0)->mode, protocol::Mode::lockout);
  desk.ask(0, protocol::RequestOp::mode_automatic);
  play(desk, 2, "unlocked");
  expect_on_air(desk, a, 3, "after the lockout");
  expect_in_step(desk);
}

bool alarmed(const Desk& desk, protocol::Alarm alarm) {
  return desk.tick(0)->alarms & static_cast<uint16_t>(alarm);
}

TEST(Netlist, pictures_that_differ_and_a_wrong_one) {
  Desk desk;
  play(desk, 2, "both healthy");
  EXPECT_FALSE(alarmed(desk, protocol::Alarm::diverged));
  desk.server[1].black = true;
  play(desk, 2, "B shows another picture than A");
  expect_on_air(desk, a, 1, "nobody can know who is right");
  EXPECT_TRUE(alarmed(desk, protocol::Alarm::diverged));
  desk.server[1].black = false;
  play(desk, 2, "equal again");
  EXPECT_FALSE(alarmed(desk, protocol::Alarm::diverged));
  desk.server[0].corrupt = true;
  play(desk, 2, "A's lines are wrong: they come from B");
  expect_on_air(desk, b, 2, "corrupt");
  expect_in_step(desk);
}

}  // namespace
}  // namespace understudy::netlist
