// SPDX-License-Identifier: Apache-2.0
// The appliance in wall time: it neither hurries nor waits, whoever is late, silent or stopped.
#include <chrono>

#include "socket_client.hpp"

namespace understudy::sim {
namespace {

using WallClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Freely {
  Freely() : program({"--raster", "tiny", "--free-running"}), control(program) {}
  Program program;
  Control control;
};

TEST(FreeRunning, KeepsTheWallClocksTimeAndWaitsForNobody) {
  Freely f;
  Client link(f.program.path("link-a")), video(f.program.path("video-a"));
  link.hello(), video.hello();  // and never another word from either
  const auto welcome = wire::decode_welcome(link.receive());
  ASSERT_TRUE(welcome);
  EXPECT_TRUE(welcome->free_running);
  ASSERT_EQ(f.control.attached({"link-a", "video-a"})["ok"], true);
  const auto begin = WallClock::now();
  EXPECT_EQ(f.control.frames(60)["ok"], true);
  const double took = Seconds(WallClock::now() - begin).count();
  EXPECT_GE(took, 0.97);
  EXPECT_LT(took, 5.0);
  const json status = f.control.ask({{"do", "status"}});
  EXPECT_EQ(status["neighbours"]["link-a"]["presence"], "attached")
      << status;  // nobody was given up
  EXPECT_EQ(status["neighbours"]["video-a"]["presence"], "attached");
}

TEST(FreeRunning, TakesWhatADaemonSaysUnasked) {
  Freely f;
  Client link(f.program.path("link-a"));
  link.hello();
  ASSERT_TRUE(wire::decode_welcome(link.receive()));
  ASSERT_EQ(f.control.attached({"link-a"})["ok"], true);
  f.control.say({{"do", "go"}, {"frames", 90}});
  bool ticked = false, saw_us = false;
  protocol::LinkDecoder decoder;
  for (uint32_t beat = 1; beat < 1200 && !saw_us; ++beat) {  // one a millisecond or so
    protocol::Heartbeat h;
    h.sequence = beat, h.boot_id = 1, h.state = protocol::ServerState::primary;
    std::array<uint8_t, 256> out{};
    const auto frame = protocol::frame(h);
    ASSERT_TRUE(
        link.send(std::span(out).first(encode(wire::Done{wire::never, 0, frame.bytes()}, out))));
    const auto packet = link.receive(1);
    const auto sync = wire::decode_sync(packet);
    if (!sync) continue;
    for (const uint8_t b : sync->link_bytes)
      if (const auto message = decoder.byte(b))
        if (const auto tick = protocol::decode_tick(*message)) {
          ticked = true;
          saw_us = tick->state_a == protocol::ServerState::primary;
        }
  }
  EXPECT_TRUE(ticked);
  EXPECT_TRUE(saw_us);
  EXPECT_EQ(f.control.answer()["ok"], true);
}

TEST(FreeRunning, ANeighbourThatDoesNotReadLosesOnlyItsOwn) {
  Freely f;
  Client stopped(f.program.path("link-a")), other(f.program.path("link-b"));
  stopped.hello(), other.hello();
  ASSERT_TRUE(wire::decode_welcome(other.receive()));
  ASSERT_EQ(f.control.attached({"link-a", "link-b"})["ok"], true);
  f.control.say({{"do", "go"}, {"frames", 400}});
  uint32_t frames = 0;
  protocol::LinkDecoder decoder;
  for (uint32_t last = 0; last < 398;) {
    const auto packet = other.receive();
    const auto sync = wire::decode_sync(packet);
    ASSERT_TRUE(sync);
    for (const uint8_t b : sync->link_bytes)
      if (const auto message = decoder.byte(b))
        if (const auto tick = protocol::decode_tick(*message)) ++frames, last = tick->frame;
  }
  EXPECT_GE(frames, 398u);
  EXPECT_EQ(f.control.answer()["ok"], true);
  EXPECT_EQ(f.control.ask({{"do", "status"}})["neighbours"]["link-a"]["presence"], "attached");
}

}  // namespace
}  // namespace understudy::sim
