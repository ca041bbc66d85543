// SPDX-License-Identifier: Apache-2.0
// Heartbeats under load in virtual time: minutes here, an hour with UNDERSTUDY_LONG=1.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "tests/transport/jitter/heartbeat_run.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

HeartbeatRun over(std::string_view name, Duration length = 1min) {
  for (const auto& wire : wire_models())
    if (wire.name == name) return {.wire = wire, .length = length};
  throw std::invalid_argument("no such wire");
}

class HeartbeatJitter : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Over, HeartbeatJitter,
                         testing::Values("usb ft2232h", "usb ft231x, tty", "pci"),
                         [](const auto& of) {
                           return std::string(of.param).substr(0, 3) + std::to_string(of.index);
                         });

TEST_P(HeartbeatJitter, not_one_beat_is_missed_by_default) {
  const Duration length = std::getenv("UNDERSTUDY_LONG") ? 60min : 3min;
  const auto o = run(over(GetParam(), length));
  EXPECT_GT(o.beats, static_cast<uint64_t>(length / 1s) * 950);
  EXPECT_EQ(o.misses, 0u) << "longest gap " << o.longest.count() << " ns, seed 1";
  EXPECT_EQ(o.losses, 0u);
}

TEST_P(HeartbeatJitter, a_slower_schedule_than_the_gates_is_missed_at_each_beat) {
  auto how = over(GetParam());
  how.per_frame = 4;
  const auto o = run(how);
  EXPECT_GT(o.misses, o.beats * 9 / 10);
}

TEST_P(HeartbeatJitter, threads_that_come_far_too_late_are_seen) {
  auto how = over(GetParam());
  how.lateness.scale = 50;
  const auto o = run(how);
  EXPECT_GT(o.misses, 0u);
  EXPECT_GT(o.losses, 0u);
}

TEST_P(HeartbeatJitter, a_run_is_its_seed) {
  auto how = over(GetParam(), 5s);
  const auto once = run(how), again = run(how);
  EXPECT_EQ(once.beats, again.beats);
  EXPECT_EQ(once.late, again.late);
  how.seed = 2;
  EXPECT_NE(run(how).late, once.late);
}

TEST(HeartbeatJitter, a_controller_of_1_ms_may_miss_one_and_never_loses_the_server) {
  EXPECT_EQ(run(over("full speed, 1 ms", 3min)).losses, 0u);
}

TEST(HeartbeatJitter, eight_beats_a_frame_are_too_few_for_a_full_speed_bridge) {
  auto how = over("usb ft231x, tty");
  how.per_frame = 8;
  EXPECT_GT(run(how).misses, 0u);
}

TEST(HeartbeatJitter, a_latency_timer_left_at_16_ms_is_no_gap_in_the_beats) {
  auto how = over("usb ft2232h");  // ticks come late together, so beats are closer, never apart
  how.wire.latency_timer = 16ms;
  EXPECT_EQ(run(how).losses, 0u);
}

}  // namespace
