// SPDX-License-Identifier: Apache-2.0
// Keeps the kernel's neighbour entries of clients alive ahead of a takeover. The first packet to a
// neighbour that is not known waits for an answer to ARP or a neighbour solicitation, and a lost
// one is asked for again after a second (net.ipv4.neigh.*.retrans_time_ms): a second of silence
// that nobody need have. Asked by netlink (RTM_NEWNEIGH, NTF_USE), from this host's own address.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

struct mnl_socket;

namespace understudy::edge {

class Neighbours {
 public:
  /// Needs CAP_NET_ADMIN.
  static Result<Neighbours> open(const OwnInterface& own = {});

  /// This client is to be reached one day: asked for in one of the next turns, once until forget().
  void want(const SocketAddress& client);
  void forget() { known_.clear(), due_.clear(); }
  /// Asks the kernel for some that are due.
  void turn();

  static constexpr size_t together = 64;  // asked in one turn
  static constexpr size_t known_max =
      32768;  // addresses; later ones are looked for at the takeover

 private:
  struct CloseSocket {
    void operator()(mnl_socket* socket) const;
  };
  Neighbours() = default;
  void ask(const SocketAddress& client);

  std::unique_ptr<mnl_socket, CloseSocket> netlink_;
  std::unordered_set<std::string> known_;  // addresses without port
  std::deque<SocketAddress> due_;
  int interface_ = 0;
  uint32_t sequence_ = 0;
};

}  // namespace understudy::edge
