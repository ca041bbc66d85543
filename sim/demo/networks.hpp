// SPDX-License-Identifier: Apache-2.0
// Where the two servers' peer link runs: on this host's loopback, or between two network namespaces
// with an address each, joined by a virtual Ethernet pair (as between two machines). The namespaces
// are made inside a user namespace of the demo's own, so no root is needed, and go when it ends.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "host/core/error.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"
#include "sim/demo/run.hpp"

namespace understudy::demo {

class Networks {
 public:
  /// `log`: where the `ip` tool's complaints go. Errors: not allowed here, `ip` missing.
  static std::expected<Networks, Error> make(Hosts hosts, const std::string& log);

  /// -1: the network that the demo runs in.
  int descriptor(size_t server) const { return spaces_[server].get(); }
  /// "ADDRESS:PORT" of a server's end of the peer link.
  const std::string& endpoint(size_t server) const { return endpoints_[server]; }

 private:
  Networks() = default;
  std::expected<void, Error> use_loopback();
  std::expected<void, Error> make_spaces(const std::string& log);

  std::array<Descriptor, 2> spaces_;
  std::array<std::string, 2> endpoints_;
};

}  // namespace understudy::demo
