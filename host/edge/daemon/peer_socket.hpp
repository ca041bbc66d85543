// SPDX-License-Identifier: Apache-2.0
// The UDP socket between the two daemons: seals what goes out, opens what comes in, and passes on
// only what carries the shared key's MAC. Connected, so the kernel drops what comes from elsewhere.
// Under simulation datagrams wait until the appliance says how many the other daemon has sent by
// now, so real sockets and virtual time give repeatable runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "host/edge/daemon/configuration.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/key_file.hpp"
#include "host/edge/daemon/peer_seal.hpp"
#include "host/edge/daemon/watch.hpp"

namespace understudy::edge {

class PeerOwner {
 public:
  virtual ~PeerOwner() = default;
  virtual void peer_datagram(const core::PeerDatagram& datagram) = 0;
  virtual void peer_garbage(core::PeerGarbage::Why why) = 0;
};

class PeerSocket {
 public:
  /// Errors: cannot bind (in use: most likely a second daemon with this configuration).
  static Result<std::unique_ptr<PeerSocket>> open(boost::asio::io_context& io,
                                                  const PeerConfiguration& configuration,
                                                  const PeerKey& key, PeerOwner& owner);

  void send(const protocol::peer::Envelope& envelope, std::span<const uint8_t> payload);
  /// True: a simulated appliance keeps the time, from now on datagrams are counted, both ways, and
  /// handled by `handle_up_to` alone. False: handled as they come.
  void set_lockstep(bool on);
  /// Waits until the other daemon's datagram number `wanted` since set_lockstep is here, at most
  /// `most`, and handles all up to it. False when it did not come; it is not waited for again.
  bool handle_up_to(uint32_t wanted, std::chrono::milliseconds most);

  /// Since set_lockstep, in step.
  uint32_t sent() const { return sent_; }
  uint64_t received() const { return received_; }
  uint64_t dropped() const { return dropped_; }  // the queue was full
  uint64_t refused() const { return refused_; }  // without the key's MAC

 private:
  PeerSocket(boost::asio::io_context& io, Descriptor socket, const PeerKey& key, PeerOwner& owner);
  void ready();
  /// Takes what the kernel has into the queue; at most `peer_queue_max` a call.
  void drain();
  void take_garbage(core::PeerGarbage::Why why);
  Descriptor socket_;
  PeerKey key_;
  PeerOwner& owner_;
  std::deque<core::PeerDatagram> queue_;
  std::deque<core::PeerGarbage::Why> garbage_;  // in lockstep, not told yet
  uint64_t received_ = 0, dropped_ = 0, refused_ = 0;
  uint32_t sent_ = 0;
  bool lockstep_ = false, first_turn_ = true;
  uint32_t handled_ = 0;  // in lockstep
  Watch watch_;
};

}  // namespace understudy::edge
