// SPDX-License-Identifier: Apache-2.0
// Packets that the kernel holds for us (NFQUEUE, linux/netfilter/nfnetlink_queue.h): each comes
// here as a copy and waits in the kernel until it is passed or dropped. Bounded by
// `held_segments_max` in the kernel; what comes beyond that is dropped there, and the client sends
// it again. When the process dies, the kernel drops what it holds, and all that comes afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

struct HeldPacket {
  uint32_t id = 0;
  bool leaving = false;   // on its way out of this host
  bool verified = false;  // its checksum need not be looked at
  std::span<const uint8_t> bytes;
};

class HoldQueue {
 public:
  /// Errors: another process has this queue, or the rights are missing (CAP_NET_ADMIN).
  static Result<HoldQueue> open(uint16_t number);

  /// All that has come so far, bounded: what is left makes the descriptor readable again.
  void receive(const std::function<void(const HeldPacket&)>& take);
  void pass(uint32_t id) { verdict(id, true); }
  void drop(uint32_t id) { verdict(id, false); }
  int descriptor() const { return socket_.number(); }

 private:
  explicit HoldQueue(uint16_t number) : number_(number) {}
  Result<void> configure();
  void verdict(uint32_t id, bool pass);
  void take(std::span<const uint8_t> datagram, const std::function<void(const HeldPacket&)>& to);

  uint16_t number_;
  Descriptor socket_;
  std::vector<uint8_t> buffer_;
};

}  // namespace understudy::edge
