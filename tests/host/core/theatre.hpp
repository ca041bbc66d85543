// SPDX-License-Identifier: Apache-2.0
// Two servers, a plain gate, their players and a bad network in one thread and virtual time. All of
// it follows from the seed. The gate here is not the product's: it ticks, counts beats, compares
// pictures (a player's parameters at a frame) and changes over by the rules of design section 4.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "host/core/daemon/server.hpp"

namespace understudy::test {

struct Weather {  // of the peer link, in per mille of datagrams
  uint32_t lost = 0, doubled = 0;
  Duration least{std::chrono::microseconds(100)}, most{std::chrono::microseconds(100)};
};

/// Draws frames from the parameters that its daemon gave it; frame k is drawn when frame k-2
/// starts.
struct Player {
  using Picture = std::map<std::string, std::string>;
  struct Change {
    uint32_t frame = 0;
    std::string value;
  };
  bool alive = false;
  bool discard = true;
  core::ApplicationId id;
  uint32_t sessions = 0;
  std::map<std::string, std::map<std::pair<uint32_t, uint64_t>, Change>> changes;
  std::map<uint32_t, Picture> drawn;

  Picture at(uint32_t frame) const;
};

struct Node {
  std::unique_ptr<core::Server> server;
  Player player;
  bool running = false;
  bool link = true;  // to the gate
  // as the gate sees it
  uint32_t beats = 0;
  bool alive = false, seen = false;
  protocol::ServerState said = protocol::ServerState::unknown;
  // what came out
  std::vector<core::Reply> replies;
  std::vector<Record> records;
  size_t restarts = 0;
};

class Theatre {
 public:
  explicit Theatre(uint64_t seed, core::Options options = {}, Weather weather = {});

  void start(size_t who);
  void kill(size_t who);
  void start_player(size_t who);
  void kill_player(size_t who);
  /// The daemon is a new process and its player goes on.
  void restart_daemon(size_t who);
  /// The gate loses its power: all that it knew is gone and frame 0 comes next.
  void reset_gate();
  core::RequestId ask(size_t who, decltype(core::ControlRequest::what) what);
  void give(size_t who, const core::Event& event);

  void run_frames(uint32_t frames);
  /// Until both are what a protected pair is; false when `most` frames did not do.
  bool run_until_synchronized(uint32_t most);
  template <class Condition>
  bool run_until(uint32_t most, Condition condition) {
    for (uint32_t i = 0; i < most; ++i) {
      if (condition()) return true;
      run_frames(1);
    }
    return condition();
  }

  core::Server& server(size_t who) { return *nodes[who].server; }
  const core::Reply* reply(size_t who, core::RequestId id) const;
  size_t count(size_t who, const std::string& kind) const;
  uint32_t frame() const { return frame_; }

  std::array<Node, 2> nodes;
  Weather weather;
  bool locked = false;                              // the gate does not change over
  protocol::Mode mode = protocol::Mode::automatic;  // as it says
  bool flap_hold = false;
  bool event_log = true;  // the gate answers requests
  size_t on_air = 0;
  uint32_t term = 1;
  uint32_t equal_frames = 0;
  std::map<uint32_t, Player::Picture> output;  // what left the gate, by frame
  uint64_t unequal_log = 0;    // two servers committed different changes at one index
  uint64_t two_primaries = 0;  // at a frame's start
  uint64_t datagrams = 0;
  std::vector<std::string> trace;  // every action, for comparing two runs

 private:
  struct Flight {
    size_t to;
    core::PeerDatagram datagram;
    uint64_t port;  // the run of the server that it is for
  };
  void boundary();
  void perform(size_t who, const core::Actions& actions);
  void deliver_until(Instant end);
  void send(size_t from, const core::SendPeer& p);
  bool healthy(size_t who) const;

  core::Options options_;
  std::mt19937_64 random_;
  Instant now_;
  uint32_t frame_ = ~0u;
  std::multimap<Instant, Flight> flights_;
  std::optional<protocol::Request> request_;
  size_t asker_ = 0;
  uint32_t event_sequence_ = 0;
  uint64_t next_id_ = 1;
  std::map<uint64_t, std::string> log_;  // by index: what was committed first
};

}  // namespace understudy::test
