// SPDX-License-Identifier: Apache-2.0
// What comes to a client's network card from the service address, with the kernel's time of each
// packet: heard beside the client, which knows nothing of it. A ring of the kernel's, so that
// nothing is missed while this process does not run.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "host/edge/packet_socket/packet_socket.hpp"

namespace understudy::network {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using Mac = std::array<uint8_t, 6>;

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

/// A packet from the service address: a TCP segment, or an ARP message.
struct Heard {
  WallTime at;
  Mac from{};
  bool arp = false, reset = false, opens = false;  // opens: SYN
  uint32_t sequence = 0, bytes = 0;
};

class ClientEar {
 public:
  /// For IPv4, in the network of the calling thread. Throws std::runtime_error.
  ClientEar(const std::string& interface, const std::string& address);
  ClientEar(const ClientEar&) = delete;
  ~ClientEar();
  /// Takes what has come; now and then, before the ring (65536 packets) is full.
  void collect();
  const std::vector<Heard>& heard() const { return heard_; }
  /// Payload so far, bytes that came twice included.
  uint64_t bytes() const { return bytes_; }
  /// Packets that found no room.
  uint32_t missed();

 private:
  void take(const uint8_t* frame, size_t size, WallTime at);

  Descriptor socket_;
  uint8_t* ring_ = nullptr;
  size_t next_ = 0;
  uint64_t bytes_ = 0;
  uint32_t missed_ = 0;
  std::vector<Heard> heard_;
};

}  // namespace understudy::network
