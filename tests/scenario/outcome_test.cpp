// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/outcome.hpp"

#include <gtest/gtest.h>

namespace understudy::demo {
namespace {

using protocol::ServerState;

constexpr GateFacts gate;  // 640x480: 800 clocks a line, 525 lines

/// The clock of an output line's first pixel, and of the boundary after frame k.
constexpr uint64_t output(uint32_t frame, uint32_t line) {
  return (4 + uint64_t{frame} * 525 + line) * 800;
}
constexpr uint64_t boundary(uint32_t frame) {
  return output(frame, 524) + 640;
}

Event event(EventKind kind, uint8_t source, uint32_t frame, uint32_t line, uint64_t clock,
            uint32_t data = 0, uint32_t term = 1) {
  return {0, kind, source, frame, uint16_t(line), clock, term, data};
}

Strike strike(FaultName fault, uint32_t frame, uint32_t line, uint32_t pixel) {
  return {fault, Server::a, frame, line, pixel, output(frame, line) - 2 * 800 + pixel};
}

ComparisonTotals clean() {
  return {240, 240, 0, 0, 0, 0};
}

std::vector<Event> protected_run() {
  return {event(EventKind::start, 2, 0xFFFFFFFF, 521, 0),
          event(EventKind::protected_on, 2, 9, 524, boundary(9), 8)};
}

Event takeover(uint32_t after, Reason reason) {
  return event(EventKind::takeover, 1, after, 524, boundary(after), uint32_t(reason), 2);
}

std::vector<Event> cable_run(uint32_t rescued_line) {
  auto events = protected_run();
  events.push_back(event(EventKind::rescue, 1, 120, rescued_line, output(120, rescued_line) - 8));
  events.push_back(event(EventKind::rescued_lines, 2, 120, 524, boundary(120), 480 - rescued_line));
  events.push_back(event(EventKind::picture_bad, 0, 120, 524, boundary(120), 480 - rescued_line));
  events.push_back(takeover(120, Reason::picture_bad));
  return events;
}

TEST(Outcome, a_pulled_cable_is_hidden_within_two_lines) {
  const auto out = judge(cable_run(200), strike(FaultName::cable, 120, 200, 17), gate, clean());
  EXPECT_TRUE(out.complaints.empty()) << out.complaints[0];
  ASSERT_TRUE(out.takeover);
  EXPECT_EQ(out.takeover->frame, 121u);
  EXPECT_EQ(out.takeover->latency_frames, 1u);
  EXPECT_EQ(out.takeover->latency_lines, 2u);
  EXPECT_EQ(out.takeover->first_frame, 120u);
  EXPECT_EQ(out.takeover->first_line, 200u);
  EXPECT_EQ(out.takeover->to, Server::b);
  EXPECT_EQ(out.takeover->term, 2u);
  EXPECT_EQ(out.lines_rescued, 280u);
}

TEST(Outcome, latency_counts_from_the_pixel_that_was_struck_rounded_up) {
  // Pixel 0: exactly two lines; one clock earlier would be a third.
  EXPECT_EQ(judge(cable_run(200), strike(FaultName::cable, 120, 200, 0), gate, clean())
                .takeover->latency_lines,
            2u);
  auto earlier = strike(FaultName::cable, 120, 200, 0);
  --earlier.clock;
  EXPECT_EQ(judge(cable_run(200), earlier, gate, clean()).takeover->latency_lines, 3u);
}

TEST(Outcome, five_lines_are_too_late) {
  const auto late = judge(cable_run(203), strike(FaultName::cable, 120, 200, 5), gate, clean());
  ASSERT_EQ(late.complaints.size(), 1u);
  EXPECT_NE(late.complaints[0].find("hidden after 5 lines"), std::string::npos);
}

TEST(Outcome, a_takeover_one_frame_late_is_a_complaint) {
  auto events = protected_run();
  events.push_back(event(EventKind::rescue, 1, 120, 200, output(120, 200) - 8));
  events.push_back(takeover(121, Reason::picture_bad));
  const auto out = judge(events, strike(FaultName::cable, 120, 200, 5), gate, clean());
  ASSERT_EQ(out.complaints.size(), 1u);
  EXPECT_NE(out.complaints[0].find("not at the next one"), std::string::npos);
}

std::vector<Event> killed_run(uint64_t lost_clock, uint32_t after) {
  auto events = protected_run();
  events.push_back(event(EventKind::beats_lost, 0, 120, 400, lost_clock));
  events.push_back(takeover(after, Reason::beats_missed));
  return events;
}

TEST(Outcome, a_killed_daemon_is_left_at_the_boundary_after_m_misses) {
  const auto s = strike(FaultName::kill, 120, 100, 0);
  const auto right = judge(killed_run(s.clock + 3 * gate.beat_period, 120), s, gate, clean());
  EXPECT_TRUE(right.complaints.empty()) << right.complaints[0];
  EXPECT_EQ(right.takeover->latency_frames, 1u);
  // Line 0 of the next frame, from line 100 and two lines of lead: 525 - 100 + 2.
  EXPECT_EQ(right.takeover->latency_lines, 427u);
}

TEST(Outcome, more_misses_than_predefined_or_a_boundary_too_late_are_complaints) {
  const auto s = strike(FaultName::kill, 120, 100, 0);
  const auto slow = judge(killed_run(s.clock + 4 * gate.beat_period, 120), s, gate, clean());
  ASSERT_EQ(slow.complaints.size(), 1u);
  EXPECT_NE(slow.complaints[0].find("before it was noticed"), std::string::npos);
  const auto late = judge(killed_run(s.clock + 3 * gate.beat_period, 121), s, gate, clean());
  ASSERT_EQ(late.complaints.size(), 1u);
  EXPECT_NE(late.complaints[0].find("next frame boundary"), std::string::npos);
}

TEST(Outcome, a_dead_application_makes_the_server_say_failed) {
  const auto s = strike(FaultName::app, 120, 200, 0);
  auto events = protected_run();
  events.push_back(event(EventKind::server_state, 0, 120, 250, s.clock + 40000,
                         uint32_t(ServerState::failed) | uint32_t(ServerState::primary) << 8));
  events.push_back(takeover(120, Reason::declared_failed));
  EXPECT_TRUE(judge(events, s, gate, clean()).complaints.empty());
  events.back().data = uint32_t(Reason::beats_missed);
  EXPECT_FALSE(judge(events, s, gate, clean()).complaints.empty());
}

TEST(Outcome, an_operator_is_obeyed_at_the_next_boundary) {
  const auto s = strike(FaultName::operator_switch, 120, 200, 0);
  auto events = protected_run();
  events.push_back(takeover(120, Reason::operator_request));
  EXPECT_TRUE(judge(events, s, gate, clean()).complaints.empty());
  events.back() = takeover(123, Reason::operator_request);
  EXPECT_FALSE(judge(events, s, gate, clean()).complaints.empty());
}

TEST(Outcome, diverged_pictures_raise_an_alarm_and_switch_nothing) {
  auto s = strike(FaultName::diverge, 120, 200, 0);
  s.struck = Server::b;
  auto events = protected_run();
  EXPECT_EQ(judge(events, s, gate, clean()).complaints.size(), 1u);
  events.push_back(event(EventKind::diverged, 2, 120, 200, s.clock + 1600));
  EXPECT_TRUE(judge(events, s, gate, clean()).complaints.empty());
  events.push_back(takeover(120, Reason::picture_bad));
  EXPECT_EQ(judge(events, s, gate, clean()).complaints.size(), 1u);
}

TEST(Outcome, damage_on_the_output_is_a_complaint_each) {
  const auto s = strike(FaultName::none, 0, 0, 0);
  EXPECT_TRUE(judge(protected_run(), s, gate, clean()).complaints.empty());
  EXPECT_EQ(judge(protected_run(), s, gate, {240, 237, 1, 1, 1, 9}).complaints.size(), 4u);
}

TEST(Outcome, a_fault_before_the_secondary_was_proven_is_said) {
  auto events = cable_run(200);
  events.erase(events.begin() + 1);
  const auto out = judge(events, strike(FaultName::cable, 120, 200, 17), gate, clean());
  ASSERT_EQ(out.complaints.size(), 1u);
  EXPECT_NE(out.complaints[0].find("not proven equal"), std::string::npos);
}

TEST(Outcome, proven_after_the_fault_or_not_any_more_when_it_struck_does_not_count) {
  const auto s = strike(FaultName::cable, 120, 200, 17);
  auto events = cable_run(200);
  events[1] = event(EventKind::protected_on, 2, 121, 524, boundary(121), 8);
  EXPECT_EQ(judge(events, s, gate, clean()).complaints.size(), 1u);
  events = cable_run(200);
  events.insert(events.begin() + 2, event(EventKind::protected_off, 2, 100, 524, boundary(100)));
  EXPECT_EQ(judge(events, s, gate, clean()).complaints.size(), 1u);
}

}  // namespace
}  // namespace understudy::demo
