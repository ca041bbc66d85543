// SPDX-License-Identifier: Apache-2.0
// A run is decided by its seed: the same twice. And a long one under noise inside tolerance
// shows not one rescue and not one switch (UNDERSTUDY_LONG=1 makes it 100,000 frames).
#include <chrono>
#include <cstdlib>
#include <random>

#include "bench_top.hpp"

namespace understudy::sim {
namespace {

using protocol::EventKind;

struct Story {
  std::vector<LoggedEvent> events;
  std::vector<uint32_t> crcs;
  std::vector<uint64_t> called;
  bool operator==(const Story&) const = default;
};

Story tell(uint64_t seed, bool slow) {
  struct Slow : PatternSource {
    using PatternSource::PatternSource;
    const uint8_t* frame(uint32_t k) override {
      const auto until =
          std::chrono::steady_clock::now() + std::chrono::microseconds(mix(k, 1) % 900);
      while (on && std::chrono::steady_clock::now() < until) {
      }
      return PatternSource::frame(k);
    }
    bool on = false;
  };
  Top top(seed);
  Slow slow_b(top.raster);
  slow_b.on = slow;
  top.appliance->attach_source(Server::b, &slow_b);
  for (uint32_t k = 10; k < 110; k += 10) {
    const auto kind = FaultKind(mix(seed, k) % 7);
    const auto server = Server(mix(seed, k, 1) % 2);
    top.appliance->fault_at(
        top.at(k, uint32_t(mix(seed, k, 2) % 16), uint32_t(mix(seed, k, 3) % 48)), server,
        {.kind = kind, .frames = 2, .lines = 3, .clocks = 90});
    top.appliance->fault_at(top.at(k + 5), server, {.kind = FaultKind::garbage, .bytes = 40});
  }
  top.appliance->run_frames(120);
  return {top.appliance->take_events(), top.sink.crcs, top.host_a.times};
}

TEST(Repeat, TwoRunsOfOneSeedAreTheSameAndSlowNeighboursChangeNothing) {
  const Story first = tell(7, false);
  EXPECT_GT(first.events.size(), 50u);
  EXPECT_EQ(first, tell(7, false));
  EXPECT_EQ(first, tell(7, true));
  EXPECT_NE(first, tell(8, false));
}

TEST(Repeat, WhereARunIsStoppedChangesNothing) {
  Top whole, pieces;
  whole.appliance->run_frames(40);
  for (Clock c = 1; pieces.appliance->totals().frames_out < 40; c += 997)
    pieces.appliance->run_to(c);
  const auto a = whole.appliance->take_events(), b = pieces.appliance->take_events();
  ASSERT_LE(a.size(), b.size());
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
  EXPECT_EQ(whole.sink.crcs, std::vector(pieces.sink.crcs.begin(), pieces.sink.crcs.begin() + 40));
}

TEST(Repeat, NoiseInsideToleranceNeverSwitches) {
  const uint32_t frames = std::getenv("UNDERSTUDY_LONG") ? 100'000 : 2'000;
  Top top(3);
  top.warm_up();
  top.appliance->take_events();
  uint64_t rescues = 0, switches = 0, lost = 0;
  for (uint32_t k = 14; k < frames; k += 2) {
    const uint64_t r = mix(3, k);
    const Server server = Server(r % 2);
    const Clock at = top.at(k, uint32_t(r >> 8) % 16, uint32_t(r >> 16) % 48);
    switch ((r >> 32) % 3) {
      case 0:
        top.appliance->fault_at(at, server, {.kind = FaultKind::gaps, .lines = 9, .clocks = 24});
        break;
      case 1:
        top.appliance->fault_at(at, server, {.kind = FaultKind::late, .lines = 5, .clocks = 20});
        break;
      case 2:
        top.appliance->fault_at(at, server, {.kind = FaultKind::twice, .lines = 1});
        break;
    }
    top.appliance->run_to(top.at(k + 2));
    for (const LoggedEvent& e : top.appliance->take_events()) {
      rescues += e.event.kind == uint8_t(EventKind::rescue);
      switches += e.event.kind == uint8_t(EventKind::takeover);
      lost += e.event.kind == uint8_t(EventKind::lost);
    }
  }
  EXPECT_EQ(rescues, 0u);
  EXPECT_EQ(switches, 0u);
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(top.sink.wrong, std::vector<uint32_t>{});
}

}  // namespace
}  // namespace understudy::sim
