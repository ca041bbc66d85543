// SPDX-License-Identifier: Apache-2.0
// A host's side of the mailbox (protocol/mailbox.hpp) over anything that reads and writes its
// words: a mapped BAR, or the gateware's own model in a bench, so that both ends are tried against
// each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/edge/daemon/error.hpp"
#include "protocol/link.hpp"
#include "protocol/mailbox.hpp"

namespace understudy::edge {

class HostMailbox {
 public:
  /// 32-bit words by their byte offset in the BAR, in order.
  class Words {
   public:
    virtual ~Words() = default;
    virtual uint32_t read(size_t offset) const = 0;
    virtual void write(size_t offset, uint32_t value) = 0;
  };

  /// `slot` and `bar` are for errors' texts alone.
  HostMailbox(Words& words, std::string slot, uint32_t bar)
      : words_(words), slot_(std::move(slot)), bar_(bar) {}
  /// First of all. Errors: no mailbox there, or another version's.
  Result<void> take_over();
  /// Errors: the device is gone, or has restarted since take_over().
  Result<void> check() const;
  /// Takes whole frames from the front of `out` as long as there is room; heartbeats go by the
  /// bell.
  void send(std::vector<uint8_t>& out);
  /// Appends what has come.
  void receive(std::vector<uint8_t>& in);

 private:
  bool send_frame(std::span<const uint8_t> frame);
  void ring_bell(const protocol::Heartbeat& beat);

  Words& words_;
  std::string slot_;
  uint32_t bar_;
  uint32_t head_ = 0, tail_ = 0, generation_ = 0;
};

}  // namespace understudy::edge
