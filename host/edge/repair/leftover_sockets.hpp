// SPDX-License-Identifier: Apache-2.0
// A killed process leaves sockets in the kernel that go on trying to end their connections, and a
// connection cannot be restored on a host that still has such a one. They are destroyed by
// SOCK_DESTROY of sock_diag(7); what the kernel says to the client then (RST) is the guard's to
// drop.
#pragma once

#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"

namespace understudy::edge {

/// All connections of this service address and port, but for those of another server on this host
/// (bound to another interface than `own`); how many there were. Precondition: the guard
/// is in force, and none of them is this process's own. Errors: the kernel cannot (it needs
/// CAP_NET_ADMIN and CONFIG_INET_DIAG_DESTROY).
Result<size_t> destroy_leftovers(const SocketAddress& service, const OwnInterface& own = {});
/// Only the one with this client.
Result<size_t> destroy_leftover(const SocketAddress& service, const SocketAddress& client,
                                const OwnInterface& own = {});

}  // namespace understudy::edge
