// SPDX-License-Identifier: Apache-2.0
// Which packets of the service addresses and ports wait in the queue, as two nftables tables of our
// own (`nft list table ip understudy_hold`, `ip6` beside it), replaced as a whole:
//   in:   segments with bytes, FIN or SYN. Pure acknowledgements do not: a download costs nothing.
//   out:  SYN-ACKs, and RSTs that were not meant (a connection that this host does not know).
// Nothing of anybody else matches. When the process is killed the tables stay and, with nobody at
// the queue, drop all these: a dead delivery's kernel acknowledges nothing more, and clients send
// it again to the other server. The next start replaces them, or takes them away; so does an
// orderly end.
#pragma once

#include <string>
#include <vector>

#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

namespace understudy::edge {

class HoldRules {
 public:
  /// In force when this returns. Errors: what nftables says.
  static Result<HoldRules> open(const std::vector<SocketAddress>& services, uint16_t queue,
                                const OwnInterface& own = {});
  /// What a killed process has left; nothing when there is nothing.
  static void remove_leftover(const OwnInterface& own = {});
  HoldRules(HoldRules&& from) noexcept;
  HoldRules& operator=(HoldRules&&) = delete;
  /// Takes the tables away.
  ~HoldRules();

 private:
  explicit HoldRules(OwnInterface own) : own_(std::move(own)) {}
  OwnInterface own_;
  bool here_ = true;
};

}  // namespace understudy::edge
