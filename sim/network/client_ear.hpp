// SPDX-License-Identifier: Apache-2.0
// What comes to and leaves a client's network card and is about the service address, with the
// kernel's time of each packet: heard beside the client, which knows nothing of it. A ring of the
// kernel's, so that nothing is missed while this process does not run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/edge/packet_socket/packet_socket.hpp"
#include "sim/network/packet.hpp"

namespace understudy::network {

class ClientEar {
 public:
  /// In the network of the calling thread. Throws std::runtime_error.
  ClientEar(const std::string& interface, const std::string& service);
  ClientEar(const ClientEar&) = delete;
  ~ClientEar();
  /// Takes what has come; now and then, before the ring (65536 packets) is full.
  void collect();
  std::span<const Heard> heard() const { return heard_; }
  /// Packets that found no room.
  uint32_t missed();

 private:
  std::vector<uint8_t> service_;
  Descriptor socket_;
  uint8_t* ring_ = nullptr;
  size_t next_ = 0;
  uint32_t missed_ = 0;
  std::vector<Heard> heard_;
};

}  // namespace understudy::network
