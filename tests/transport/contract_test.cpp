// SPDX-License-Identifier: Apache-2.0
// What every transport promises, held by each of them against a far end of its kind
// (contract_kinds): models beside this process, or QEMU's devices when it runs in a guest.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include "tests/transport/wire.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;

class TransportContract : public testing::TestWithParam<EndKind> {
 protected:
  Wire wire{GetParam().make()};
};
INSTANTIATE_TEST_SUITE_P(Over, TransportContract, testing::ValuesIn(contract_kinds()),
                         [](const auto& of) { return std::string(of.param.name); });

std::vector<uint32_t> count_to(uint32_t n) {
  std::vector<uint32_t> out(n);
  for (uint32_t i = 0; i < n; ++i) out[i] = i;
  return out;
}

TEST_P(TransportContract, comes_up_and_hears_the_tick) {
  EXPECT_FALSE(wire.transport->up());
  wire.attach();
  EXPECT_TRUE(wire.transport->up());
  EXPECT_EQ(wire.port, protocol::Server::a);
  EXPECT_TRUE(wire.until([&] { return wire.ticks > 2; }));
  EXPECT_TRUE(wire.downs.empty()) << wire.downs[0];
}

TEST_P(TransportContract, keeps_the_appliances_order) {
  wire.attach();
  constexpr uint32_t n = 2000;
  for (uint32_t i = 0; i < n; ++i) wire.say_event(i);
  ASSERT_TRUE(wire.until([&] { return wire.events.size() >= n; })) << wire.events.size();
  EXPECT_EQ(wire.events, count_to(n));
  EXPECT_EQ(wire.decoder.errors(), 0u);
}

TEST_P(TransportContract, keeps_the_hosts_order) {
  wire.attach();
  constexpr uint16_t n = 1000, ahead = 16;
  uint16_t sent = 0;
  wire.ask(sent++);
  ASSERT_TRUE(wire.until([&] { return !wire.asked().empty(); }));
  const auto garbage_before = wire.far_garbage;
  ASSERT_TRUE(wire.until([&] {
    const auto there = wire.asked().size();
    while (sent < n && sent < there + ahead) wire.ask(sent++);
    return there >= n;
  })) << wire.asked().size()
      << " came, after " << wire.asked().back() << "; garbage " << wire.far_garbage;
  const auto ids = wire.asked();
  for (uint16_t i = 0; i < n; ++i) ASSERT_EQ(ids[i], i);
  EXPECT_EQ(wire.far_garbage, garbage_before);
}

TEST_P(TransportContract, brings_each_heartbeat_of_a_steady_sender) {
  wire.attach();
  std::vector<uint32_t> beats;
  for (uint32_t i = 1; i <= 20; ++i) {
    wire.transport->send(
        protocol::frame(protocol::Heartbeat{i, 0xB007, i * 2, protocol::ServerState::unknown})
            .bytes());
    ASSERT_TRUE(wire.until([&] {
      beats.clear();
      protocol::LinkDecoder d;
      for (const uint8_t byte : wire.far->received())
        if (const auto m = d.byte(byte))
          if (const auto beat = protocol::decode_heartbeat(*m)) {
            EXPECT_EQ(beat->boot_id, 0xB007u);
            EXPECT_EQ(beat->frame_seen, beat->sequence * 2);
            beats.push_back(beat->sequence);
          }
      return beats.size() >= i;
    })) << i;
  }
  ASSERT_EQ(beats.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(beats));
}

TEST_P(TransportContract, a_slow_owner_holds_the_appliance_back) {
  wire.attach();
  constexpr uint32_t n = 12'000;  // 400 kB
  for (uint32_t i = 0; i < n; ++i) wire.say_event(i);
  wire.pass(1200ms, false);  // longer than an appliance may be silent
  EXPECT_FALSE(wire.far->idle()) << "all was read although the owner took nothing";
  ASSERT_TRUE(wire.until([&] { return wire.events.size() >= n; }))
      << wire.events.size() << " came; link: " << (wire.downs.empty() ? "up" : wire.downs.back());
  EXPECT_EQ(wire.events, count_to(n));
}

