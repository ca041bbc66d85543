// SPDX-License-Identifier: Apache-2.0
// A host reduced to what the gate needs to see: heartbeats at a fixed period of virtual time, and
// a list of the ticks and events that came. The same object serves in-process and behind a socket.
#pragma once

#include <optional>
#include <vector>

#include "protocol/link.hpp"
#include "sim/appliance/neighbours.hpp"

namespace understudy::sim {

class BeatingHost : public Host {
 public:
  explicit BeatingHost(uint64_t period = 16'666'667 / 8,
                       protocol::ServerState state = protocol::ServerState::primary)
      : period_(period), state_(state) {}

  std::optional<protocol::sim::Done> on_sync(const protocol::sim::Sync& sync) override {
    times.push_back(sync.now);
    peer_seen = sync.peer_sent;
    for (uint8_t b : sync.link_bytes)
      if (const auto message = decoder_.byte(b)) take(*message);
    bytes_.clear();
    if (sync.now >= next_ && beats_left > 0) beat(), --beats_left;
    if (sync.now >= next_) next_ = sync.now + period_;
    for (const auto& r : std::exchange(requests_, {})) append(protocol::frame(r));
    if (leaves) return std::nullopt;
    return protocol::sim::Done{next_, peer_sent, bytes_};
  }
  bool hangs() const override { return hanging; }
  void cut() override { was_cut = true; }

  void ask(protocol::RequestOp op, uint16_t id) { requests_.push_back({id, op}); }
  void set_state(protocol::ServerState state) { state_ = state; }
  uint32_t link_errors() const { return decoder_.errors(); }

  std::vector<protocol::Tick> ticks;
  std::vector<protocol::Event> events;
  std::vector<uint64_t> times;
  uint32_t peer_sent = 0, peer_seen = 0;
  uint64_t beats_left = ~uint64_t{0};
  bool hanging = false, leaves = false, was_cut = false;

 private:
  void take(std::span<const uint8_t> message) {
    if (const auto t = protocol::decode_tick(message)) ticks.push_back(*t);
    if (const auto e = protocol::decode_event(message)) events.push_back(*e);
  }
  void beat() {
    protocol::Heartbeat h;
    h.sequence = ++sequence_, h.boot_id = 1, h.state = state_;
    h.frame_seen = ticks.empty() ? 0 : ticks.back().frame;
    append(protocol::frame(h));
  }
  void append(const protocol::LinkFrame& f) {
    bytes_.insert(bytes_.end(), f.bytes().begin(), f.bytes().end());
  }

  const uint64_t period_;
  protocol::ServerState state_;
  uint64_t next_ = 0;
  uint32_t sequence_ = 0;
  protocol::LinkDecoder decoder_;
  std::vector<uint8_t> bytes_;
  std::vector<protocol::Request> requests_;
};

}  // namespace understudy::sim
