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
  /// From now on (true) datagrams are handled by `handle_up_to` alone, else as they come.
  void set_lockstep(bool on);
  /// Waits until the other daemon's datagram number `count` is here, at most `most`, then handles
  /// all up to it. False when it did not come; it is not waited for again.
  bool handle_up_to(uint32_t count, std::chrono::milliseconds most);

  uint32_t sent() const { return sent_; }
  uint64_t received() const { return received_; }
  uint64_t dropped() const { return dropped_; }  // the queue was full
  uint64_t refused() const { return refused_; }  // without the key's MAC

 private:
  PeerSocket(boost::asio::io_context& io, Descriptor socket, const PeerKey& key, PeerOwner& owner);
  void ready();
  /// Takes what the kernel has into the queue; at most `peer_queue_max` a call.
  void drain();
  void handle(const core::PeerDatagram& datagram);

  Descriptor socket_;
  PeerKey key_;
  PeerOwner& owner_;
  std::deque<core::PeerDatagram> queue_;
  uint64_t received_ = 0, dropped_ = 0, refused_ = 0;
  uint32_t sent_ = 0;
  bool lockstep_ = false, first_turn_ = true;
  uint64_t from_ = 0;              // the sender whose datagrams are counted
  uint64_t handled_ = 0;           // its highest count handled
  uint32_t told_ = 0, floor_ = 0;  // the last count told; not waited for up to here
  Watch watch_;
};

}  // namespace understudy::edge