TEST_P(TransportContract, an_appliance_that_takes_nothing_does_not_stop_the_host) {
  if (!wire.far->can_stall()) GTEST_SKIP() << "this far end always takes";
  wire.attach();
  wire.far->stall(true);
  const auto before = Wire::Clock::now();
  for (uint16_t i = 0; i < 50'000; ++i) wire.ask(i);
  EXPECT_LT(Wire::Clock::now() - before, 2s);
  for (uint16_t i = 0; i < 50; ++i) {  // until each buffer on the way is full
    for (uint16_t k = 0; k < 50; ++k) wire.ask(static_cast<uint16_t>(50'000 + i * 50 + k));
    wire.pass(5ms);
  }
  wire.far->stall(false);
  ASSERT_TRUE(wire.until([&] {
    wire.ask(60'000);
    const auto ids = wire.asked();
    return !ids.empty() && ids.back() == 60'000;
  }));
  const auto ids = wire.asked();
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_LT(ids.size(), 50'000u);
  EXPECT_EQ(wire.far_garbage, 0u) << "frames were cut in two";
}

TEST_P(TransportContract, survives_an_unplug_in_mid_frame) {
  wire.attach();
  wire.ticking = false;
  const auto frame =
      protocol::frame(protocol::Event{.sequence = 7, .kind = protocol::EventKind::request});
  wire.far->send(frame.bytes().first(frame.size / 2));
  wire.pass(30ms);
  wire.unplug();
  ASSERT_TRUE(wire.until([&] { return !wire.downs.empty(); }));
  EXPECT_FALSE(wire.transport->up());
  wire.plug();
  ASSERT_TRUE(wire.until([&] { return wire.ups == 2; })) << wire.downs.back();
  wire.say_event(8);
  ASSERT_TRUE(wire.until([&] { return !wire.events.empty(); }));
  EXPECT_EQ(wire.events, std::vector<uint32_t>{8});
  EXPECT_EQ(wire.decoder.errors(), 0u) << "the half frame came along";
}

TEST_P(TransportContract, half_a_frame_of_a_host_that_died_costs_no_other) {
  wire.plug();
  if (const auto dead = edge::make_device(*edge::parse_appliance_uri(wire.far->uri()))) {
    ASSERT_TRUE(dead->open());
    const auto frame = protocol::frame(protocol::Request{.id = 6});
    std::vector<uint8_t> half(frame.data.begin(), frame.data.begin() + frame.size / 2), in;
    for (int i = 0; i < 100 && wire.far->received().empty(); ++i) {
      ASSERT_TRUE(dead->turn(half, in, 5ms));
      wire.far->pump();
    }
    dead->close();
  }
  wire.start();
  ASSERT_TRUE(wire.until([&] { return wire.ups == 1; })) << wire.downs.back();
  wire.ask(7);
  wire.until([&] { return !wire.asked().empty(); });
  EXPECT_EQ(wire.asked(), std::vector<uint16_t>{7});
}

TEST_P(TransportContract, garbage_costs_nothing_but_itself) {
  wire.attach();
  std::mt19937 random(7);
  for (uint32_t i = 0; i < 50; ++i) {
    std::vector<uint8_t> noise(random() % 200 + 1);
    for (auto& byte : noise) byte = static_cast<uint8_t>(random());
    noise.push_back(0);
    wire.far->send(noise);
    wire.say_event(i);
  }
  ASSERT_TRUE(wire.until([&] { return wire.events.size() >= 50; })) << wire.events.size();
  EXPECT_EQ(wire.events, count_to(50));
  EXPECT_GT(wire.decoder.errors(), 0u);
  EXPECT_TRUE(wire.transport->up());
  EXPECT_TRUE(wire.downs.empty());
}

TEST_P(TransportContract, another_version_is_refused_by_name) {
  constexpr uint8_t other = protocol::link_version + 6;
  wire.plug(other);
  wire.start();
  ASSERT_TRUE(wire.until([&] { return wire.was_told("version " + std::to_string(other)); }));
  EXPECT_EQ(wire.ups, 0);
  wire.unplug();
  wire.plug();
  EXPECT_TRUE(wire.until([&] { return wire.ups == 1; })) << wire.downs.back();
}

TEST_P(TransportContract, returns_again_and_again_and_sends_nothing_stale) {
  wire.attach();
  for (uint16_t i = 2; i < 5; ++i) {
    const auto told = wire.downs.size();
    wire.unplug();
    ASSERT_TRUE(wire.until([&] { return wire.downs.size() > told; }));
    wire.ask(99);  // dropped: the link is down
    wire.plug();
    ASSERT_TRUE(wire.until([&] { return wire.ups == i; })) << wire.downs.back();
    wire.ask(i);
    ASSERT_TRUE(wire.until([&] { return !wire.asked().empty(); }));
    EXPECT_EQ(wire.asked(), std::vector<uint16_t>{i});
  }
}

TEST_P(TransportContract, starts_before_its_appliance) {
  wire.start();
  wire.pass(60ms);
  EXPECT_EQ(wire.ups, 0);
  wire.plug();
  EXPECT_TRUE(wire.until([&] { return wire.ups == 1; }));
}

TEST_P(TransportContract, can_end_at_any_moment) {
  wire.plug();
  wire.start();
  wire.transport.reset();
  wire.transport = edge::open_transport(wire.io, *edge::parse_appliance_uri(wire.far->uri()));
  wire.start();
  ASSERT_TRUE(wire.until([&] { return wire.ups == 1; }));
  for (uint32_t i = 0; i < 100; ++i) wire.say_event(i), wire.ask(1);
  wire.transport.reset();
  wire.io.restart();
  wire.io.run_for(10ms);
}

}  // namespace
