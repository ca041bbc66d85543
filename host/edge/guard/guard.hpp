// SPDX-License-Identifier: Apache-2.0
// Keeps this host's kernel from ending clients' connections: an nftables table of its own,
// replaced as a whole in one transaction, so there is never half of it and never two.
//   always:          FIN and RST of a live connection (SO_MARK `live`) do not leave. A process that
//                    is killed closes its sockets; with this, its clients hear nothing of it.
//   while standing by and while restoring: no RST at all leaves from the service addresses, for the
//                    kernel knows no connection yet that clients speak of.
// The table stays when the process is killed (that is its use); the next start replaces it, an
// orderly end takes it away. `nft list table inet understudy_guard` shows it with its counters;
// with an own interface (two servers on one host) its name ends in that.
#pragma once

#include <string>
#include <vector>

#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

struct nft_ctx;

namespace understudy::edge {

class Guard {
 public:
  static constexpr uint32_t live = 0x55534c56;     // SO_MARK of a connection that must not end
  static constexpr uint32_t orderly = 0x55D10003;  // ... of one that is being closed on purpose

  /// In force when this returns, as for standing by. Errors: what nftables says.
  static Result<Guard> open(const std::vector<SocketAddress>& services,
                            const OwnInterface& own = {});
  Guard(Guard&& from) noexcept;
  Guard& operator=(Guard&&) = delete;
  /// Takes the table away.
  ~Guard();

  /// Whether RSTs of unknown connections are dropped too. Not for the hot path: a few ms.
  Result<void> hold_all_resets(bool on);
  bool holds_all_resets() const { return all_resets_; }

 private:
  Guard(std::vector<SocketAddress> services, OwnInterface own)
      : services_(std::move(services)), own_(std::move(own)) {}
  Result<void> apply(const std::string& commands);
  static constexpr auto base = "understudy_guard";
  std::string name() const { return std::string("inet ") + own_.table(base); }
  std::string removal() const;
  std::string table() const;

  std::vector<SocketAddress> services_;
  OwnInterface own_;
  nft_ctx* context_ = nullptr;
  bool all_resets_ = true;
};

}  // namespace understudy::edge
