// SPDX-License-Identifier: Apache-2.0
// The virtual appliance without sockets: pictures go through whole, time stops where it is told,
// faults strike at their pixel clock, neighbours are called when they should be, runs repeat.
#include "bench_top.hpp"

namespace understudy::sim {
namespace {

using protocol::EventKind;

TEST(Raster, ClocksPlacesAndTimeAgree) {
  for (const Raster& r : rasters) {
    const Clock c = r.source_clock(7, 3, 11);
    EXPECT_EQ(r.source_place(c), (Place{7, 3, 11}));
    EXPECT_EQ(r.output_clock(7, 3) - r.source_clock(7, 3), 2 * r.h_total);
    EXPECT_EQ(r.at_or_after(r.nanoseconds(c)), c);
    EXPECT_EQ(r.at_or_after(r.nanoseconds(c) + 1), c + 1);
    EXPECT_EQ(r.nanoseconds(r.clocks_per_second() * 3600), 3'600'000'000'000u);
  }
}

TEST(Appliance, EveryFrameLeavesAsItShould) {
  Top top;
  top.appliance->run_frames(50);
  EXPECT_EQ(top.sink.crcs.size(), 50u);
  EXPECT_EQ(top.sink.wrong, std::vector<uint32_t>{});
  EXPECT_EQ(top.appliance->totals().stray_pixels, 0u);
  EXPECT_EQ(top.appliance->totals().lines_slate, 0u);
  const auto protected_on = of_kind(top.appliance->take_events(), EventKind::protected_on);
  EXPECT_EQ(protected_on.size(), 1u);
}

TEST(Appliance, GatewareAndVirtualTimeCountTheSameClocks) {
  Top top;
  for (Clock stop : {Clock{1}, top.at(0), top.at(2, 5, 9), top.at(4, 15, 47)}) {
    top.appliance->run_to(stop);
    const RasterState s = top.appliance->state();
    EXPECT_EQ(top.appliance->now(), stop);
    EXPECT_EQ(s.clock, stop);
    EXPECT_EQ(s.h, stop % top.raster.h_total);
    EXPECT_EQ(s.v,
              (stop / top.raster.h_total + top.raster.v_total - reset_lines) % top.raster.v_total);
  }
}

TEST(Appliance, AFrameIsHandedOverWhenItsLastPixelHasLeft) {
  Top top;
  top.appliance->run_frames(3);
  const Clock last = top.raster.output_clock(2, top.raster.v_active - 1) + top.raster.h_active;
  EXPECT_GE(top.appliance->now(), last);
  EXPECT_LE(top.appliance->now(), last + 8);
  EXPECT_EQ(top.sink.times.back(), top.appliance->nanoseconds());
}

TEST(Appliance, RegistersAreReadAndWrittenAndCostTwoClocks) {
  Top top;
  const Clock before = top.appliance->now();
  EXPECT_EQ(top.appliance->read(protocol::registers::id), protocol::registers::id_value);
  EXPECT_EQ(top.appliance->now(), before + 2);
  top.appliance->write(protocol::registers::proven, 3);
  EXPECT_EQ(top.appliance->read(protocol::registers::proven), 3u);
  EXPECT_EQ(top.appliance->state().clock, top.appliance->now());
}

TEST(Appliance, SourcesAreAskedTwoFramesAheadAndNeverLater) {
  struct Asked : PatternSource {
    using PatternSource::PatternSource;
    void genlock(uint32_t frame, uint64_t now) override {
      asked.emplace_back(frame, now);
      PatternSource::genlock(frame, now);
    }
    void settle() override { ++settled; }
    std::vector<std::pair<uint32_t, uint64_t>> asked;
    int settled = 0;
  };
  const Raster r = rasters[0];
  Asked source(r);
  auto appliance = Appliance::make({.raster = r});
  appliance->attach_source(Server::a, &source);
  ASSERT_EQ(source.asked.size(), 3u);
  appliance->run_to(r.source_clock(5));
  EXPECT_EQ(source.settled, 1);
  appliance->run_to(r.source_clock(5) + 1);
  ASSERT_EQ(source.asked.size(), 8u);
  for (uint32_t k = 0; k < 8; ++k) {
    EXPECT_EQ(source.asked[k].first, k);
    EXPECT_EQ(source.asked[k].second, k < 3 ? 0 : r.nanoseconds(r.source_clock(k - 2)));
  }
}

TEST(Appliance, ALateSourceIsAskedForTheFramesThatHaveNotBegun) {
  Top top;
  auto appliance = Appliance::make({.raster = top.raster});
  appliance->attach_source(Server::a, &top.a);
  appliance->run_to(top.at(5, 3, 1));
  struct First : PatternSource {
    using PatternSource::PatternSource;
    void genlock(uint32_t frame, uint64_t now) override {
      asked.push_back(frame);
      PatternSource::genlock(frame, now);
    }
    std::vector<uint32_t> asked;
  } late(top.raster);
  appliance->attach_source(Server::b, &late);
  EXPECT_EQ(late.asked, (std::vector<uint32_t>{6, 7, 8}));
  appliance->run_to(top.at(7));
  EXPECT_EQ(late.asked, (std::vector<uint32_t>{6, 7, 8}));
  appliance->record({.frame = 7, .line = 0});
  appliance->run_frames(8);
  EXPECT_EQ(appliance->recording().lines[1][0].pixels, top.raster.h_active);
}

TEST(Appliance, ACardWhoseRendererIsGoneShowsItsLastFrameAgain) {
  Top top;
  top.warm_up();
  top.appliance->record({.frame = 14, .line = 4, .before = 0, .after = 0});
  top.a.set_dead(true);  // frames from here on do not come
  top.appliance->run_frames(16);
  const RecordedLine& line = top.appliance->recording().lines[0][0];
  ASSERT_EQ(line.pixels, top.raster.h_active);
  const auto tag = protocol::read_tag(line.rgb);
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag->line, 4u);
  EXPECT_LT(tag->frame, 14u);
  EXPECT_GT(top.appliance->source(Server::a).frames_repeated(), 0u);
  EXPECT_EQ(top.sink.wrong, std::vector<uint32_t>{});
}

TEST(Appliance, HostsHearEveryTickAtItsClockAndAreWokenWhenTheyAsked) {
  Top top;
  top.appliance->run_frames(20);
  const auto& ticks = top.host_a.ticks;
  ASSERT_GE(ticks.size(), 19u);
  for (size_t i = 0; i < ticks.size(); ++i) EXPECT_EQ(ticks[i].frame, i);
  EXPECT_EQ(top.host_a.link_errors(), 0u);
  EXPECT_EQ(top.host_b.ticks.back().port, Server::b);
  EXPECT_TRUE(std::ranges::is_sorted(top.host_a.times));
  EXPECT_EQ(top.host_a.times.front(), 0u);
  const uint64_t period = 16'666'667 / 8;
  EXPECT_EQ(std::ranges::count_if(top.host_a.times,
                                  [&](uint64_t t) { return t >= period && t < 2 * period; }) > 0,
            true);
  EXPECT_EQ(ticks.back().state_a, protocol::ServerState::primary);
  EXPECT_EQ(ticks.back().state_b, protocol::ServerState::secondary_synchronized);
}

TEST(Appliance, PeerDatagramsCallTheOtherHostSoonAfter) {
  Top top;
  top.warm_up();
  const size_t calls = top.host_b.times.size();
  top.host_a.peer_sent = 3;
  top.appliance->run_frames(13);
  EXPECT_EQ(top.host_b.peer_seen, 3u);
  EXPECT_GT(top.host_b.times.size(), calls);
}

TEST(Appliance, APeerThatJoinsLateIsNotToldOfDatagramsBeforeItsTime) {
  Top top;
  top.host_a.peer_sent = 7;
  top.warm_up();
  BeatingHost second;
  top.appliance->attach_host(Server::b, &second);
  top.appliance->run_frames(14);
  EXPECT_EQ(second.peer_seen, 0u);
  top.host_a.peer_sent = 9;
  top.appliance->run_frames(16);
  EXPECT_EQ(second.peer_seen, 2u);
}

TEST(Appliance, AHostThatHangsIsNotCalledAndItsLinkFills) {
  Top top;
  top.warm_up();
  top.host_b.hanging = true;
  const size_t calls = top.host_b.times.size();
  top.appliance->run_frames(400);
  EXPECT_EQ(top.host_b.times.size(), calls);
  EXPECT_FALSE(top.appliance->link(Server::b).ready());
  top.host_b.hanging = false;
  top.appliance->run_frames(402);
  EXPECT_GT(top.host_b.times.size(), calls);
  EXPECT_EQ(top.host_b.link_errors(), 0u);
  EXPECT_EQ(top.host_b.ticks.back().frame, top.host_a.ticks.back().frame);
}

TEST(Appliance, AHostThatLeavesIsNotCalledAgain) {
  Top top;
  top.warm_up();
  top.host_a.leaves = true;
  top.appliance->run_frames(14);
  const size_t calls = top.host_a.times.size();
  top.appliance->run_frames(30);
  EXPECT_EQ(top.host_a.times.size(), calls);
  const auto takeovers = of_kind(top.appliance->take_events(), EventKind::takeover);
  ASSERT_EQ(takeovers.size(), 1u);
  EXPECT_EQ(takeovers[0].data, uint32_t(protocol::Reason::beats_missed));
  EXPECT_EQ(top.sink.wrong, std::vector<uint32_t>{});
}

TEST(Appliance, AFloodOverTheLinkLosesTheHostAndNothingElse) {
  struct Flooding : BeatingHost {
    std::optional<protocol::sim::Done> on_sync(const protocol::sim::Sync& sync) override {
      ++calls;
      noise.assign(60'000, 0x5A);
      return protocol::sim::Done{sync.now, 0, noise};
    }
    std::vector<uint8_t> noise;
    int calls = 0;
  } flooding;
  Top top;
  top.warm_up();
  top.appliance->attach_host(Server::b, &flooding);
  top.appliance->run_frames(20);
  EXPECT_EQ(top.appliance->link(Server::b).host(), nullptr);
  EXPECT_EQ(flooding.calls, 2);
  EXPECT_EQ(top.sink.wrong, std::vector<uint32_t>{});
}

TEST(Appliance, RecordsWhatHappenedAroundAPlace) {
  Top top;
  ASSERT_FALSE(top.appliance->record({.frame = 20, .line = 8, .before = 2, .after = 3}));
  top.appliance->fault_at(top.at(20, 8, 17), Server::a, {.kind = FaultKind::cable});
  top.appliance->run_frames(26);
  const Recording& r = top.appliance->recording();
  ASSERT_EQ(r.lines[0].size(), 6u);
  EXPECT_EQ(r.lines[0][1].pixels, top.raster.h_active);
  EXPECT_EQ(r.lines[0][2].pixels, 17u);  // the cable went out at pixel 17
  EXPECT_EQ(r.lines[0][3].pixels, 0u);
  EXPECT_EQ(r.lines[1][3].pixels, top.raster.h_active);
  EXPECT_EQ(r.lines[0][2].clock, top.at(20, 8));
  const auto expected = top.a.expected(20);
  EXPECT_TRUE(std::equal(r.lines[2][2].rgb.begin(), r.lines[2][2].rgb.end(),
                         expected.begin() + long(8 * top.raster.line_bytes())));
  const auto at =
      std::ranges::find_if(r.choices, [](const Choice& c) { return c.frame == 20 && c.line == 8; });
  ASSERT_NE(at, r.choices.end());
  EXPECT_EQ(at->choice, 1);
  EXPECT_EQ(at->good, 2);
  EXPECT_EQ((at - 1)->choice, 0);
  EXPECT_EQ(r.choices.size(), (2 * frames_around + 1) * top.raster.v_active - 0u);
  EXPECT_EQ(r.ticks.size(), 2 * frames_around + 1);
  EXPECT_EQ(r.ticks[frames_around].on_air, 0);
  EXPECT_EQ(r.ticks[frames_around + 1].on_air, 1);
  EXPECT_GE(r.beats.size(), 2 * 7 * (2 * frames_around));
  EXPECT_EQ(of_kind({}, EventKind::takeover).size(), 0u);
  EXPECT_TRUE(std::ranges::any_of(
      r.events, [](const GateEvent& e) { return e.kind == uint8_t(EventKind::takeover); }));
}

TEST(Appliance, RefusesARecordingThatCannotBe) {
  Top top;
  top.warm_up();
  EXPECT_TRUE(top.appliance->record({.frame = 3, .line = 0}));
  EXPECT_TRUE(top.appliance->record({.frame = 30, .line = top.raster.v_active}));
  EXPECT_TRUE(top.appliance->record({.frame = 30, .line = 1, .wave = "late.fst"}));
}

TEST(Recording, AWaveformThatHasNoPlaceIsGivenUpWithAReasonAndTheRunGoesOn) {
  Top top;
  EXPECT_FALSE(top.appliance->record({.frame = 2, .line = 1, .wave = "/nowhere/at/all.fst"}));
  top.appliance->run_frames(5);
  EXPECT_EQ(top.appliance->totals().frames_out, 5u);
  EXPECT_NE(top.appliance->recording().wave_trouble.find("/nowhere/at"), std::string::npos);
  EXPECT_EQ(no_room_for_wave("/tmp/a.fst", 1), "");
  EXPECT_NE(no_room_for_wave("/tmp/a.fst", uint64_t{1} << 60).find("/tmp: "), std::string::npos);
}

}  // namespace
}  // namespace understudy::sim
