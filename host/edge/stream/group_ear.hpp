// SPDX-License-Identifier: Apache-2.0
// Hears a multicast group on the server that stands by: the last sequence number that a source has
// sent there is the truth about where it stopped, whatever it could still tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"

namespace understudy::edge {

class GroupEar {
 public:
  /// Joins. `interface` empty: as the kernel routes.
  static Result<GroupEar> open(const SocketAddress& group, const std::string& interface,
                               const SocketAddress& from, uint32_t ssrc);
  /// Takes what has come. The last number, if one was heard within the last two seconds.
  std::optional<uint16_t> last();

 private:
  Descriptor socket_;
  SocketAddress from_;
  uint32_t ssrc_ = 0;
  std::optional<uint16_t> last_;
  std::chrono::steady_clock::time_point heard_;
};

}  // namespace understudy::edge
