// SPDX-License-Identifier: Apache-2.0
// The virtual appliance's link socket (protocol/sim.hpp): HELLO, WELCOME, then a SYNC with the time
// and the link's bytes, answered by a DONE with ours. When the socket closes it is tried again,
// from 50 ms up to a second apart. A free-running appliance keeps no time for us: bytes come and go
// as they are there.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/watch.hpp"
#include "host/ports/transport/transport.hpp"

namespace understudy::edge {

class SimTransport final : public ports::Transport {
 public:
  SimTransport(boost::asio::io_context& io, std::string path);
  void start(ports::TransportOwner& owner) override;
  void send(std::span<const uint8_t> bytes) override;
  void finish_turn(std::optional<ports::Nanoseconds> wake, uint32_t peer_sent) override;
  bool up() const override { return up_; }
  /// Until an appliance has said that it runs freely.
  bool lockstep() const override { return !free_running_; }

 private:
  void attach();
  void read();
  void take(std::span<const uint8_t> message);
  void flush(uint64_t wake, uint32_t peer_sent);
  void lose(const std::string& why);
  void retry();

  boost::asio::io_context& io_;
  std::string path_;
  ports::TransportOwner* owner_ = nullptr;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds delay_;
  Descriptor socket_;
  Watch watch_;
  bool up_ = false, free_running_ = false;
  std::vector<uint8_t> in_, out_, message_;
};

}  // namespace understudy::edge
