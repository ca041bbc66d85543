// SPDX-License-Identifier: Apache-2.0
// One rule "everything that comes here waits in queue N", put before the others of a chain. nft's
// own word for it is not in every kernel; the target of iptables is where that one is not, and only
// netlink can say it for a table that is not iptables' own.
#pragma once

#include <cstdint>
#include <string>

#include "host/edge/daemon/error.hpp"
#include "protocol/checkpoint.hpp"

namespace understudy::edge {

/// Without bypass: with nobody at the queue, packets are dropped. Errors: the kernel has no
/// NFQUEUE.
Result<void> insert_queue_rule(protocol::checkpoint::Family family, const std::string& table,
                               const std::string& chain, uint16_t queue);

}  // namespace understudy::edge
