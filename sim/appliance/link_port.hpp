// SPDX-License-Identifier: Apache-2.0
// One server's link (the USB chip and its cable): paces bytes into the gateware, gathers whole
// messages out of it, and knows when the host is to be called: a message is complete, its own
// wake time has come, or the other daemon sent it something.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "sim/appliance/neighbours.hpp"
#include "sim/appliance/raster.hpp"

namespace understudy::sim {

inline constexpr Clock link_byte_clocks = 4;           // one byte every so many clocks
inline constexpr size_t link_buffer_bytes = 4096;      // what a link holds for a host that hangs
inline constexpr uint64_t peer_nanoseconds = 100'000;  // a peer datagram's way through the network

class LinkPort {
 public:
  LinkPort(const Raster& raster, Server server) : raster_(raster), server_(server) {}

  void attach(Host* host, Clock now, uint64_t peer_total);
  Host* host() const { return host_; }
  void cut();
  void mend() { cut_ = false; }
  bool is_cut() const { return cut_; }

  /// When the host is to be called next; no_clock when nothing is ahead.
  Clock due() const { return host_ && !host_->hangs() ? due_ : no_clock; }
  void call_at(Clock clock) { due_ = std::min(due_, clock); }
  /// Calls the host; false when it is gone.
  bool call(Clock now, uint64_t peer_total);

  /// From the host, or noise on the wire. False when more waits than a link can hold.
  bool send(std::span<const uint8_t> bytes, Clock now);
  /// The byte for this clock, -1 for none; `until` is lowered to the next one's.
  int16_t byte(Clock now, Clock& until);
  /// The gateware's bytes; `complete` of them are whole messages.
  void received(std::vector<uint8_t>& bytes, size_t& complete, Clock now);
  bool ready() const { return cut_ || !host_ || outbox_.size() < link_buffer_bytes; }

  uint64_t peer_sent() const {
    return peer_before_ + peer_now_;
  }  // datagrams, over all of its lives
  uint64_t calls() const { return calls_; }
  uint64_t bytes_in() const { return bytes_in_; }

 private:
  const Raster raster_;
  const Server server_;
  Host* host_ = nullptr;
  bool cut_ = false;
  Clock due_ = no_clock;
  std::deque<uint8_t> inbox_;
  Clock next_byte_ = 0;
  std::vector<uint8_t> outbox_, handed_;
  size_t whole_ = 0;  // bytes of outbox_ that are whole messages
  uint64_t peer_before_ = 0, peer_now_ = 0, peer_base_ = 0;
  uint64_t calls_ = 0, bytes_in_ = 0;
};

}  // namespace understudy::sim
