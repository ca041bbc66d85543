// SPDX-License-Identifier: Apache-2.0
// In strict mode: what is known of each client's way to the service, from the SYN on. A SYN is
// remembered until its SYN-ACK comes by, a handshake until its client is accepted, and that until
// the connection ends. Bounded: SYNs and handshakes by `handshakes_max`; a flood of them falls out
// of it unprotected.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "host/core/connection/input.hpp"
#include "host/core/connection/protocol.hpp"
#include "host/edge/hold/segment.hpp"

namespace understudy::edge {

struct Ends {  // which client at which service
  SocketAddress service, client;
  bool operator==(const Ends&) const = default;
};
struct EndsHash {
  size_t operator()(const Ends& e) const;
};

struct ClientInput {
  using SteadyTime = std::chrono::steady_clock::time_point;
  core::ConnectionId connection;
  core::Stream input, output;
  core::InputTold told;
  uint64_t frame = 0;     // of the link, the latest in which something of it was told
  bool accepted = false;  // no: a handshake
  SteadyTime since;
};

class ClientInputs {
 public:
  using SteadyTime = ClientInput::SteadyTime;
  /// What a SYN says; the same client's newer one replaces it.
  void syn(const Ends& ends, const Segment& segment);
  /// Once: the SYN that a SYN-ACK answers.
  std::optional<Segment> take_syn(const Ends& ends, uint32_t sequence);

  bool full() const { return handshakes_ >= protocol::limits::handshakes_max; }
  ClientInput* find(const Ends& ends);
  ClientInput& add(const Ends& ends, ClientInput input);
  void accepted(ClientInput& input);
  /// Null-safe: there need not be one.
  void drop(const Ends& ends);
  void drop_all();
  /// The link is a new one: nothing is told on it.
  void forget_frames();
  /// Handshakes that began before this go; these they were.
  std::vector<ClientInput> drop_handshakes_before(SteadyTime time);
  size_t handshakes() const { return handshakes_; }

 private:
  struct Syn {
    Segment segment;
    uint64_t number = 0;
  };
  std::unordered_map<Ends, Syn, EndsHash> syns_;
  std::deque<std::pair<uint64_t, Ends>> syn_order_;
  uint64_t syn_number_ = 0;
  std::unordered_map<Ends, ClientInput, EndsHash> inputs_;
  size_t handshakes_ = 0;
};

}  // namespace understudy::edge
