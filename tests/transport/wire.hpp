// SPDX-License-Identifier: Apache-2.0
// A transport under test with an owner that keeps all that it is told, and the far end: time passes
// for both only in until().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "host/edge/transport/open_transport.hpp"
#include "tests/transport/far_end.hpp"

namespace understudy::test {

class Wire final : public ports::TransportOwner {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Wire(std::unique_ptr<FarEnd> end) : far(std::move(end)) {
    const auto uri = edge::parse_appliance_uri(far->uri());
    EXPECT_TRUE(uri.has_value()) << far->uri();
    transport = edge::open_transport(io, *uri);
  }
  ~Wire() override { transport.reset(); }

  void plug(uint8_t with_version = protocol::link_version) {
    version = with_version;
    far->plug(version);
    ticking = true;
  }
  void unplug() {
    ticking = false;
    far->unplug();
  }
  void start() { transport->start(*this); }
  /// Plugged, started and up.
  void attach() {
    plug();
    start();
    ASSERT_TRUE(until([&] { return ups == 1; })) << (downs.empty() ? "no word" : downs.back());
  }

  /// Lets both ends run until it is so; false after thirty seconds.
  bool until(const std::function<bool()>& so, bool owner_runs = true) {
    const auto end = Clock::now() + std::chrono::seconds(30);
    while (Clock::now() < end) {
      tick();
      far->pump();
      if (owner_runs) {
        io.run_for(std::chrono::milliseconds(1));
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (so()) return true;
    }
    return false;
  }
  void pass(std::chrono::milliseconds time, bool owner_runs = true) {
    const auto end = Clock::now() + time;
    until([&] { return Clock::now() >= end; }, owner_runs);
  }

  void link_up(const ports::LinkFacts& facts) override {
    ++ups;
    port = facts.port;
    decoder = {};
    events.clear();
  }
  void link_turn(const ports::LinkTurn& turn) override {
    for (const uint8_t byte : turn.bytes)
      if (const auto message = decoder.byte(byte)) {
        if (const auto event = protocol::decode_event(*message)) events.push_back(event->sequence);
        if (protocol::decode_tick(*message)) ++ticks;
      }
  }
  void link_down(const std::string& why) override { downs.push_back(why); }
  bool was_told(const std::string& words) const {
    return std::ranges::any_of(downs,
                               [&](const std::string& why) { return why.find(words) != why.npos; });
  }

  void say_tick() {
    far->send(protocol::frame(protocol::Tick{.version = version, .port = says_port}).bytes());
  }
  /// With a tick now and then, as every appliance sends them between its events.
  void say_event(uint32_t sequence) {
    if (ticking && sequence % 100 == 0) say_tick();
    far->send(
        protocol::frame(protocol::Event{.sequence = sequence, .kind = protocol::EventKind::request})
            .bytes());
  }
  void ask(uint16_t id) { transport->send(protocol::frame(protocol::Request{.id = id}).bytes()); }
  /// The requests that have reached the far end, and what there was garbage.
  std::vector<uint16_t> asked() {
    std::vector<uint16_t> out;
    protocol::LinkDecoder d;
    for (const uint8_t byte : far->received())
      if (const auto message = d.byte(byte))
        if (const auto request = protocol::decode_request(*message)) out.push_back(request->id);
    far_garbage = d.errors();
    return out;
  }

  std::unique_ptr<FarEnd> far;
  boost::asio::io_context io;
  // without it a context with nothing to do ends at once, and whoever waits in it spins
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> at_work{
      io.get_executor()};
  std::unique_ptr<ports::Transport> transport;
  bool ticking = false;
  uint8_t version = protocol::link_version;
  protocol::Server says_port = protocol::Server::a;

  int ups = 0, ticks = 0;
  std::vector<std::string> downs;
  std::optional<protocol::Server> port;
  protocol::LinkDecoder decoder;
  std::vector<uint32_t> events;
  uint32_t far_garbage = 0;

 private:
  void tick() {
    if (!ticking || Clock::now() < next_tick_) return;
    next_tick_ = Clock::now() + std::chrono::milliseconds(20);
    say_tick();
  }
  Clock::time_point next_tick_;
};

}  // namespace understudy::test
