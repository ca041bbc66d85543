// SPDX-License-Identifier: Apache-2.0
// Two servers on one host keep to one network interface each. The kernel tells sockets of the same
// address, port and client apart by the interface that they are bound to, so both servers' stand
// beside each other, and what one leaves behind is in nobody's way. A server that has its host to
// itself needs none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

struct OwnInterface {
  std::string name;  // empty: none
  int index = 0;

  /// Errors: no interface is called so. An empty name is none.
  static Result<OwnInterface> find(const std::string& name);
  explicit operator bool() const { return index != 0; }
  /// This socket hears and speaks by it alone.
  Result<void> keep(int socket) const;
  /// An nftables table of this server's.
  std::string table(std::string_view base) const;
  /// This one, and what a server without an interface of its own left when it was killed: beside
  /// one that has its own it cannot live.
  std::vector<std::string> tables_to_replace(std::string_view base) const;
  /// The match that holds its rules to it: `way` is "iifname" or "oifname".
  std::string match(std::string_view way) const;
};

}  // namespace understudy::edge
