// SPDX-License-Identifier: Apache-2.0
// The link side of an appliance, in the test's own process: sockets link-a and link-b, virtual
// time, ticks at frame boundaries, and a gate that is just wise enough: it follows heartbeats and
// states, shows equal frames when told to, and answers requests. One call runs so many frames.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/run_directory.hpp"
#include "protocol/link.hpp"
#include "protocol/sim.hpp"

namespace understudy::test {

class FakeAppliance {
 public:
  static constexpr uint64_t frame_time = 16'666'667;  // ns
  explicit FakeAppliance(const std::string& directory);

  /// Waits until that daemon has attached.
  void attach(protocol::Server s);
  void detach(protocol::Server s);
  void run(uint32_t frames);

  bool equal = true;      // both pictures are
  bool firmware = false;  // answers lines: itself, in two pieces; to "lose" without the first
  protocol::Server on_air() const { return on_air_; }
  uint32_t frame() const { return frame_; }
  uint32_t term() const { return term_; }
  protocol::ServerState state(protocol::Server s) const { return links_[size_t(s)].state; }
  uint32_t beats(protocol::Server s) const { return links_[size_t(s)].beats; }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  struct Link {
    edge::Descriptor socket;
    std::vector<uint8_t> out;
    protocol::LinkDecoder decoder;
    uint64_t wake = 0;
    uint32_t peer_before = 0, peer_now = 0, peer_base = 0;  // datagrams
    uint32_t peer_sent() const { return peer_before + peer_now; }
    uint32_t beats = 0;
    uint64_t last_beat = 0;
    protocol::ServerState state = protocol::ServerState::unknown;
  };
  bool alive(protocol::Server s) const;
  void sync(protocol::Server s);
  void take(protocol::Server s, std::span<const uint8_t> message);
  void boundary();
  void say_event(protocol::Event event);

  std::array<edge::UnixListener, 2> listeners_;
  std::array<Link, 2> links_;
  uint64_t now_ = 0;
  uint32_t frame_ = 0xFFFFFFFF, term_ = 1, sequence_ = 0;
  uint16_t equal_frames_ = 0;
  protocol::Server on_air_ = protocol::Server::a;
  protocol::Mode mode_ = protocol::Mode::automatic;
  std::vector<std::string> problems_;
};

}  // namespace understudy::test
